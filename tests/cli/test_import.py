"""``ser-bench import``: what it prints, when it writes, exit status."""

from __future__ import annotations

from itertools import product

import pytest

from ser_bench.cli import call
from ser_bench.corpora import importing


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return ``run(*words)``: exit status, standard output and standard error; the working folder is empty."""
    monkeypatch.chdir(tmp_path)

    def typed(*words: str) -> tuple[int, str, str]:
        status = call(list(words))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return typed


def create(folder, speakers) -> None:
    for speaker, emotion, take in product(speakers, ("ANG", "SAD"), (1, 2)):
        path = folder / "clips" / f"{speaker}_{emotion}_{take}.wav"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"RIFF")


def test_the_preview_comes_before_the_manifest(run, tmp_path):
    create(tmp_path, ("speaker1", "speaker2"))
    (tmp_path / "clips/speaker3_SAD_1.wav").write_bytes(b"")
    status, out, err = run("import", "clips", "-o", "corpus.csv")
    assert (status, err) == (0, "")
    assert "clips: 8 clips, 2 speakers, 2 emotions" in out
    assert "likely: field 1 of the file name (speaker1, speaker2: 2 values, 4 clips each); the names say" in out
    assert "SAD = sad" not in out  # the same word
    assert "ANG = angry" in out
    assert "left out: 1 file or row\n  1: empty file, for example speaker3_SAD_1.wav" in out
    assert out.endswith("manifest: corpus.csv\nnext: ser-bench run --corpus corpus.csv\n")
    assert (tmp_path / "corpus.csv").read_text().splitlines()[1] == "clips/speaker1_ANG_1.wav,speaker1,angry"


def test_a_mere_guess_needs_yes_where_nobody_can_be_asked(run, tmp_path):
    create(tmp_path, ("anna", "ben"))
    status, out, err = run("import", "clips", "-o", "corpus.csv")
    assert status == 2
    assert "a guess, please check: field 1" in out
    assert "add --yes or --pattern '{speaker}_*'" in err
    assert not (tmp_path / "corpus.csv").exists()
    status, out, err = run("import", "clips", "-o", "corpus.csv", "--yes", "-q")
    assert (status, out) == (0, "")
    assert "clips: 8 clips, 2 speakers, 2 emotions\n" in err
    assert "a guess, please check: field 1" in err  # a guess is always shown
    assert run("import", "clips", "-o", "named.csv", "--pattern", "{speaker}_*")[0] == 0
    assert (tmp_path / "corpus.csv").read_text() == (tmp_path / "named.csv").read_text()


def test_a_dry_run_writes_nothing_and_a_missing_output_is_named(run, tmp_path):
    create(tmp_path, ("speaker1", "speaker2"))
    status, out, _ = run("import", "clips", "--dry-run")
    assert (status, out.splitlines()[-1]) == (0, "nothing written (--dry-run)")
    assert run("import", "clips")[2] == "ser-bench: name the manifest to write: ser-bench import clips -o corpus.csv\n"
    assert run("import", "missing", "-o", "c.csv")[0] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clips"]


def test_a_published_corpus_needs_no_manifest(run, tmp_path):
    for name in ("03a01Fa.wav", "08b10Wa.wav"):
        (tmp_path / name).write_bytes(b"RIFF")
    status, out, _ = run("import", ".", "-o", "corpus.csv")
    assert (status, out.splitlines()[-1]) == (
        0,
        "or, with its licence and checks: ser-bench run --corpus emodb --data-dir .",
    )


def test_a_folder_as_corpus_leads_to_import(run, tmp_path):
    create(tmp_path, ("speaker1",))
    status, _, err = run("run", "--corpus", "clips")
    assert status == 2
    assert "clips is a folder; make a manifest of its clips: ser-bench import clips -o corpus.csv" in err


@pytest.mark.parametrize("option", ["--pattern", "--map", "--map-emotions"])
def test_an_empty_option_is_refused(run, tmp_path, option):
    create(tmp_path, ("speaker1", "speaker2"))
    status, _, err = run("import", "clips", "-o", "corpus.csv", option, "")
    assert status == 2
    assert "''" in err
    assert not (tmp_path / "corpus.csv").exists()


def test_an_import_that_is_stopped_has_kept_nothing(run, tmp_path, monkeypatch):
    def interrupted(*_) -> None:
        raise KeyboardInterrupt

    create(tmp_path, ("speaker1", "speaker2"))
    monkeypatch.setattr(importing, "import_clips", interrupted)
    status, _, err = run("import", "clips", "-o", "corpus.csv")
    assert (status, err.strip()) == (130, "stopped")
