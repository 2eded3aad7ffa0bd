"""``ser-bench explore --corpus``: pictures and tables of a corpus, nearest neighbours and the map."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser_bench import corpora
from ser_bench.cli import call
from ser_bench.core.labels import label_colour
from ser_bench.explore import corpus_figures, findings, map_figure, neighbours, projection, tables
from ser_bench.explore.corpus import ExploredCorpus
from ser_bench.report.descriptions import SYNTHETIC
from tests.conftest import clip_table, tone
from tests.legible import assert_legible, words_of


@pytest.fixture(autouse=True)
def _working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SER_BENCH_DATA", raising=False)


def simulated(clips: pd.DataFrame, corpus: str = "ravdess") -> ExploredCorpus:
    """Return a corpus with random measurements and features that depend on the speaker more than on the emotion."""
    rng = np.random.default_rng(0)
    codes = [np.unique(clips[column], return_inverse=True)[1] for column in ("speaker", "emotion")]
    X = rng.standard_normal((len(clips), 20))
    X[:, :10] += 3 * rng.standard_normal((codes[0].max() + 1, 10))[codes[0]]
    X[:, 10:] += rng.standard_normal((codes[1].max() + 1, 10))[codes[1]]
    shares = neighbours.neighbour_shares(clips, neighbours.standardise(X))
    spreads = {"seconds": (2, 5), "level": (-50, -10), "peak_level": (-9, 0), "silence": (0, 1), "f0": (80, 400)}
    measured = {name: rng.uniform(*ends, len(clips)) for name, ends in spreads.items()}
    table = clips.assign(**measured, x=X[:, 0], y=X[:, 1])
    count = len(clips)
    return ExploredCorpus(corpora.CORPORA[corpus], table, 20, tuple(shares), count, count, "simulated")


CASES = {
    "24 speakers": clip_table(24, ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")),
    "91 speakers": clip_table(91, genders=("male", "female")).assign(
        speaker=lambda clips: [f"10{name[1:]}" for name in clips["speaker"]]
    ),
    "long names, no genders": clip_table(
        60, ("a-label-of-one's-own", "another-rather-long-label"), genders=("",)
    ).assign(speaker=lambda clips: ["somebody-with-a-name-of-some-length-" + name for name in clips["speaker"]]),
    "one speaker, one emotion": clip_table(1, ("happy",)),
    "2 emotions": clip_table(2, ("happy", "sad")),
    "30 emotions": clip_table(
        10, tuple(f"label {i:02d} of a rather long name" if i % 3 else f"émotion-{i}" for i in range(30))
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("draw", [corpus_figures.draw_overview, corpus_figures.draw_pitch, map_figure.draw_map])
def test_pictures_name_corpus_and_synthetic_speech_and_their_texts_do_not_overlap(case, draw, monkeypatch):
    synthetic = case == "91 speakers"
    explored = simulated(CASES[case], "demo" if synthetic else "ravdess")
    figure = draw(explored)
    assert_legible(figure, monkeypatch, case)
    words = " ".join(words_of(figure).split())
    assert all(fact in words for fact in explored.summary.split(" · "))
    assert (SYNTHETIC in words) == synthetic


def test_unknown_speakers_are_drawn_as_unknown():
    explored = simulated(CASES["one speaker, one emotion"].assign(speaker=""))
    assert "unknown speakers" in explored.summary
    assert "speaker" not in findings.neighbours_caption(explored)
    words = words_of(corpus_figures.draw_overview(explored))
    assert "unknown" in words
    assert "by speaker" not in words_of(map_figure.draw_map(explored))
    assert "| unknown | " in tables.markdown(explored)


def test_the_summary_gives_title_and_size():
    assert simulated(CASES["24 speakers"]).summary.startswith("RAVDESS · 384 clips · 24 speakers · 8 emotions · ")


@pytest.mark.parametrize("case", ["24 speakers", "2 emotions", "30 emotions"])
def test_each_emotion_has_a_map_over_the_other_clips_on_common_axes(case):
    explored = simulated(CASES[case])
    section = map_figure.emotion_section(explored)
    axes = map_figure.draw_map(explored).axes[: len(section.tiles)]
    assert [tile.value for tile in section.tiles] == list(explored.emotions)
    assert len({(*ax.get_xlim(), *ax.get_ylim()) for ax in axes}) == 1
    for ax, tile in zip(axes, section.tiles, strict=True):
        clips = explored.clips[explored.clips["emotion"] == tile.value]
        np.testing.assert_allclose(ax.collections[0].get_offsets(), clips[["x", "y"]])
        assert len(ax.lines[0].get_xdata()) == len(explored.clips) - len(clips)


def test_maps_of_many_speakers_span_the_shares_and_say_so():
    explored = simulated(CASES["91 speakers"])
    section = map_figure.speaker_section(explored)
    shares = neighbours.shares_by_attribute(explored.shares)["speaker", "all"].by_value
    by_share = sorted(shares, key=lambda name: shares[name][0])
    assert len(section.tiles) == 24
    assert {shares[tile.value][0] for tile in section.tiles} >= {shares[by_share[0]][0], shares[by_share[-1]][0]}
    assert "24 of 91 speakers, evenly from the highest share to the lowest" in section.notes[0][0]


def test_women_are_shown_before_men_in_their_colours():
    tiles = map_figure.speaker_section(simulated(CASES["24 speakers"])).tiles
    assert [tile.colour for tile in tiles] == [corpus_figures.GENDER_COLOURS["female"]] * 12 + [
        corpus_figures.GENDER_COLOURS["male"]
    ] * 12


def test_the_title_of_the_map_states_the_shares_of_neighbours():
    explored = simulated(CASES["24 speakers"])
    shares = neighbours.shares_by_attribute(explored.shares)
    numbers = [100 * value for name in ("speaker", "emotion") for value in _levels(shares[name, "all"])]
    title = findings.map_title(explored)
    assert [int(number) for number in re.findall(r"\d+", title)] == [round(number) for number in numbers]


def test_the_title_of_the_map_leaves_out_what_all_clips_share():
    one_speaker = simulated(clip_table(1, ("happy", "sad"), texts=6))
    assert "speaker" not in findings.map_title(one_speaker)
    assert "emotion" in findings.map_title(one_speaker)
    for case in ("one speaker, one emotion", "2 emotions"):  # in the second, every clip is a neighbour
        assert findings.map_title(simulated(CASES[case])) == "Map of the clips by their features"


def test_the_title_of_the_overview_states_the_counts():
    clips = CASES["24 speakers"]
    assert findings.overview_title(simulated(clips)) == "Each emotion has 48 clips, each speaker 16"
    fewer = clips.drop(clips.index[(clips["emotion"] == "calm") & (clips["speaker"] == "s03")])
    title = findings.overview_title(simulated(fewer.reset_index(drop=True)))
    assert title == "Each emotion has 46 (calm) to 48 clips, each speaker 14 to 16"
    more = pd.concat([clips, clips[clips["emotion"] == "sad"]], ignore_index=True)
    assert findings.overview_title(simulated(more)) == "Each emotion has 48 to 96 (sad) clips, each speaker 18"
    assert findings.overview_title(simulated(clips.assign(speaker=""))) == "Each emotion has 48 clips"


def test_the_title_of_the_pitch_names_the_emotions_at_both_ends():
    explored = simulated(CASES["24 speakers"])
    title = findings.pitch_title(explored)
    for gender, words in (("female", "women"), ("male", "men")):
        medians = {emotion: np.median(explored.f0_of(emotion, gender)) for emotion in explored.emotions}
        low, high = min(medians, key=medians.get), max(medians, key=medians.get)
        assert f"{medians[low]:.0f} Hz ({low}) to {medians[high]:.0f} Hz ({high}) for {words}" in title
    assert findings.pitch_title(simulated(CASES["one speaker, one emotion"])).startswith("Median F0 of each clip")


def test_more_labels_than_colours_share_one_colour():
    emotions = simulated(CASES["30 emotions"]).emotions
    assert len({label_colour(emotion, emotions) for emotion in emotions}) == 1
    words = words_of(corpus_figures.draw_overview(simulated(CASES["30 emotions"])))
    assert "clips of each speaker, by emotion" not in words


def _levels(share: neighbours.NeighbourShare) -> tuple[float, float]:
    return share.observed, share.chance


def test_neighbours_share_what_the_features_depend_on():
    clips = clip_table(6, ("happy", "sad"), texts=12)
    by_speaker = np.unique(clips["speaker"], return_inverse=True)[1]
    X = 10.0 * np.eye(6)[by_speaker] + 0.1 * np.random.default_rng(0).standard_normal((len(clips), 6))
    shares = neighbours.shares_by_attribute(neighbours.neighbour_shares(clips, X.astype(np.float32)))
    assert shares["speaker", "all"].observed == 1.0
    assert shares["speaker", "all"].chance == pytest.approx(23 / 143)
    assert shares["emotion", "all"].observed == pytest.approx(0.5, abs=0.1)
    assert shares["emotion", "all"].chance == pytest.approx(71 / 143)
    assert shares["emotion", "other speakers"].chance == pytest.approx(0.5)
    assert shares["speaker", "all"].by_value["s01"] == pytest.approx((1.0, 23 / 143))


def test_neighbours_equal_those_of_a_full_search():
    clips = clip_table(5, texts=4)
    X = np.random.default_rng(1).standard_normal((len(clips), 8)).astype(np.float32)
    distance = np.linalg.norm(X[:, None] - X[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1)[:, :10]
    emotion = clips["emotion"].to_numpy()
    expected = (emotion[nearest] == emotion[:, None]).mean()
    shares = neighbours.shares_by_attribute(neighbours.neighbour_shares(clips, X))
    assert shares["emotion", "all"].observed == pytest.approx(expected)


def test_an_attribute_that_some_clips_lack_has_no_share():
    clips = clip_table(4, genders=("male", ""))
    X = np.random.default_rng(0).standard_normal((len(clips), 3)).astype(np.float32)
    assert {share.attribute for share in neighbours.neighbour_shares(clips, X)} == {"emotion", "speaker", "text"}


def test_a_single_speaker_has_no_other_speakers_and_a_single_clip_no_neighbours():
    clips = clip_table(1)
    X = np.random.default_rng(0).standard_normal((len(clips), 3)).astype(np.float32)
    assert {share.among for share in neighbours.neighbour_shares(clips, X)} == {"all"}
    assert neighbours.neighbour_shares(clips[:1], X[:1]) == []


def test_constant_features_become_zero():
    X = np.ones((5, 2))
    X[:, 1] = range(5)
    scaled = neighbours.standardise(X)
    assert (scaled[:, 0] == 0).all()
    assert scaled[:, 1].std() == pytest.approx(1)


def test_the_map_is_reproducible_and_keeps_groups_together():
    rng = np.random.default_rng(0)
    group = np.arange(60) % 3
    X = (8 * np.eye(20)[group] + 0.2 * rng.standard_normal((60, 20))).astype(np.float32)
    places, method = projection.project(X, 0)
    assert np.array_equal(places, projection.project(X, 0)[0])
    assert "t-SNE (seed 0)" in method
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert (group[distance.argmin(axis=1)] == group).all()


@pytest.mark.parametrize("count", [2, 9])
def test_few_clips_are_projected_without_tsne(count):
    X = np.random.default_rng(0).standard_normal((count, 5)).astype(np.float32)
    places, method = projection.project(X, 0)
    assert places.shape == (count, 2)
    assert method == "the first two principal components"


def test_clips_of_a_large_corpus_are_sampled_and_the_picture_says_so():
    sample = projection.sample_clips(1000, 50, 3)
    assert len(set(sample)) == 50
    assert np.array_equal(sample, projection.sample_clips(1000, 50, 3))
    assert np.array_equal(projection.sample_clips(10, 50, 3), np.arange(10))
    explored = replace(simulated(CASES["24 speakers"]), mapped=50, compared=60)
    words = words_of(map_figure.draw_map(explored))
    assert "50 clips drawn at random" in words
    assert "among 60 clips drawn at random" in words


def test_tables_contain_the_measurements():
    explored = simulated(CASES["24 speakers"])
    text = tables.markdown(explored)
    share = explored.shares[0]
    assert f"| emotion | all | {100 * share.observed:.1f} | {100 * share.chance:.1f} |" in text
    assert "| happy | female | 24 |" in text
    levels = " | ".join(f"{100 * level:.1f}" for level in share.by_value["happy"])
    assert f"| emotion | happy | {levels} |" in text
    assert text.count("\n| speaker | s") == 24
    assert tables.clips_csv(explored).decode().count("\n") == 385


@pytest.fixture
def small(tmp_path, write_wav) -> Path:
    """A manifest of twelve clips: three speakers of different pitch, two emotions, one clip without voice."""
    rows = ["path,speaker,emotion"]
    for number in range(12):
        speaker = number % 3
        y = tone(0.3, f0=(110.0, 160.0, 230.0)[speaker], seed=number)
        y = 0.1 * np.random.default_rng(0).standard_normal(4800).astype(np.float32) if number == 11 else y
        write_wav(tmp_path / f"{number}.wav", y)
        rows.append(f"{number}.wav,voice {speaker},{'happy' if number < 6 else 'sad'}")
    (tmp_path / "small.csv").write_text("\n".join(rows))
    return tmp_path / "small.csv"


def test_exploring_a_corpus_writes_pictures_and_tables(small, capsys):
    assert call(["explore", "--corpus", str(small), "--jobs", "1"]) == 0
    folder = Path("results/small-explore")
    names = [f"{name}.{kind}" for name in ("overview", "pitch", "projection") for kind in ("png", "svg")]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*names, "explore.md", "clips.csv"])
    clips = pd.read_csv(folder / "clips.csv").set_index("clip")
    assert clips.loc["0.wav", "f0"] == pytest.approx(110, rel=0.02)
    assert np.isnan(clips.loc["11.wav", "f0"])
    assert clips.loc["0.wav", "seconds"] == pytest.approx(0.3)
    assert "share its emotion (by chance 45 %)" in capsys.readouterr().out


def test_the_output_of_a_corpus_must_be_a_folder(small, capsys):
    assert call(["explore", "--corpus", str(small), "-o", "all.png"]) == 2
    assert "name a folder with -o" in capsys.readouterr().err
    assert call(["explore", "--corpus", str(small), "-o", str(small)]) == 2
    assert "cannot write to" in capsys.readouterr().err
