"""The page of a run: self-contained, well formed, complete, and safe with any name."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources

import pytest

from ser_bench.core.options import Options
from ser_bench.metrics import METRICS
from ser_bench.report import synthetic_audio_folder, write_report
from ser_bench.report.analysis.failures import hardest_clips
from ser_bench.report.analysis.scores import page_metrics
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.registry import CHARTS, charts_of
from ser_bench.report.charts.render import render
from ser_bench.report.descriptions import SYNTHETIC
from ser_bench.report.findings.headline import headline
from ser_bench.report.findings.recommendation import recommendation
from ser_bench.report.findings.titles import scores_title
from ser_bench.report.findings.verdict import verdict
from ser_bench.report.formatting import percent
from ser_bench.report.page import render_page
from ser_bench.report.page.sections import SECTIONS
from ser_bench.report.page.sections.provenance import provenance
from ser_bench.report.summary import markdown
from ser_bench.runs.results import read_run
from ser_bench.runs.results.run_info import PretrainedInfo
from tests.report.fake_run import Recipe, save_fake_run, stand_in_charts
from tests.runs.run_folder import changed_info, sign

VOID = {"meta", "link", "br", "img", "input", "hr", "source", "wbr"}
HOSTILE = "<script>alert(1)</script>"
INVISIBLE = "\x1b[31m\u202e\u2066\x07"
"""Characters that colour a terminal, or turn the direction of the text around them."""


class Page(HTMLParser):
    """The tags and the text of a page, and the faults of its nesting."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.faults, self.tags, self.words = [], [], [], []
        self.feed(text)
        self.close()
        self.faults += [f"unclosed {tag}" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else")

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def drawn(run, *names: str) -> dict[str, bytes]:
    """Return stand-ins for all charts but the named ones."""
    charts = charts_of(run)
    return stand_in_charts(run) | {name: render(charts[name].draw(), "svg") for name in names}


@pytest.fixture(scope="module")
def html(run):
    return render_page(run, drawn(run)).decode()


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.fixture(scope="module")
def small_run(tmp_path_factory):
    """A run whose page takes a third of the time, for what does not depend on its scores."""
    recipe = Recipe(models=("svm", "knn"), splits=(("actor", 2), ("random", 2)), speakers=6, clips_per_label=2)
    return save_fake_run(tmp_path_factory.mktemp("small"), recipe)


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    recipe = Recipe(
        models=("svm", f"m{HOSTILE}", 'x" onload="alert(1)'),
        labels=("happy", f"sad{HOSTILE}", "a&b"),
        name=f"c{HOSTILE}",
        title=f"t{HOSTILE}",
        splits=(("actor", 3), ("random", 3)),
        clips_per_label=2,
        shortfalls={("svm", "actor", 0, 1): "failed"},
        features_of={"svm": "net"},
        pretrained={"net": {"corpora": (HOSTILE, INVISIBLE), "source": f"{INVISIBLE}{HOSTILE}"}},
        licences={"net": f"{HOSTILE}{INVISIBLE}"},
    )
    save_fake_run(folder, recipe)
    fits = folder / "fits.csv"
    fits.write_text(fits.read_text().replace("ValueError: made up", f"ValueError: {HOSTILE}"))
    sign(folder)
    return read_run(folder)


def test_the_page_is_well_formed_and_has_one_heading_and_every_section(page):
    assert page.faults == []
    tags = [tag for tag, _ in page.tags]
    assert tags.count("h1") == 1
    assert {"header", "nav", "main", "footer"} <= set(tags)
    assert ("html", {"lang": "en"}) in page.tags
    anchors = {attributes.get("id") for _, attributes in page.tags}
    assert {section.anchor for section in SECTIONS} - {"across", "charts", "conditions"} <= anchors
    assert "conditions" not in anchors  # the run has none
    targets = [a["href"] for tag, a in page.tags if tag == "a"]
    assert {target.removeprefix("#") for target in targets} <= anchors


def test_the_page_loads_nothing_from_elsewhere(html, page):
    policy = next(a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)[1]
    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy
    for tag, attributes in page.tags:
        assert tag not in ("link", "iframe", "object", "embed", "base")
        for name in ("src", "href", "xlink:href", "action", "srcset"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), (tag, attributes)
    assert not re.search(r"@import|url\((?!#)", html)


def test_the_page_carries_no_comments_and_no_indentation_of_its_script_and_style(html):
    for tag in ("style", "script"):
        lines = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)[1].strip().splitlines()
        assert len(lines) > 100
        assert [line for line in lines if not line or line.startswith((" ", "//"))] == []
    for file in resources.files("ser_bench.report.page").joinpath("script").iterdir():
        lines = file.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line.count("`") % 2] == []  # a string over lines would lose its indentation


