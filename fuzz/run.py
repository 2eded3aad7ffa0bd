"""A run folder.

The first byte says how its other bytes are used: ``l`` as ``run.log``, as ``status`` reads it; ``r``
as files in the order of :data:`PARTS`, each but the last ended by a NUL, an empty one for that of a small valid run;
``p`` the same, and then its report is written, charts apart. Predictions may be Parquet or, as CSV, be made into it.
The checksums in ``run.json`` are made right first, but not for a capital letter.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

PACKAGES = ["ser_bench"]

PARTS = ("run.json", "fits.csv", "curves.csv", "clips.csv", "audit.csv", "importance.csv", "predictions.parquet")

CORPUS = {
    "name": "demo",
    "title": "demo",
    "licence": "",
    "source": "",
    "citation": "",
    "clips": 4,
    "speakers": 2,
    "emotions": {"happy": 2, "sad": 2},
    "labels": ["happy", "sad"],
    "fingerprint": "",
}
MODELS, SPLITS = ["chance", "svm"], ["actor", "random"]
INFO = {
    "format": 2,
    "options": {"seed": 0, "merge": {}, "model_tables": {}, "splits": SPLITS},
    "corpus": CORPUS,
    "synthetic": True,
    "metrics": {"accuracy": "accuracy", "uar": "UAR", "macro_f1": "macro F1"},
    "models": MODELS,
    "features_of": {},
    "stored_sets": [],
    "versions": {},
    "machine": {"system": "Linux", "processor": "x86_64", "cores": 2},
    "started": "",
    "finished": "",
    "dropped": [{"path": "e", "reason": "short"}],
    "problems": [],
    "work": {"computed": 8, "reused": 0, "failed": 0},
    "identity": "",
    "rows": {"fits": 8, "curves": 1, "clips": 4, "audit": 4, "importance": 4},
}


def _fits() -> list[tuple[str, str, int]]:
    return [(model, split, fold) for model in MODELS for split in SPLITS for fold in (0, 1)]


def whole() -> dict[str, bytes]:
    """Return the files of a small valid run; predictions as CSV."""
    from ser_bench.runs.results.tables import TABLES

    head = {table.file: ",".join(table.columns) for table in TABLES}
    fits = [f"demo,emotion,mfcc,none,{m},{s},0,{f},0,ok,,2,2,0.5,0.5,0.5,0.1,0.1,{{}},9,k" for m, s, f in _fits()]
    rows = {
        "fits.csv": fits,
        "curves.csv": ["svm,actor,0,0,1,0.5,0.5,0.5,0.5"],
        "clips.csv": [f"{c},{s},female,t,normal,{e},{c}.wav" for c, s, e in _clips()],
        "audit.csv": [f"{s},0,{f},2,2,1,1,0,0,1,0,0,0,0,0,demo,demo" for s in ("actor", "random") for f in (0, 1)],
        "importance.csv": [f"svm,actor,0,{f},{group},3,0.5,0.25" for f in (0, 1) for group in ("a", "b")],
    }
    files = {name: "\n".join([head[name], *lines, ""]).encode() for name, lines in rows.items()}
    lines = ["model,split,normalize,repeat,fold,clip,speaker,true,predicted,p_happy,p_sad"]
    lines += [
        f"{m},{s},none,0,{f},{c},{v},{e},happy,0.75,0.25" for m, s, f in _fits() for c, v, e in _clips()[2 * f :][:2]
    ]
    return files | {
        "run.json": json.dumps(INFO).encode(),
        "predictions.parquet": "\n".join([*lines, ""]).encode(),
    }


def _clips() -> list[tuple[str, str, str]]:
    return [("a", "x", "happy"), ("b", "x", "sad"), ("c", "y", "happy"), ("d", "y", "sad")]


def _parquet(text: bytes) -> bytes:
    """Return a CSV as Parquet, integers and floats as a run writes them; raises ValueError for invalid CSV."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    table = pa.csv.read_csv(pa.BufferReader(text))
    for i, field in enumerate(table.schema):
        narrow = {pa.int64(): pa.int32(), pa.float64(): pa.float32()}.get(field.type, field.type)
        table = table.set_column(i, field.name, table[field.name].cast(narrow, safe=False))
    stream = pa.BufferOutputStream()
    pq.write_table(table, stream)
    return bytes(stream.getvalue())


def _with_checksums(files: dict[str, bytes]) -> bytes:
    """Return ``run.json`` with the right checksums, if it is an object; checksums in it are kept."""
    try:
        document = json.loads(files["run.json"])
        document = {"sha256": {name: hashlib.sha256(files[name]).hexdigest() for name in PARTS[1:]}} | document
        document.pop("checksum", None)
        checksum = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
        return json.dumps(document | {"checksum": checksum}).encode()
    except (ValueError, TypeError, AttributeError, RecursionError):
        return files["run.json"]


def _write(folder: Path, valid: dict[str, bytes], data: bytes) -> None:
    """Write a run folder: valid files, some replaced by parts of the input."""
    parts = dict(zip(PARTS, data[1:].split(b"\0", len(PARTS) - 1), strict=False))
    files = valid | {name: text for name, text in parts.items() if text}
    if not files["predictions.parquet"].startswith(b"PAR1"):
        with contextlib.suppress(ValueError, KeyError, TypeError, NotImplementedError):
            files["predictions.parquet"] = _parquet(files["predictions.parquet"])
    if data[:1].islower():
        files["run.json"] = _with_checksums(files)
    for name, text in files.items():
        (folder / name).write_bytes(text)


def _draw(folder: Path) -> None:
    """Write every text of a report."""
    from ser_bench.report import latex, page, summary
    from ser_bench.report.analysis.compared_runs import ComparedRuns
    from ser_bench.report.analysis.summary import summarise
    from ser_bench.report.compare import as_markdown
    from ser_bench.report.findings.headline import headline
    from ser_bench.runs import results

    run = results.read_run(folder)
    page.render_page(run, {})
    for text in (summary.markdown(run), latex.latex(run), summary.terminal_table(run), headline(run)):
        text.encode()
    summarise(run).to_csv()
    as_markdown(ComparedRuns((run, results.read_run(folder)), ("a", "b"), run.info.splits[0])).encode()


def target() -> Callable[[bytes], None]:
    """Return a function that reads bytes as files of a run folder."""
    import pandas  # noqa: F401

    from ser_bench import report
    from ser_bench.cli.status import command
    from ser_bench.report import compare, page  # noqa: F401
    from ser_bench.runs import log as run_log
    from ser_bench.runs import results

    temporary = tempfile.TemporaryDirectory(prefix="fuzz-")
    atexit.register(temporary.cleanup)
    folder, valid = Path(temporary.name), whole()
    assert command.callback is not None
    status: Any = command.callback

    def once(data: bytes) -> None:
        if data[:1] in b"lL":
            (folder / run_log.FILE).write_bytes(data[1:])
            with contextlib.redirect_stdout(io.StringIO()) as output:
                status(folder)
            assert "\x1b" not in output.getvalue()
            return
        _write(folder, valid, data)
        results.find_run(folder, "")
        report.is_current(folder)
        _draw(folder) if data[:1] in b"pP" else results.read_run(folder)

    return once
