"""The library from a notebook: the command line's work, with tables instead of files.

>>> from ser_bench import load_corpus, extract, run, load_model

Options have the names of the command line's, with underscores; nothing here is chosen differently. Errors are
:class:`ser_bench.core.errors.SerBenchError`, in a line or two.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench import features as feature_sets
from ser_bench.core import options as config
from ser_bench.core.console import Console
from ser_bench.core.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd

    from ser_bench.corpora import OpenCorpus
    from ser_bench.features.base import FeatureSet
    from ser_bench.runs.results import SavedRun


@dataclass(frozen=True, eq=False)
class Extracted:
    """Features of a corpus: a row of ``clips`` for each of ``X``.

    ``X`` is float32, ``(n, d)`` for vectors and ``(n, t, d)`` for frames (NaN behind each clip's end); ``columns``
    names the last axis, ``SET.COLUMN``.
    """

    clips: pd.DataFrame
    X: np.ndarray
    columns: tuple[str, ...]

    @property
    def table(self) -> pd.DataFrame:
        """Clips and features side by side, for vectors only; raises ValueError for frames."""
        import pandas as pd

        if self.X.ndim != 2:
            raise ValueError("frames do not fit a table with a row per clip; use X")
        return pd.concat([self.clips, pd.DataFrame(self.X, columns=list(self.columns))], axis=1)


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run; its files lie in ``folder``."""

    saved: SavedRun

    @property
    def folder(self) -> Path:
        """Where ``report.html``, tables and charts are."""
        return self.saved.folder

    @property
    def summary(self) -> pd.DataFrame:
        """A row per model: scores with intervals, the gap between random and actor-wise split, costs."""
        from ser_bench.report.analysis.summary import summarise

        return summarise(self.saved)

    @property
    def fits(self) -> pd.DataFrame:
        """A row per fit, also of those that failed."""
        return self.saved.fits

    @property
    def predictions(self) -> pd.DataFrame:
        """A row per fit and tested clip, with a probability per label."""
        return self.saved.predictions

    @property
    def headline(self) -> str:
        """One sentence: how much the random split flattered, and which model is best."""
        from ser_bench.report import headline

        return headline(self.saved)

    def __str__(self) -> str:
        from ser_bench.report import terminal_table

        return f"{terminal_table(self.saved)}\n\n{self.headline}"

    def _repr_html_(self) -> str:
        from html import escape

        scores = [name for name in self.summary if name == "model" or name.endswith(("_uar", "uar_gap"))]
        shown = self.summary[scores].style.format(precision=3).hide(axis="index")
        synthetic = "<p><b>SYNTHETIC SPEECH</b></p>" if self.saved.info.synthetic else ""
        return f"<p>{escape(self.headline)}</p>{synthetic}{shown.to_html()}"


def load_corpus(name: str | None = None, data_dir: str | Path | None = None, **options: Any) -> OpenCorpus:
    """Find a corpus and list its clips, or several joined by commas; ``.clips`` is the table.

    ``name`` and ``data_dir`` are ``--corpus`` and ``--data-dir``; ``options`` may be ``part``, ``emotions``, ``merge``
    and ``sample_rate``. Raises :class:`ser_bench.core.errors.CorpusError` where it is not there.
    """
    from ser_bench.runs.inputs import open_corpus

    return open_corpus(_options(options | {"corpus": name, "data_dir": data_dir}), Console(quiet=True))


def extract(
    corpus: str | None = None,
    features: str = "functionals",
    *,
    data_dir: str | Path | None = None,
    progress: bool = False,
    **options: Any,
) -> Extracted:
    """Return the features of a corpus's clips; what the store holds already is not computed again.

    ``features`` names sets, joined with ``+``; ``options`` may be those of ``ser-bench extract``. Clips that cannot be
    used, and later copies of a clip, are left out, and a line on standard error says so.
    """
    from ser_bench.runs.extraction import extract_corpus
    from ser_bench.store.matrix import assemble

    given = _options(options | {"corpus": corpus, "data_dir": data_dir, "features": features})

    def choose(shelf: Mapping[str, FeatureSet]) -> tuple[FeatureSet, ...]:
        return feature_sets.parse(features, shelf)

    console = Console(quiet=not progress)
    filled = extract_corpus(given, choose, console)
    console.close()
    clips = filled.extraction.clips
    columns = tuple(f"{s.name}.{column}" for s in filled.sets for column in s.columns)
    shown = clips.drop(columns=["key", "length", "fingerprint"])
    return Extracted(shown, assemble(clips, filled.sets, filled.store), columns)


def run(corpus: str | None = None, *, progress: bool = False, **options: Any) -> Run:
    """Fit every model under every split and leave tables and charts in a folder, as ``ser-bench run`` does.

    ``options`` are the command's, such as ``models="svm,lda"``, ``splits="actor,random"``, ``repeats=3``,
    ``out="results/mine"``. A fit that fails is a row of ``fits``, not an error.
    """
    from ser_bench import report
    from ser_bench.runs import results, runner

    given = _options(options | {"corpus": corpus})
    console = Console(quiet=not progress)
    with runner.running(given, console) as outcome:
        saved = results.read_run(outcome.folder)
        if not (outcome.unchanged and report.is_current(outcome.folder)):
            report.write_report(saved, audio=report.synthetic_audio_folder(saved, given.data_dir))
    console.close()
    return Run(saved)


def _options(given: Mapping[str, Any]) -> config.Options:
    for name in given:
        if name.replace("_", "-") not in config.OPTION_NAMES:
            raise UnknownNameError("option", name, [known.replace("-", "_") for known in config.OPTION_NAMES])
    paths = {name: Path(given[name]) for name in ("data_dir", "store", "out", "plugin") if given.get(name)}
    options = config.load(None, {**given, **paths})
    if options.plugin:
        from ser_bench import plugins

        plugins.load(options.plugin)
    return options