def test_every_chart_has_a_title_and_a_description_and_ids_are_unique(run, html, page):
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    pictures = [attributes for tag, attributes in page.tags if tag == "svg" and "aria-hidden" not in attributes]
    charts = [attributes for attributes in pictures if "aria-labelledby" in attributes]
    assert len(charts) >= len([chart for chart in charts_of(run).values() if chart.chart.section])
    for attributes in pictures:
        assert attributes["role"] == "img"
        assert attributes.get("aria-label", "").strip() or attributes in charts
        assert set(attributes.get("aria-labelledby", "").split()) <= set(ids)
    references = set(re.findall(r'url\(#([^)]+)\)|<use href="#([^"]+)"', html))
    assert {first or second for first, second in references} <= set(ids)


def test_a_chart_of_a_section_that_the_page_leaves_out_is_among_the_further_charts(run, monkeypatch):
    own = Chart(name="own", title="Own", draw=lambda run: None, alt_text=lambda run: "Words.", section="across")
    monkeypatch.setitem(CHARTS, "own", own)
    page = Page(render_page(run, {"own": b'<?xml version="1.0"?><svg viewBox="0 0 9 9"><g/></svg>'}).decode())
    assert "across" not in {attributes.get("id") for _, attributes in page.tags}
    assert page.text.index("Further charts Further charts Own") > 0
    assert page.faults == []


def test_the_page_starts_with_the_answer_and_holds_every_score(run, page):
    top = page.text.index(scores_title(run))
    assert top < page.text.index("UAR of every model under the actor split") < page.text.index(verdict(run))
    for split in run.info.splits:
        for metric in ("uar", "accuracy"):
            assert all(percent(value) in page.text for value in summarise(run)[f"{split}_{metric}"])
    assert SYNTHETIC not in page.text


def test_every_metric_has_a_table_and_a_definition(run, page):
    assert "Accuracy per model, with 95 % intervals over speakers" in page.text
    for name in page_metrics(run):
        assert METRICS[name].summary in page.text


def test_synthetic_speech_normalisation_and_failures_stand_above_the_headline(broken_run):
    text = Page(render_page(broken_run, {}).decode()).text
    top = text[: text.index(recommendation(broken_run)[0].rstrip("."))]
    for warning in (SYNTHETIC, "TRANSDUCTIVE", "INCOMPLETE 2 of 48 fits gave no result (1 failed, 1 timeout)"):
        assert warning in top
    assert "failed 1/6" in text
    assert "ValueError: made up" in text


