"""What test clips share with training, in numbers and sentences."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from ser_bench.report.analysis.leakage import leakage_by_split
from ser_bench.report.analysis.models import models_with_copies
from ser_bench.report.findings.headline import headline
from ser_bench.report.findings.leakage import leakage_sentences
from ser_bench.report.page import render_page
from ser_bench.report.page.sections.leakage import leakage_report
from ser_bench.report.summary import markdown
from tests.runs.run_folder import changed_info


@pytest.fixture(scope="module")
def run(analysed_run):
    """A run with two repeats, which the tests of analyses share."""
    return analysed_run


def test_leakage_lists_what_each_split_shares(run):
    table = leakage_by_split(run).set_index("split")
    assert table.at["actor", "known_speakers"] == 0
    assert table.at["random", "known_speakers"] == 1
    assert table.at["actor", "known_texts"] == 1
    assert table.at["random", "known_takes"] == pytest.approx(0.8, abs=0.005)
    actor, random, _, takes = leakage_sentences(run)
    shared, trained = actor.split(". ", 1)
    assert shared == (
        "actor: no test clip has a speaker from training; every test clip has a sentence from training; no test clip "
        "has another take in training"
    )
    assert trained == "Models were trained on 20 speakers per fold, cnn1d on 18."
    assert "Models were trained on 24 speakers per fold." in random
    assert "; 80 % of the test clips have another take in training; " in random
    assert takes.startswith("1,344 of 1,440 clips have another take: the same speaker, sentence")
    assert "every test clip has a speaker from training" in random
    assert "18 test clips are identical or nearly identical to a training clip" in random


def test_models_that_know_fewer_voices_or_state_nothing_are_named(run):
    """A network without some speakers of a random split, and one that does not state what it held out."""
    fits = run.fits.copy()
    random = fits["split"] == "random"
    fits.loc[random & (fits["model"] == "cnn1d"), "trained_speakers"] = 20
    fits.loc[random & (fits["model"] == "cnn1d"), "trained_voices"] = fits["n_test"] - fits["n_test"] // 6
    fits.loc[random & (fits["model"] == "knn"), ["trained_speakers", "trained_voices"]] = pd.NA
    changed = dataclasses.replace(run, fits=fits)
    sentence = leakage_sentences(changed)[1]
    assert "Models were trained on 24 speakers per fold, cnn1d on 20." in sentence
    assert "cnn1d knows the speakers of 83.3 % of test clips. Training speakers are unknown for knn." in sentence
    table = leakage_report(changed).table
    assert table.rows[1].cells[4].text == "20–24"


def test_models_with_copies_are_those_whose_parameters_name_speeds(run):
    parameters = run.fits["model"].map({"lda": '{"speeds": [0.85, 1.17]}', "knn": '{"speeds": []}'}).fillna("{}")
    changed = dataclasses.replace(run, fits=run.fits.assign(parameters=parameters))
    assert models_with_copies(changed) == {"lda": (0.85, 1.17)}


def test_no_model_trains_on_copies_where_features_come_from_a_table(run):
    """There is no audio to play at another speed, whatever the parameters of the model."""
    info = changed_info(run.info, corpus={"recorded": True})
    assert (
        models_with_copies(dataclasses.replace(run, info=info, fits=run.fits.assign(parameters='{"speeds": [0.9]}')))
        == {}
    )


def test_a_class_without_training_clips_is_named(run):
    assert not any("without a training clip" in sentence for sentence in leakage_sentences(run))
    audit = run.audit.copy()
    audit.loc[(audit["split"] == "actor") & (audit["fold"] == 2), "untrained_classes"] = '["sad"]'
    changed = dataclasses.replace(run, audit=audit)
    sentence = (
        "Under actor, 1 class is tested without a training clip: sad in 2 of 12 folds. Its recall is 0 there for any "
        "voice."
    )
    assert leakage_sentences(changed)[-1] == sentence
    assert sentence in markdown(changed)
    assert sentence in headline(changed)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({"test_clips_of_uncertain_texts": 0}, "every test clip has a sentence from training"),
        ({"test_clips_of_uncertain_texts": 1.0, "test_clips_of_known_texts": pd.NA}, "sentences are unknown"),
        (
            {"test_clips_of_uncertain_texts": 0.5, "test_clips_of_known_texts": 0.5},
            "50 % of the test clips have a sentence from training, and for 50 % that is unknown",
        ),
        ({"test_clips_of_known_speakers": pd.NA}, "random: speakers are unknown; every test clip has a sentence"),
    ],
)
def test_unknown_sentences_and_speakers_are_said_to_be_unknown(run, counts, sentence):
    audit = run.audit.copy()
    for column, share in counts.items():
        audit[column] = pd.array([share] * len(audit), dtype="Int64") if share is pd.NA else share * audit["test_clips"]
    changed = dataclasses.replace(run, audit=audit)
    assert sentence in leakage_sentences(changed)[1]
    shown = [share.text for share in leakage_report(changed).splits[1].shares]
    assert ("unknown" in shown) == any(share is pd.NA for share in counts.values())


def test_one_speaker_is_not_written_as_several(run):
    (sentence, *_) = leakage_sentences(dataclasses.replace(run, fits=run.fits.assign(trained_speakers=1)))
    assert sentence.endswith("Models were trained on 1 speaker per fold.")


@pytest.mark.parametrize(
    ("clips", "takes", "sentence"),
    [
        ({"intensity": "by clip"}, 0, "No clip has another take: no speaker repeats a sentence"),
        ({"text": ""}, 0, "Where sentences are unknown, only near-identical clips count as takes"),
        ({"text": ""}, pd.NA, "Repeated takes are unknown"),
    ],
)
def test_unknown_takes_are_never_said_to_be_absent(run, clips, takes, sentence):
    table = run.clips.assign(**clips)
    if "intensity" in clips:
        table = table.assign(intensity=table["clip"])
    audit = run.audit.assign(test_clips_of_known_takes=pd.array([takes] * len(run.audit), dtype="Int64"))
    changed = dataclasses.replace(run, clips=table, audit=audit)
    assert sentence in leakage_sentences(changed)[-1]
    assert not any("another take in training" in text for text in leakage_sentences(changed))


def test_a_run_of_unknown_speakers_has_no_score_on_new_voices(analysed_run):
    unknown = pd.array([pd.NA] * len(analysed_run.fits), dtype="Int64")
    counts = ["train_speakers", "test_speakers", "shared_speakers", "test_clips_of_known_speakers"]
    random = changed_info(analysed_run.info, corpus={"speakers": 0}, splits=("random",))
    run = dataclasses.replace(
        analysed_run,
        info=random,
        predictions=analysed_run.predictions.assign(speaker="").query("split == 'random'"),
        clips=analysed_run.clips.assign(speaker=""),
        fits=analysed_run.fits.assign(trained_speakers=unknown, trained_voices=unknown).query("split == 'random'"),
        audit=analysed_run.audit.assign(**dict.fromkeys(counts, unknown[: len(analysed_run.audit)])).query(
            "split == 'random'"
        ),
    )
    text = markdown(run)
    assert "Speakers are unknown, so there is no score on new voices." in headline(run)
    assert "No gap: speakers are unknown" in text
    assert "Speakers are unknown, so scores have no interval." in text
    assert "unknown speakers" in text
    assert "known from training" not in text
    assert "speakers are unknown" in render_page(run, {}).decode()
