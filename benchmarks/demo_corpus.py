"""Measure the demo corpus: time to generate it, difficulty, and gap of the random split.

    python benchmarks/demo_corpus.py [--quick]

Prints the time to generate the clips, then the UAR of scikit-learn models on two vectors of librosa (the
tutorials' averages, and a richer one), with speaker-wise and with random folds. The corpus is suitable while the
best speaker-wise UAR is between 0.45 and 0.90, and the difference of KNN (random minus speaker-wise) exceeds 0.10
on both vectors.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import librosa
import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import confusion_matrix, recall_score
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from ser_bench.audio.synthesis.synthesiser import samples
from ser_bench.audio.synthesis.utterances import EMOTIONS, GENDERS, Utterance, all_utterances
from ser_bench.corpora.datasets.demo.clips import make_clips

SR = 16000
FOLDS = 6
QUICK = {
    "svm": SVC(C=10.0),
    "lda": LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    "knn": KNeighborsClassifier(5, weights="distance"),
}
MODELS = QUICK | {
    "forest": RandomForestClassifier(300, random_state=0),
    "mlp": MLPClassifier((300,), max_iter=300, random_state=0),
}


def classic(y: np.ndarray) -> np.ndarray:
    """Return the 180 features of the tutorials: time averages of 40 MFCC, 12 chroma and 128 mel energies."""
    chroma = librosa.feature.chroma_stft(S=np.abs(librosa.stft(y)), sr=SR, tuning=0.0)
    mel = librosa.feature.melspectrogram(y=y, sr=SR)
    mfcc = librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=40)
    return np.concatenate([part.mean(axis=1) for part in (mfcc, chroma, mel)])


def rich(y: np.ndarray) -> np.ndarray:
    """Return 128 features of the trimmed clip: MFCC, their deltas, F0, level, centroid, zero crossings."""
    y = librosa.effects.trim(y, top_db=40)[0]
    mel = librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=SR, n_fft=512, hop_length=160, n_mels=64))
    mfcc = librosa.feature.mfcc(S=mel, n_mfcc=40)
    f0 = 12 * np.log2(librosa.yin(y, fmin=65, fmax=600, sr=SR, frame_length=1024, hop_length=160) / 100)
    rms = librosa.feature.rms(y=y, frame_length=512, hop_length=160)[0]
    level = 20 * np.log10(rms + 1e-5)
    f0 = f0[: len(level)][level[: len(f0)] > level.max() - 20]
    contours = [
        librosa.feature.spectral_centroid(y=y, sr=SR, n_fft=512, hop_length=160)[0],
        librosa.feature.zero_crossing_rate(y, frame_length=512, hop_length=160)[0],
        level,
    ]
    parts = [mfcc.mean(axis=1), mfcc.std(axis=1), librosa.feature.delta(mfcc[:20]).std(axis=1)]
    parts += [[o.mean(), o.std(), *np.percentile(o, [10, 50, 90])] for o in contours]
    slope = np.polyfit(np.linspace(0, 1, len(f0)), f0, 1)
    parts += [[f0.mean(), f0.std(), *np.percentile(f0, [5, 20, 50, 80, 95]), *slope, f0[-12:].mean()]]
    parts += [[np.abs(np.diff(f0)).mean(), len(y) / SR, (level < level.max() - 25).mean()]]
    return np.concatenate(parts)


def actor_folds(utterances: list[Utterance]) -> list[np.ndarray]:
    """Return the test indices of random folds of whole speakers, with equal numbers of men and women."""
    rng = np.random.default_rng(0)
    speakers = np.array([utterance.speaker for utterance in utterances])
    men = rng.permutation(
        sorted({utterance.speaker for utterance in utterances if GENDERS[utterance.speaker] == "male"})
    )
    women = rng.permutation(
        sorted({utterance.speaker for utterance in utterances if GENDERS[utterance.speaker] == "female"})
    )
    return [np.flatnonzero(np.isin(speakers, [*men[k::FOLDS], *women[k::FOLDS]])) for k in range(FOLDS)]


def out_of_fold(model: object, X: np.ndarray, y: np.ndarray, folds: list[np.ndarray]) -> np.ndarray:
    """Return the out-of-fold predictions; the scaler is part of the fit."""
    predicted = np.empty_like(y)
    for test in folds:
        train = np.setdiff1d(np.arange(len(y)), test)
        predicted[test] = make_pipeline(StandardScaler(), clone(model)).fit(X[train], y[train]).predict(X[test])
    return predicted


def measure_generation() -> None:
    """Time the generation of the files, in one process."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        n = len(make_clips(Path(folder)))
        seconds = time.perf_counter() - start
    print(f"{n} clips in {seconds:.1f} s, {1000 * seconds / n:.1f} ms per clip, one process")


def measure_difficulty(models: dict[str, object], jobs: int) -> None:
    """Print UAR per vector, model and split, and the confusions of the best model."""
    clips = list(samples(list(all_utterances())))
    utterances = [utterance for utterance, _ in clips]
    y = np.array([utterance.emotion for utterance in utterances])
    random = [test for _, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(y, y)]
    parallel = Parallel(n_jobs=jobs)
    for vector in (classic, rich):
        X = np.array(parallel(delayed(vector)((s / 32768).astype(np.float32)) for _, s in clips))
        tasks = [(m, f) for m in models.values() for f in (actor_folds(utterances), random)]
        outs = iter(parallel(delayed(out_of_fold)(model, X, y, folds) for model, folds in tasks))
        best = (0.0, "", y)
        print(f"\n{vector.__name__} ({X.shape[1]} columns)   actor  random     gap")
        for name in models:
            held_out, mixed = next(outs), next(outs)
            a, r = (recall_score(y, p, average="macro") for p in (held_out, mixed))
            best = max(best, (a, name, held_out), key=lambda b: b[0])
            print(f"  {name:22s} {a:7.3f} {r:7.3f} {r - a:+7.3f}")
        print(f"  speaker-wise confusions of {best[1]}, percent of each row:")
        table = 100 * confusion_matrix(y, best[2], labels=EMOTIONS, normalize="true")
        for emotion, row in zip(EMOTIONS, table, strict=True):
            print(f"  {emotion:10s}" + "".join(f"{v:5.0f}" for v in row))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="svm, lda and knn only")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    measure_generation()
    measure_difficulty(QUICK if options.quick else MODELS, options.jobs)