def test_names_labels_and_errors_of_users_stay_text(hostile_run):
    html = render_page(hostile_run, drawn(hostile_run, "cost")).decode()
    page = Page(html)
    assert page.faults == []
    assert [attributes for tag, attributes in page.tags if tag == "script"] == [
        {"type": "application/json", "id": "data"},
        {},
    ]
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', html)[1]
    assert json.loads(data)["labels"] == list(hostile_run.labels)
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert page.text.count(HOSTILE) > 10
    assert f"ValueError: {HOSTILE}" in page.text
    assert not set(html) & set(INVISIBLE.replace("[31m", ""))
    assert page.text.count(r"\x1b[31m\u202e\u2066\x07") >= 3  # licence, corpora and source of the network


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(models=("svm",), splits=(("actor", 2),), speakers=4, clips_per_label=1),
        Recipe(models=("svm",), splits=(("random", 2),), speakers=1, clips_per_label=2),
        Recipe(models=("svm", "lda", "knn"), splits=(("cross:emodb", 2),), speakers=4, clips_per_label=1),
        Recipe(
            models=("svm", "chance", "cnn1d"),
            splits=(("actor", 2), ("random", 2)),
            speakers=4,
            clips_per_label=1,
            shortfalls={
                (m, s, 0, f): "failed" for m in ("svm", "chance", "cnn1d") for s in ("actor", "random") for f in (0, 1)
            },
        ),
    ],
    ids=["one model, one split", "one speaker", "an unknown split", "every fit failed"],
)
def test_the_smallest_runs_and_a_run_without_results_have_a_page(recipe, tmp_path):
    run = save_fake_run(tmp_path, recipe)
    page = Page(render_page(run, {}).decode())
    assert page.faults == []
    assert "nan" not in page.text.casefold().split()


@pytest.mark.slow
def test_thirteen_models_and_five_splits_stay_below_two_megabytes(tmp_path):
    splits = (("actor", 6), ("random", 6), ("loso", 24), ("text", 2), ("emobox", 6))
    run = save_fake_run(tmp_path, Recipe(splits=splits, clips_per_label=2))
    html = render_page(run, drawn(run, "uar", "accuracy", "speakers", "cost", "curves_cnn1d"))
    assert len(html) < 2_000_000
    text = Page(html.decode()).text
    assert "loso: 13 more matrices" in text
    assert "Learning curves: 4 charts" in text


def test_published_scores_are_marked_with_their_source(tmp_path):
    splits = (("actor", 2), ("emobox", 2))
    run = save_fake_run(tmp_path, Recipe(models=("svm",), splits=splits))
    text = Page(render_page(run, {}).decode()).text
    assert "WavLM-large, frozen published, same folds: EmoBox" in text
    for shown in (text, markdown(run)):
        assert "same protocol" not in shown
        assert "published, same folds" in shown
        assert "scores the checkpoint of every epoch on the test clips" in shown
        assert "inner folds that together cover all actors" in shown


def test_the_assumption_about_speakers_of_several_corpora_is_stated(tmp_path):
    run = save_fake_run(
        tmp_path, Recipe(models=("svm",), splits=(("cross", 2),), corpora=("ravdess", "savee"), clips_per_label=1)
    )
    shared = {"Anna": ("ravdess/01", "savee/DC")}
    declared = replace(run, info=changed_info(run.info, corpus={"shared_speakers": shared}))
    for text in (Page(render_page(run, {}).decode()).text, markdown(run)):
        assert "Speakers of different corpora are taken to be different people, and sentences to differ." in text
    for text in (Page(render_page(declared, {}).decode()).text, markdown(declared)):
        assert "ravdess/01 and savee/DC are one speaker (Anna). All other speakers of different corpora are" in text


def test_the_page_names_the_target_and_what_the_run_has(small_run):
    text = Page(render_page(small_run, {}).decode()).text
    assert "Speech emotion recognition on" in text
    assert "To play them here" in text
    info = changed_info(small_run.info, target="gender", corpus={"recorded": True})
    text = Page(render_page(replace(small_run, info=info), {}).decode()).text
    assert "Gender recognition from speech on" in text
    assert "To play them here" not in text


