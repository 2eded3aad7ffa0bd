"""Keys of fits: the digests of a fold depend on its clips only."""

from __future__ import annotations

import dataclasses
import warnings
from types import SimpleNamespace

from ser_bench import models
from ser_bench.core.options import PATH_OPTIONS
from ser_bench.runs.keys import EXECUTION_OPTIONS, PROVENANCE, FoldDigests, _model_facts, digest_of, run_identity
from ser_bench.splits import make_folds
from tests.conftest import clip_table
from tests.runs.planned import make_data
from tests.runs.results.test_results import make_tables
from tests.runs.run_folder import make_info


def test_digests_cover_training_audio_labels_and_speakers_and_test_audio():
    clips = clip_table(speakers=6, texts=3)
    clips = clips.assign(key=clips["clip"].map("sha-{}".format)).set_index("clip", drop=False)
    digests = FoldDigests(clips)
    for fold in make_folds("actor", clips.reset_index(drop=True)):
        train, test = clips.loc[list(fold.train)], clips.loc[list(fold.test)]
        assert digests.of(fold) == {
            "train": digest_of(zip(train["key"], train["label"], train["speaker"], strict=True)),
            "test": digest_of(test["key"]),
        }


def test_equal_folds_have_equal_digests():
    clips = clip_table(speakers=6, texts=3)
    digests = FoldDigests(clips.assign(key=clips["clip"]).set_index("clip", drop=False))
    for fold in make_folds("actor", clips):
        assert digests.of(dataclasses.replace(fold)) == digests.of(fold)


def test_an_approximate_kernel_depends_on_the_seed_the_exact_one_does_not():
    assert not models.get("svm").is_seeded
    assert models.variant("svm", "svm", {"kernel": "nystroem"}).is_seeded


def changed(value):
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, dict):
        return value | {"new": ("a", "b")}
    return (*value, "new") if isinstance(value, tuple) else f"{value or ''}1"


def fields(model, excluded):
    return sorted(set(type(model).model_fields) - set(excluded))


def identity(info, tables=()):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # values of other types, on purpose
        return run_identity((), {}, info, tables)


def test_every_value_of_a_run_is_part_of_its_identity_except_when_and_where_it_was_computed():
    info = make_info()
    original = identity(info)
    for name in fields(info, (*PROVENANCE, "options", "corpus")):
        assert identity(info.model_copy(update={name: changed(getattr(info, name))})) != original, name
    for part, excluded in (("options", (*EXECUTION_OPTIONS, *PATH_OPTIONS, "model_tables")), ("corpus", ())):
        value = getattr(info, part)
        for name in fields(value, excluded):
            other = value.model_copy(update={name: changed(getattr(value, name))})
            assert identity(info.model_copy(update={part: other})) != original, name
    for name in PROVENANCE:
        assert identity(info.model_copy(update={name: getattr(make_info(), name)})) == original


def test_every_column_of_the_clips_and_what_is_not_used_are_part_of_the_identity():
    tables = [make_tables()[name] for name in ("clips", "losses")]
    original = identity(make_info(), tables)
    for number, table in enumerate(tables):
        for column in table:
            other = [*tables]
            other[number] = table.assign(**{column: "other"})
            assert identity(make_info(), other) != original, column
    assert identity(make_info(), [tables[0], tables[1].iloc[:1]]) != original


def test_a_key_depends_on_the_copies_that_a_training_condition_could_not_make():
    clips = clip_table(speakers=2, texts=1)
    data = make_data(clips, ("happy", "sad"))
    other = dataclasses.replace(data, unchanged={"middle-1": frozenset(data.clips["key"][:1]), "phone": frozenset("x")})

    def facts(data, *names):
        definition = models.get("knn").with_parameters({"conditions": list(names)})
        return _model_facts(
            SimpleNamespace(model=SimpleNamespace(definition=definition, all_sets=[]), shuffled_columns=()), data
        )

    assert facts(data, "middle-1") != facts(other, "middle-1")
    assert facts(data, "white-10") == facts(other, "white-10")
