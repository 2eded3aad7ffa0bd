"""Tests of classes that a split cannot score."""

from __future__ import annotations

import dataclasses

from ser_bench.core.options import Options
from ser_bench.runs import runner
from ser_bench.runs.classes import class_faults, class_warnings, unused_classes
from ser_bench.splits import FoldSettings, make_folds
from tests.conftest import clip_table


def faults(*splits, labels=None, repeats=1, folds=6):
    clips = clip_table(speakers=6, texts=3)
    clips = clips.assign(label=clips["label"] if labels is None else labels(clips))
    made = {
        (split, repeat): make_folds(split, clips, FoldSettings(folds, 0, repeat))
        for split in splits
        for repeat in range(repeats)
    }
    return class_faults(made, clips)


def of_one_speaker(clips):
    return clips["label"].mask(clips["speaker"] == clips["speaker"].max(), "disgust")


def test_classes_of_several_speakers_are_scored():
    assert not faults("actor", "random", "loso", "text")


def test_a_class_of_one_speaker_is_named_with_its_fold():
    (fault,) = faults("loso", "random", labels=of_one_speaker)
    assert (fault.split, fault.label, fault.folds) == ("loso", "disgust", ("fold 6",))
    (warning,) = class_warnings([fault])
    assert "training clip of them: disgust (fold 6)" in warning
    assert "gap" not in warning


def test_folds_of_further_repeats_are_named():
    (fault,) = faults("actor", labels=of_one_speaker, repeats=2)
    assert len(fault.folds) == 2
    assert fault.folds[1].endswith("of repeat 2")


def test_a_class_per_speaker_is_never_learned():
    found = faults("actor", labels=lambda clips: clips["speaker"])
    assert len(found) == 6
    (warning,) = class_warnings(found)
    assert "and 1 more" in warning


def test_a_class_that_no_fold_tests_is_named():
    (tested,) = make_folds("actor-80-20", clip_table(speakers=6, texts=3))[0].test[:1]
    known = clip_table(speakers=6, texts=3).set_index("clip")["speaker"]
    (fault,) = faults(
        "actor-80-20",
        labels=lambda clips: clips["label"].mask(clips["speaker"] == known[known != known[tested]].iloc[0], "disgust"),
    )
    assert not fault.folds
    assert list(class_warnings([fault])) == [
        "under actor-80-20, no fold tests disgust; its scores are those of the other classes"
    ]


def test_a_class_with_one_clip_is_never_learned_under_random():
    (fault,) = faults("random", labels=lambda clips: clips["label"].mask(clips.index == 0, "rare"))
    assert fault.label == "rare"


def test_a_class_is_unused_only_where_no_fold_of_any_split_has_it():
    clips = clip_table(speakers=6, texts=3)
    clips = clips.assign(label=of_one_speaker(clips))
    folds = make_folds("loso", clips, FoldSettings(6, 0, 0))
    assert unused_classes({("loso", 0): folds}, clips) == ()
    assert unused_classes({("loso", 0): folds[:1]}, clips) == ()  # it is trained on
    others = {clip for fold in folds for clip in fold.train if clip not in folds[5].test}
    left = [dataclasses.replace(fold, train=tuple(clip for clip in fold.train if clip in others)) for fold in folds[:5]]
    (problem,) = unused_classes({("loso", 0): tuple(left)}, clips)
    assert (problem.kind, problem.path, problem.reason) == ("class", "disgust", "in no fold of any split: 9 clips")


def test_a_run_records_the_classes_that_it_cannot_score(tmp_path):
    rows = [f"c{n},s{n % 4},{'new' if n % 4 == 3 else 'ab'[n // 4 % 2]},{n * n % 7},{n * n % 11}" for n in range(32)]
    table = tmp_path / "table.csv"
    table.write_text("\n".join(["clip,speaker,emotion,x,y", *rows]) + "\n", encoding="utf-8")
    options = Options(
        corpus=str(table),
        models=("majority",),
        splits=("actor",),
        folds=2,
        jobs=1,
        store=tmp_path,
        out=tmp_path / "run",
    )
    saved = runner.run(options).saved
    assert saved.losses.empty  # a class that was tested is used
    assert any("without a training clip of them: new (fold" in warning for warning in saved.info.warnings)
    assert sorted(saved.audit["untrained_classes"]) == ["", '["new"]']