@pytest.mark.parametrize(
    ("known", "condition"),
    [
        (0.0, "has the highest UAR on new speakers"),
        (0.25, "under the random split, with 25 % of the test clips by speakers known from training"),
        (1.0, "under the random split, with test speakers known from training"),
    ],
)
def test_the_audit_decides_whether_test_speakers_are_new(tmp_path, known, condition):
    run = save_fake_run(tmp_path, Recipe(models=("svm", "lda"), splits=(("random", 4),), clips_per_label=2))
    audit = run.audit.assign(test_clips_of_known_speakers=known * run.audit["test_clips"])
    assert condition in headline(replace(run, audit=audit))
    assert "(random split)" in headline(replace(run, audit=audit)) or known > 0
    page = Page(render_page(replace(run, audit=audit), {}).decode()).text
    assert ("; 25.0 % of the test clips by speakers from training" in page) == (known == 0.25)


def test_the_page_counts_fits_by_the_commit_of_their_code(small_run):
    old, new = "a" * 40, "b" * 40
    info = changed_info(small_run.info, commit=new)
    fits = small_run.fits.assign(commit=new)
    assert "commits of fits" not in render_page(replace(small_run, info=info, fits=fits), {}).decode()
    fits.loc[:2, "commit"] = old
    page = Page(render_page(replace(small_run, info=info, fits=fits), {}).decode()).text
    assert f"{len(fits) - 3} fits by {new}, 3 fits by {old}" in page


def test_one_corpus_makes_no_assumption_about_speakers(run):
    assert "taken to be different people" not in markdown(run)


def test_a_report_holds_the_page_and_two_reports_of_a_run_are_equal(tmp_path, stand_in_drawing):
    run = save_fake_run(tmp_path, Recipe(models=("svm", "cnn1d"), splits=(("actor", 3),), clips_per_label=2))
    assert tmp_path / "report.html" in write_report(run, formats=("svg",))
    first = (tmp_path / "report.html").read_bytes()
    write_report(run, formats=("svg",))
    assert (tmp_path / "report.html").read_bytes() == first


@pytest.mark.parametrize(
    ("corpus", "effort", "named"),
    [("demo", "quick", False), ("demo", "full", True), ("ravdess", "full", False), ("ravdess", "quick", True)],
)
def test_the_command_names_the_effort_that_is_not_the_default_of_the_corpus(run, corpus, effort, named):
    info = run.info.model_copy(update={"options": Options(corpus=corpus, effort=effort, splits="actor")})
    assert (f"--effort {effort}" in provenance(replace(run, info=info)).command) == named


def test_the_command_repeats_the_run_with_its_options_and_models(small_run):
    tables = {"svm-soft": {"base": "svm", "parameters": {"C": 0.1, "kernel": "rbf"}}}
    options = Options(
        seed=7,
        folds=4,
        repeats=2,
        models="svm-soft",
        splits="actor,random",
        model_tables=tables,
        corpus="my corpus.csv",
        merge={"calm": "neutral"},
        speakers={"studio/a": "Anna"},
        pretraining={"onnx:net": {"corpora": ["emodb"], "source": "a paper"}},
    )
    pretrained = {"onnx:net": PretrainedInfo(corpora=("emodb",), exposure={"ravdess": "unknown"})}
    info = small_run.info.model_copy(update={"options": options, "pretrained": pretrained})
    html = render_page(replace(small_run, info=info), {}).decode()
    text = Page(html).text
    command = re.search(r"ser-bench run .*?--repeats 2", text)[0]
    assert "--config run.toml --corpus 'my corpus.csv'" in command
    assert all(option in command for option in ("--seed 7", "--folds 4", "--models svm-soft", "--splits actor,random"))
    assert not any(option in command for option in ("--part", "--merge", "--speakers", "--pretraining"))
    assert '[merge] "calm" = "neutral" [speakers] "studio/a" = "Anna"' in text
    assert '[models."svm-soft"] base = "svm" "C" = 0.1 "kernel" = "rbf"' in text
    assert '[pretraining."onnx:net"] corpora = ["emodb"] source = "a paper"' in text
    assert "and the folders of the files of onnx:net." in text


