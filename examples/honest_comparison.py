# %% [markdown]
"""
# How much does a random split add?

Clips of one speaker resemble each other. A random split therefore tests a classifier on voices that it knows, and
its score is too high for new voices. This notebook shows this in three steps, with the built-in **synthetic** corpus,
so that it runs without a download. Open it as a notebook in an editor that supports `# %%` cells, or run it as a
script.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.neighbors import NearestNeighbors

from ser_bench import extract, load_corpus, run

EMOTIONS = ("neutral", "happy", "sad", "angry")

# %% [markdown]
# ## The clips

# %%
corpus = load_corpus("demo", emotions=EMOTIONS)
print(corpus.clips.groupby(["emotion", "gender"]).size().unstack())

# %% [markdown]
# ## Which clips resemble each other?
#
# The nearest neighbour of a clip has the same speaker far more often than by chance.

# %%
features = extract("demo", "mfcc+chroma", emotions=EMOTIONS)
X = (features.X - features.X.mean(axis=0)) / (features.X.std(axis=0) + 1e-9)
nearest = NearestNeighbors(n_neighbors=2).fit(X).kneighbors(X, return_distance=False)[:, 1]
for name in ("speaker", "emotion"):
    labels = features.clips[name].to_numpy()
    chance = np.mean([(labels == label).mean() for label in labels])
    print(f"same {name}: {np.mean(labels[nearest] == labels):.0%} of nearest neighbours, {chance:.0%} by chance")

# %% [markdown]
# ## The same classifiers under random and speaker-wise splits

# %%
result = run("demo", emotions=EMOTIONS, models="knn,svm,lda", features="mfcc+chroma", out="results/honest-comparison")
print(result)

# %%
table = result.summary.set_index("model")[["random_uar", "actor_uar"]]
table.plot.barh(title=f"SYNTHETIC SPEECH: UAR under random and actor splits\n{result.folder}")
plt.tight_layout()
