"""Made-up run files: facts of a run, and checksums made right again after a test changed a file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ser_bench.core.options import Options
from ser_bench.runs import results
from ser_bench.runs.results.run_info import RunInfo

CORPUS = {
    "name": "demo",
    "title": "demo",
    "licence": "CC BY-NC-SA 4.0",
    "source": "",
    "citation": "",
    "clips": 6,
    "speakers": 3,
    "emotions": {},
    "labels": ["neutral", "happy", "sad"],
    "fingerprint": "0" * 64,
}


def make_info(corpus: dict[str, Any] | None = None, options: dict[str, Any] | None = None, **changes: Any) -> RunInfo:
    """Return the facts of a made-up run of the demo corpus; ``corpus`` and ``options`` change single values."""
    facts = {
        "options": {"splits": ["actor"], **(options or {})},
        "corpus": CORPUS | (corpus or {}),
        "synthetic": True,
        "metrics": {"accuracy": "accuracy", "uar": "UAR", "macro_f1": "macro F1"},
        "models": ["svm", "1"],
        "features_of": {},
        "stored_sets": [],
        "versions": {},
        "machine": {"system": "Linux", "processor": "x86_64", "cores": 2},
        "started": "2026-01-01T00:00:00+00:00",
        "finished": "2026-01-01T00:10:00+00:00",
        "work": {"computed": 4, "reused": 0, "jobs": 2, "wall_seconds": 600.0, "worker_seconds": 1150.0},
        "identity": "",
    }
    return RunInfo.model_validate_json(json.dumps(facts | changes))


def changed_info(info: RunInfo, corpus: dict[str, Any] | None = None, **changes: Any) -> RunInfo:
    """Return the facts with other values; names of options change these."""
    options = {
        name: changes.pop(name)
        for name in list(changes)
        if name in Options.model_fields and name not in ("models", "conditions")
    }
    update = changes | {"options": info.options.model_copy(update=options)}
    return info.model_copy(update=update | {"corpus": info.corpus.model_copy(update=corpus)})


def sign(folder: Path, **changes: Any) -> None:
    """Make the checksums of a changed run right again; ``changes`` replace values of ``run.json``."""
    path = folder / "run.json"
    document = json.loads(path.read_text(encoding="utf-8")) | changes
    document.pop("checksum")
    if isinstance(document["sha256"], dict) and "sha256" not in changes:
        document["sha256"] = {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
            for name in document["sha256"]
            if (folder / name).is_file()
        }
    path.write_text(json.dumps(document | {"checksum": results.checksum(document)}), encoding="utf-8")
