"""The demo corpus: a synthetic RAVDESS, generated on first use and identical on every machine.

Twenty-four rule-based voices speak RAVDESS's two sentences in its eight emotions, with normal and strong intensity
(neutral only normal): 720 clips. The corpus shows what ser-bench does without a download; scores on it say nothing
about people.
"""

from __future__ import annotations

from collections import Counter

from ser_bench.audio.synthesis.utterances import EMOTIONS, GENDERS, SENTENCES, SPEAKERS, all_utterances
from ser_bench.corpora.base import Corpus
from ser_bench.corpora.datasets.demo.build import make
from ser_bench.corpora.filenames import FileNamePattern

CORPUS = Corpus(
    name="demo",
    title="Synthetic RAVDESS",
    licence="MIT",
    source="made by ser-bench",
    citation="ser-bench, demo corpus: source-filter synthesis by rule; synthetic, no human voices",
    counts=Counter(utterance.emotion for utterance in all_utterances()),
    speakers=len(SPEAKERS),
    reader=FileNamePattern(
        pattern=rf"(?P<speaker>{'|'.join(SPEAKERS)})_(?P<emotion>{'|'.join(EMOTIONS)})_"
        rf"(?P<intensity>normal|(?<!neutral_)strong)_(?P<text>{'|'.join(SENTENCES)})",
        example="S01_angry_strong_A.wav",
        codes={"emotion": {emotion: emotion for emotion in EMOTIONS}},
        genders=GENDERS,
    ),
    make=make,
    synthetic=True,
    hint="generated automatically on first use; leave --data-dir out",
)
