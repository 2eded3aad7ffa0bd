"""Run folders: a run reads back as it was written, and every damage is refused with its reason."""

from __future__ import annotations

import json
import os
import re
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ser_bench.core.errors import RunError
from ser_bench.runs import results
from ser_bench.runs.results import (
    PREDICTION_COLUMNS,
    UNCALIBRATED,
    SavedRun,
    find_run,
    locked_folder,
    read_run,
    write_file,
    write_run,
)
from ser_bench.runs.results.tables import AUDIT, CLIPS, CURVES, FITS, IMPORTANCE, LOSSES, TABLES
from tests.runs.run_folder import make_info, sign

LABELS = ("neutral", "happy", "sad")
FILES = ("run.json", "predictions.parquet", *(table.file for table in TABLES))


def make_fits():
    fits = pd.DataFrame([(m, f) for m in ("svm", "1") for f in range(2)], columns=["model", "fold"])
    fits = fits.assign(corpus="demo", target="emotion", features="mfcc", normalize="none", split="actor")
    fits = fits.assign(repeat=0, seed=7, status="ok", error="", n_train=3, n_test=3, accuracy=1 / 3, uar=0.1)
    fits = fits.assign(macro_f1=0.3, fit_seconds=0.25, predict_seconds=0.01, parameters='{"C": 1}')
    fits.loc[3, ["status", "error", "n_test", "uar"]] = ["failed", "it broke,\nbadly", np.nan, np.nan]
    fits = fits.assign(model_bytes=[1000, 1000, 2000, np.nan], key=["a", "b", "c", ""])
    fits = fits.assign(trained_clips=[2, 2, 3, np.nan], trained_speakers=[1, 1, 2, np.nan], trained_voices=0)
    fits = fits.assign(transductive=["no", "no", "yes", ""], batch_difference=[0.0, 1e-7, 0.25, np.nan])
    fits = fits.assign(
        finished=["2026-01-01T00:05:00+00:00"] * 3 + [""], commit=["a" * 40, "b" * 40 + "-dirty", "", ""]
    )
    calibrated = [True, True, False, False]
    fits = fits.assign(effort="full", temperature=np.where(calibrated, 1.5, np.nan))
    fits = fits.assign(set_threshold=np.where(calibrated, 0.9, np.nan), n_weights=[np.nan, np.nan, 1234, np.nan])
    fits = fits.assign(calibration_clips=np.where(calibrated, 2, np.nan), ended=["", "", "patience", ""])
    fits = fits.assign(calibration_speakers=np.where(calibrated, 1, np.nan), epochs=[np.nan, np.nan, 30, np.nan])
    fits = fits.assign(best_epoch=[np.nan, np.nan, 22, np.nan])
    return fits[list(FITS.columns)]


def make_predictions():
    ok = make_fits().query("status == 'ok'")[["model", "split", "normalize", "repeat", "fold"]]
    clips = pd.DataFrame({"clip": ["a", "b", "c"], "speaker": ["01", "01", "NA"], "true": ["sad", "happy", "sad"]})
    rows = ok.merge(clips, how="cross").assign(predicted="sad", condition="clean")
    chances = np.random.default_rng(0).dirichlet(np.ones(3), len(rows)).astype("float32")
    rows = rows[list(PREDICTION_COLUMNS)].assign(**{f"p_{x}": chances[:, i] for i, x in enumerate(LABELS)})
    scores = np.where(rows["model"] == "svm", 0.75, np.nan).astype("float32")
    return rows.assign(**dict.fromkeys(UNCALIBRATED, scores))


def make_curves():
    rows = [("1", "actor", 0, 0, epoch, 1.5 / epoch, 0.1 * epoch, 0.2 * epoch, 1.6 / epoch, np.nan) for epoch in (1, 2)]
    return pd.DataFrame(rows, columns=list(CURVES.columns))


def make_tables():
    clips = pd.DataFrame(
        [(c, s, "", "", "", "sad", f"{c}.wav") for c, s in zip("abc", ("01", "01", "NA"), strict=True)]
    )
    audit = pd.DataFrame([("actor", 0, fold, *range(13), "a", "a+b", "") for fold in range(2)])
    importance = pd.DataFrame([("1", "actor", 0, 0, group, 3, 0.5, 0.25) for group in ("energy", "NA")])
    return {
        "fits": make_fits(),
        "curves": make_curves(),
        "clips": clips.set_axis(list(CLIPS.columns), axis=1),
        "audit": audit.set_axis(list(AUDIT.columns), axis=1),
        "importance": importance.set_axis(list(IMPORTANCE.columns), axis=1),
        "losses": pd.DataFrame([("clip", "NA", "no sound"), ("column", "f1, f2", "texts")], columns=LOSSES.columns),
    }