@pytest.fixture(scope="module")
def audible(tmp_path_factory):
    """A run with the files of its clips: one is missing, one is damaged, and one is outside the folder."""
    import numpy as np
    import soundfile

    folder, audio = tmp_path_factory.mktemp("audible"), tmp_path_factory.mktemp("audio")
    run = save_fake_run(folder, Recipe(models=("svm", "knn"), splits=(("actor", 2),), speakers=4, clips_per_label=1))
    y = np.random.default_rng(0).normal(0, 0.1, (9600, 2))
    hardest = list(hardest_clips(run, "actor")["path"])
    for path in hardest[1:]:
        (audio / path).parent.mkdir(exist_ok=True)
        soundfile.write(audio / path, y, 48_000)
    (audio / hardest[1]).write_bytes(b"no sound")
    outside = audio.parent / "outside.wav"
    soundfile.write(outside, y, 48_000)
    clips = folder / "clips.csv"
    clips.write_text(clips.read_text().replace(f",{hardest[2]}\n", ",../outside.wav\n"))
    sign(folder)
    return read_run(folder), audio


def test_the_hardest_clips_have_players_or_a_reason(audible):
    import base64
    import io

    import soundfile

    run, audio = audible
    html = render_page(run, {}, audio).decode()
    page = Page(html)
    shared, *players = [attributes for tag, attributes in page.tags if tag == "audio"]
    assert "src" not in shared
    assert len(players) == len(hardest_clips(run, "actor")) - 3
    assert all("controls" in player and player["aria-label"].startswith("Clip Actor_") for player in players)
    for reason in (
        "file not found in the corpus folder",
        "not an audio file",
        "the path leads out of the corpus folder",
    ):
        assert f"no audio: {reason}" in page.text
    assert "its licence (CC BY-NC-SA 4.0) applies" in page.text
    head, data = players[0]["src"].split(",")
    assert head == "data:audio/flac;base64"
    y, sr = soundfile.read(io.BytesIO(base64.b64decode(data)))
    assert (y.ndim, sr, len(y)) == (1, 16_000, 3200)
    assert render_page(run, {}, audio).decode() == html


def test_players_stop_at_the_largest_size_of_a_page(audible, monkeypatch):
    from ser_bench.report.page.sections import audio as players

    run, audio = audible
    monkeypatch.setattr(players, "MAX_BYTES", 20_000)
    page = Page(render_page(run, {}, audio).decode())
    assert 0 < sum(len(a.get("src", "")) for tag, a in page.tags if tag == "audio") <= 20_000
    assert "the clips of this page would exceed 20,000 bytes" in page.text


def test_a_page_without_audio_says_how_to_get_it(audible, tmp_path):
    run, _ = audible
    assert "ser-bench report RUN --audio DIR" in Page(render_page(run, {}).decode()).text
    text = Page(render_page(run, {}, tmp_path).decode()).text
    assert "The page has no audio" in text
    assert "no audio: file not found" in text


def test_only_synthetic_corpora_have_audio_by_default(run, tmp_path, monkeypatch):
    monkeypatch.setenv("SER_BENCH_DATA", str(tmp_path))
    for name in ("demo", "ravdess"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "clip.wav").touch()
    synthetic = replace(run, info=changed_info(run.info, corpus={"name": "demo"}, synthetic=True))
    assert synthetic_audio_folder(run) is None
    assert synthetic_audio_folder(run, tmp_path) is None
    assert synthetic_audio_folder(synthetic) == tmp_path / "demo"
    assert synthetic_audio_folder(synthetic, tmp_path / "nowhere") is None


def test_the_page_shows_where_models_fail(run, page):
    for words in ("Recall per class under the actor split", "UAR by gender", "UAR by intensity", "UAR by sentence"):
        assert words in page.text
    for row in hardest_clips(run, "actor").to_dict("records"):
        assert row["clip"] in page.text
