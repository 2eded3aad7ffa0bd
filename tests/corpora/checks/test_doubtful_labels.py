"""Labels that are probably another one, or none."""

from __future__ import annotations

import pandas as pd
import pytest

from ser_bench.corpora.checks.doubtful_labels import doubtful_labels_warnings, same_emotion
from ser_bench.corpora.registry import CORPORA


@pytest.mark.parametrize(
    ("labels", "pairs"),
    [
        (["ang", "angry", "sad"], {"ang": "angry"}),
        (["w", "angry", "happy"], {"w": "angry"}),
        (["angy", "angry", "happpy", "happy"], {"angy": "angry", "happpy": "happy"}),
        (["nuetral", "neutral", "sod", "sad"], {"nuetral": "neutral"}),
        (["wut", "ärger", "freude"], {"ärger": "wut"}),
    ],
)
def test_codes_words_and_typing_errors_beside_the_usual_label(labels, pairs):
    assert same_emotion(labels) == pairs


@pytest.mark.parametrize(
    "labels",
    [
        ["ang", "hap", "exc", "neu", "fru", "sad", "sur", "fea", "dis", "oth"],
        ["w", "l", "e", "a", "f", "t", "n"],
        ["a", "angry", "fearful"],
        ["wut", "freude", "trauer"],
        ["class_1", "class_2", "calm", "calm2"],
    ],
)
def test_other_labels_are_not_doubtful(labels):
    assert not same_emotion(labels)


@pytest.mark.parametrize("corpus", CORPORA.values(), ids=lambda corpus: corpus.name)
def test_published_labels_are_not_doubtful(corpus):
    assert not list(doubtful_labels_warnings(pd.DataFrame({"emotion": list(corpus.counts)})))


def test_the_warnings_count_clips_and_say_what_to_do():
    clips = pd.DataFrame({"emotion": ["ang", "angry", "angry", "unknown", "sad"]})
    assert list(doubtful_labels_warnings(clips)) == [
        "labels that probably mean one emotion count as different ones: ang (1 clip) and angry (2 clips); "
        'join them in a configuration file as [merge] "ang" = "angry"',
        "labels that may mean an unknown emotion count as emotions: 'unknown' (1 clip); "
        "use --emotions sad,angry,ang to leave them out",
    ]