@pytest.fixture
def folder(tmp_path):
    write_run(tmp_path, make_info(), make_predictions(), make_tables())
    return tmp_path


def test_a_run_reads_back_as_it_was_written(folder):
    run = read_run(folder)
    assert isinstance(run, SavedRun)
    assert run.info.model_dump().items() >= make_info().model_dump().items()
    for name, table in make_tables().items():
        pd.testing.assert_frame_equal(getattr(run, name), table, check_dtype=False)
    written = make_predictions().astype({"true": "str", "predicted": "str"})
    pd.testing.assert_frame_equal(run.predictions.astype(written.dtypes.to_dict()), written)


def test_labels_keep_their_order(folder):
    assert tuple(read_run(folder).predictions["predicted"].cat.categories) == LABELS == read_run(folder).labels


def test_predictions_open_in_plain_pandas_and_compare(folder):
    plain = pd.read_parquet(folder / "predictions.parquet")
    assert list(plain.columns) == [*PREDICTION_COLUMNS, *(f"p_{label}" for label in LABELS), *UNCALIBRATED]
    assert (plain["true"] == plain["predicted"]).mean() == pytest.approx(2 / 3)
    assert plain["p_sad"].dtype == np.float32


def test_the_order_of_rows_does_not_change_the_files(folder, tmp_path):
    shuffled = {
        name: table if name == "importance" else table.sample(frac=1, random_state=1)
        for name, table in make_tables().items()
    }
    write_run(tmp_path / "again", make_info(), make_predictions().sample(frac=1, random_state=1), shuffled)
    for name in FILES:
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_a_run_whose_fits_all_failed_is_saved(tmp_path):
    failed = make_fits().assign(status="failed", error="no")
    nothing = dict.fromkeys(make_tables(), pd.DataFrame())
    write_run(tmp_path, make_info(), pd.DataFrame(), nothing | {"fits": failed})
    run = read_run(tmp_path)
    assert run.predictions.empty
    assert run.curves.empty
    assert (run.fits["status"] == "failed").all()


def test_no_other_file_is_left_in_the_folder(folder):
    assert {path.name for path in folder.iterdir()} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(RunError, match=name):
        read_run(folder)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("keep", [0, 0.5])
def test_a_truncated_file_is_damaged(folder, name, keep):
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(RunError, match="damaged") as caught:
        read_run(folder)
    assert name in str(caught.value) or "predictions.parquet" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("position", [0.1, 0.3, 0.5, 0.7])
def test_a_flipped_byte_of_the_predictions_is_found(folder, position):
    path = folder / "predictions.parquet"
    footer = 8 + int.from_bytes(path.read_bytes()[-8:-4], "little")
    data = bytearray(path.read_bytes())
    data[int((len(data) - footer) * position)] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(RunError, match="damaged"):
        read_run(folder)


@pytest.mark.parametrize("name", ["fits.csv", "clips.csv", "run.json"])
def test_a_changed_digit_is_found(folder, name):
    text = (folder / name).read_text()
    (folder / name).write_text(text[::-1].replace("0", "1", 1)[::-1])
    with pytest.raises(RunError, match=rf"{name} is damaged"):
        read_run(folder)
    assert not find_run(folder, make_info().identity)


def test_a_run_killed_while_overwriting_another_leaves_no_run(folder, monkeypatch):
    written = []

    def killed(path, data):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path)
        path.write_bytes(data)

    monkeypatch.setattr(results, "write_file", killed)
    with pytest.raises(KeyboardInterrupt):
        write_run(folder, make_info(), make_predictions(), make_tables())
    with pytest.raises(RunError, match=r"has no run\.json"):
        read_run(folder)


def test_a_second_process_is_refused_and_a_stale_lock_is_replaced(tmp_path):
    (tmp_path / ".lock").touch()  # as kill -9 leaves it
    with (
        locked_folder(tmp_path),
        pytest.raises(RunError, match="another ser-bench writes into"),
        locked_folder(tmp_path),
    ):
        pytest.fail("both are in")
    with locked_folder(tmp_path):
        assert (tmp_path / ".lock").is_file()
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_corpus_size_is_refused(folder):
    corpus = json.loads((folder / "run.json").read_text())["corpus"]
    del corpus["speakers"]
    sign(folder, corpus=corpus)
    with pytest.raises(RunError, match=r"invalid value for corpus\.speakers: Field required"):
        read_run(folder)


