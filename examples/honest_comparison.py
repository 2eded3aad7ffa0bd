# %% [markdown]
"""
# How much does a random split flatter?

Clips of the same speaker resemble one another. Where they are shared out at random, a classifier is tested on voices
that it knows, and scores what it will not score on anybody new. This notebook shows that in three steps, on the
built-in **synthetic** corpus, so that it runs without a download. Open it as a notebook in any editor that knows
`# %%` cells, or run it as a script.
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
# ## Whom does a clip resemble?
#
# The features' nearest neighbour of a clip is far more often of the same speaker than chance would have it.

# %%
found = extract("demo", "mfcc+chroma", emotions=EMOTIONS)
X = (found.X - found.X.mean(axis=0)) / (found.X.std(axis=0) + 1e-9)
nearest = NearestNeighbors(n_neighbors=2).fit(X).kneighbors(X, return_distance=False)[:, 1]
for name in ("speaker", "emotion"):
    labels = found.clips[name].to_numpy()
    chance = np.mean([(labels == label).mean() for label in labels])
    print(f"same {name}: {np.mean(labels[nearest] == labels):.0%} of nearest neighbours, {chance:.0%} by chance")

# %% [markdown]
# ## The benchmark: the same classifiers on known voices and on new ones

# %%
result = run("demo", emotions=EMOTIONS, models="knn,svm,lda", features="mfcc+chroma", out="results/honest-comparison")
print(result)

# %%
table = result.summary.set_index("model")[["random_uar", "actor_uar"]]
table.plot.barh(title=f"SYNTHETIC SPEECH: UAR on known voices and on new ones\n{result.folder}")
plt.tight_layout()