def test_tables_of_different_runs_are_refused(folder):
    text = (folder / "fits.csv").read_text()
    (folder / "fits.csv").write_text(text.replace("svm,actor,0,0", "1,actor,0,9"))
    sign(folder)
    with pytest.raises(RunError, match="differs from n_test"):
        read_run(folder)


def test_a_table_with_a_missing_row_is_damaged(folder):
    lines = (folder / "importance.csv").read_text().splitlines(keepends=True)
    (folder / "importance.csv").write_text("".join(lines[:-1]))
    sign(folder)
    with pytest.raises(RunError, match="expected 2 rows, found 1"):
        read_run(folder)


def test_a_folder_of_another_program_is_refused(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"name": "another tool"}))
    with pytest.raises(RunError, match="not written by ser-bench"):
        read_run(tmp_path)


@pytest.mark.parametrize("version", [4, 99])
def test_another_format_is_refused(folder, version):
    info = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**info, "format": version}))
    with pytest.raises(RunError, match=rf"format {version}, this ser-bench reads 6\nuse the version .* or run again"):
        read_run(folder)


@pytest.mark.parametrize(("model", "score"), [("svm", np.nan), ("1", 0.5), ("svm", -1.0), ("svm", np.inf)])
def test_scores_before_calibration_belong_to_calibrated_fits(tmp_path, model, score):
    predictions = make_predictions()
    row = predictions.index[predictions["model"] == model][0]
    predictions.loc[row, "uncalibrated_log_loss"] = score
    write_run(tmp_path, make_info(), predictions, make_tables())
    with pytest.raises(RunError, match=r"predictions\.parquet is damaged: .*before calibration"):
        read_run(tmp_path)


def test_deeply_nested_json_is_damaged(folder):
    (folder / "run.json").write_text("[" * 5000)
    with pytest.raises(RunError, match="damaged"):
        read_run(folder)


def test_a_run_of_other_labels_is_refused(folder):
    corpus = json.loads((folder / "run.json").read_text())["corpus"]
    sign(folder, corpus=corpus | {"labels": ["neutral", "happy", "sad", "calm"]})
    with pytest.raises(RunError, match="damaged"):
        read_run(folder)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(RunError, match="does not exist"):
        read_run(tmp_path / "nowhere")


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="is not a folder"):
        read_run(tmp_path / "file")
    with pytest.raises(RunError, match="cannot write"):
        write_run(tmp_path / "file", make_info(), make_predictions(), make_tables())


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), OSError(30, "Read-only file system")])
def test_a_full_disk_leaves_the_old_file_and_no_temporary_file(folder, monkeypatch, error):
    before = (folder / "run.json").read_bytes()

    def fail(_):
        raise error

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(RunError, match=error.strerror):
        write_file(folder / "run.json", b"half")
    assert (folder / "run.json").read_bytes() == before
    assert {path.name for path in folder.iterdir()} == set(FILES)


def test_the_checksum_of_an_unknown_file_is_not_computed(folder):
    sign(folder, sha256={"/dev/zero": "0" * 64})
    with pytest.raises(RunError, match="sha256 must name"):
        read_run(folder)
    assert not find_run(folder, "")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes")
@pytest.mark.parametrize("name", ["run.json", "clips.csv", "predictions.parquet"])
def test_a_pipe_in_a_run_folder_is_an_error(folder, name):
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(RunError, match=f"cannot read .*{name}"):
        read_run(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"options": []},
        {"models": 5},
        {"models": [5]},
        {"models": ["svm", "svm"]},
        {"options": {"splits": []}},
        {"options": {"splits": 5}},
        {"rows": []},
        {"warnings": [5]},
        {"work": {"failed": "none"}},
        {"identity": "\ud800"},
        {"options": {"splits": ["actor"], "features": 5}},
        {"sha256": ["fits.csv"]},
        {"exposure": {"svm": {"actor": "no"}}},
        {"exposure": {"elsewhere": {"actor": "heard"}}},
        {"exposure": {"svm": {"elsewhere": "heard"}}},
        {"licences": {"egemaps": 5}},
        {"pretrained": {"onnx:net.onnx": {"corpora": "ravdess"}}},
        {"pretrained": {"onnx:net.onnx": {"licence": "x" * 5_000}}},
        {"pretrained": {str(number): {} for number in range(2_000)}},
    ],
)
def test_invalid_values_in_run_json_are_refused(folder, changes):
    sign(folder, **changes)
    with pytest.raises(RunError, match=r"run\.json is damaged"):
        read_run(folder)


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        ("clips.csv", "\nb,", "\na,", "duplicate row"),
        ("fits.csv", "svm,actor,0,1,", "svm,actor,0,0,", "duplicate row"),
        ("fits.csv", "0.3,0.25", "0.3,inf", "expected numbers below"),
        ("fits.csv", '{""C"": 1}', "[1]", "parameters"),
        ("fits.csv", "3,3,", "3,inf,", "damaged"),
        ("fits.csv", "no,0.0,", "maybe,0.0,", "unknown transductive 'maybe'"),
        ("fits.csv", "yes,0.25,", "yes,1.25,", "batch_difference"),
        ("fits.csv", "a" * 40, "a" * 39, "commit"),
        ("fits.csv", "2026-01-01T00:05:00+00:00", "yesterday", "finished"),
        ("fits.csv", "3,3,2,1,", "3,3,4,1,", "trained_clips exceeds n_train"),
        ("audit.csv", "actor,0,0,0,1,", "actor,0,0,0,0,", "no test clip"),
        ("importance.csv", "1,actor,0,0,energy", "2,actor,0,0,energy", "unknown model '2'"),
    ],
)
def test_invalid_values_in_a_table_are_refused(folder, name, old, new, reason):
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))
    sign(folder)
    with pytest.raises(RunError, match=reason):
        read_run(folder)


def test_predictions_that_claim_too_many_rows_are_not_read(folder, monkeypatch):
    table = pq.read_table(folder / "predictions.parquet")
    pq.write_table(pa.concat_tables([table] * 9), folder / "predictions.parquet")
    monkeypatch.setattr(pq.ParquetFile, "read", lambda *a, **b: pytest.fail("it was read"))
    sign(folder)
    with pytest.raises(RunError, match=r"at most 12 rows .* claims 81"):
        read_run(folder)


def test_predictions_with_missing_values_are_damaged(folder):
    table = pq.read_table(folder / "predictions.parquet")
    gaps = pa.array([None] * len(table), pa.string())
    pq.write_table(table.set_column(9, "predicted", gaps), folder / "predictions.parquet")
    sign(folder)
    with pytest.raises(RunError, match="'predicted': expected string without missing values"):
        read_run(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_charts_are_not_written_through_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "charts").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunError, match="charts is a link"):
        write_file(tmp_path / "charts" / "uar.png", b"x")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def _with_conditions(folder, **changes):
    """Write a run whose fits were also tested on the telephone; ``changes`` replace columns of those rows."""
    clean = make_predictions()
    phone = clean.assign(condition="phone", **dict.fromkeys(UNCALIBRATED, np.float32(np.nan)))
    phone = phone[~((phone["model"] == "svm") & (phone["clip"] == "b"))].assign(**changes)
    tested = [{"name": "phone", "kind": "phone", "family": "telephone", "phrase": "on the telephone"}]
    write_run(folder, make_info(conditions=tested), pd.concat([phone, clean]), make_tables())
    return clean, phone


def test_rows_under_conditions_are_apart_from_those_of_clean_clips(tmp_path):
    clean, phone = _with_conditions(tmp_path)
    run = read_run(tmp_path)
    assert len(run.predictions) == len(clean)
    assert len(run.under_conditions) == len(phone)
    assert set(run.predictions["condition"]) == {"clean"}
    assert tuple(run.under_conditions["condition"].cat.categories) == ("clean", "phone")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"condition": "room-0.6"}, "column 'condition': 'room-0.6' is not in run.json"),
        ({"clip": "d"}, "duplicate row"),
        ({"true": "happy"}, "not a test clip of its fit"),
        ({"speaker": "09"}, "not a test clip of its fit"),
        ({"p_sad": np.float32(np.inf)}, "a probability is not finite"),
        ({"uncalibrated_brier": np.float32(0.5)}, "scores before calibration"),
    ],
)
def test_rows_under_conditions_that_do_not_fit_the_run_are_refused(tmp_path, changes, reason):
    _with_conditions(tmp_path, **changes)
    with pytest.raises(RunError, match=re.escape(reason)):
        read_run(tmp_path)
