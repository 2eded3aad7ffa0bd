"""Python functions for notebooks: what the command line does, with tables instead of files.

>>> from ser_bench import load_corpus, extract, run, load_model

Options have the names and defaults of the command line, with underscores. Errors are subclasses of
:class:`ser_bench.core.errors.SerBenchError`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench import features as feature_sets
from ser_bench.core import options as config
from ser_bench.core.console import Console
from ser_bench.core.errors import ConfigError, UnknownNameError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ser_bench.corpora import OpenCorpus
    from ser_bench.corpora.importing import Imported, LabelSource
    from ser_bench.deploy import TrainedModel
    from ser_bench.features.base import FeatureSet
    from ser_bench.plugins import Plugin
    from ser_bench.runs.results import SavedRun

CORPUS_OPTIONS = ("data_dir", "part", "emotions", "merge", "speakers", "sample_rate", "label_columns", "plugin")
"""The options of :func:`load_corpus`."""
EXTRACT_OPTIONS = (*CORPUS_OPTIONS, "conflicts", "link_speakers", "jobs", "store", "engine")
"""The options of :func:`extract`."""
RUN_OPTIONS = tuple(name.replace("-", "_") for name in config.OPTION_NAMES if name != "corpus")
"""The options of :func:`run`: all of them."""


@dataclass(frozen=True, eq=False)
class Extracted:
    """Features of a corpus.

    Attributes
    ----------
    clips : DataFrame
        A row per clip: ``clip``, ``path``, ``corpus``, ``speaker``, ``gender``, ``emotion``, ``text``, ``intensity``.
    X : ndarray of shape (n_clips, n_features) or (n_clips, n_frames, n_features), dtype float32
        Vectors, or frames padded with NaN after the end of each clip; rows as in ``clips``.
    columns : tuple of str
        The name of each feature, ``SET.COLUMN``.
    """

    clips: pd.DataFrame
    X: np.ndarray
    columns: tuple[str, ...]

    @property
    def table(self) -> pd.DataFrame:
        """Clips and vectors side by side; ValueError for frames."""
        import pandas as pd

        if self.X.ndim != 2:
            raise ValueError("frames do not fit into a table with a row per clip; use X")
        return pd.concat([self.clips, pd.DataFrame(self.X, columns=list(self.columns))], axis=1)


@dataclass(frozen=True, eq=False)
class ImportedFolder:
    """The clips of a folder, with what was read from tables and names and what was guessed.

    Attributes
    ----------
    imported : Imported
        The rows, their sources and the files that are left out.
    """

    imported: Imported

    @property
    def clips(self) -> pd.DataFrame:
        """A row per clip: ``path``, ``speaker``, ``emotion`` and the known ones of the other columns."""
        import pandas as pd

        columns = ["path", "speaker", "emotion", *(c for c in self.imported.columns if c not in ("speaker", "emotion"))]
        return pd.DataFrame(list(self.imported.rows), columns=columns).fillna("")

    @property
    def left_out(self) -> pd.DataFrame:
        """A row per file or row of a table that is not used: ``path``, ``reason``."""
        import pandas as pd

        return pd.DataFrame([(p.path, p.reason) for p in self.imported.left_out], columns=["path", "reason"])

    @property
    def guesses(self) -> tuple[str, ...]:
        """Which of ``speaker`` and ``emotion`` are only a guess."""
        return self.imported.guesses

    @property
    def warnings(self) -> list[str]:
        """What to know before the manifest is used."""
        from ser_bench.corpora import importing

        return importing.warnings(self.imported)

    def __str__(self) -> str:
        from ser_bench.corpora import importing

        return importing.preview(self.imported)

    def write(self, output: str | Path, *, accept_guesses: bool = False, replace: bool = False) -> Path:
        """Write the manifest.

        Parameters
        ----------
        output : str or Path
            The file, whose name ends with ``.csv``.
        accept_guesses : bool, default False
            Whether to write a speaker or an emotion that is only a guess.
        replace : bool, default False
            Whether to replace an existing file of other content.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ConfigError
            If something is only a guess.
        ExportError
            If the file exists or cannot be written.
        """
        from ser_bench.corpora import importing

        if self.guesses and not accept_guesses:
            raise ConfigError(f"the {' and '.join(self.guesses)} is only guessed; check it, then set accept_guesses")
        importing.write_manifest(self.imported, Path(output), replace=replace)
        return Path(output)


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run.

    Attributes
    ----------
    saved : SavedRun
        The run as read from its folder.
    plugin : Plugin or None
        The plugin of the run, whose extensions are registered while its tables are computed.
    """

    saved: SavedRun
    plugin: Plugin | None = None

    @property
    def folder(self) -> Path:
        """The run folder, with ``report.html``, tables and charts."""
        return self.saved.folder

    @property
    def summary(self) -> pd.DataFrame:
        """A row per model: scores with intervals, gap of the random split, costs."""
        from ser_bench.report.analysis.summary import summarise

        with _plugin_registered(self.plugin):
            return summarise(self.saved)

    @property
    def calibration(self) -> pd.DataFrame:
        """A row per model and split, as in ``calibration.csv``: ECE, log loss, Brier score, prediction sets."""
        from ser_bench.report.analysis.calibration import calibration_table

        with _plugin_registered(self.plugin):
            return calibration_table(self.saved)

    @property
    def conditions(self) -> pd.DataFrame:
        """A row per model, split and recording condition, as in ``conditions.csv``: UAR and its loss."""
        from ser_bench.report.analysis.conditions.scores import condition_scores

        with _plugin_registered(self.plugin):
            return condition_scores(self.saved)

    @property
    def fits(self) -> pd.DataFrame:
        """A row per fit, failed fits included."""
        return self.saved.fits

    @property
    def predictions(self) -> pd.DataFrame:
        """A row per fit and test clip, with a probability per label; columns as ``predictions["clip"]``.

        ``predictions.clip`` is a method of pandas.
        """
        return self.saved.predictions

    @property
    def headline(self) -> str:
        """A few sentences: the highest UAR, and the largest gap with its parts."""
        from ser_bench.report import headline

        with _plugin_registered(self.plugin):
            return headline(self.saved)

    def __str__(self) -> str:
        from ser_bench.report import terminal_table

        with _plugin_registered(self.plugin):
            return f"{terminal_table(self.saved)}\n\n{self.headline}"

    def _repr_html_(self) -> str:
        with _plugin_registered(self.plugin):
            return self._html()

    def _html(self) -> str:
        """Return the headline, the notes on the whole run and the scores for a notebook."""
        from html import escape

        from ser_bench.report.descriptions import (
            SYNTHETIC,
            losses_note,
            mark_notes,
            model_titles,
            normalisation_note,
            warnings_note,
        )
        from ser_bench.report.findings.gaps import excluded_classes

        run, summary = self.saved, self.summary
        scores = [name for name in summary if name == "model" or name.endswith(("_uar", "uar_gap"))]
        table = summary[scores].assign(model=model_titles(run, summary["model"]))
        notes = [SYNTHETIC if run.info.synthetic else "", normalisation_note(run), *mark_notes(run)]
        notes += [*excluded_classes(run), losses_note(run), warnings_note(run)]
        marked = "".join(f"<p><b>{escape(note)}</b></p>" for note in notes if note)
        styled = table.style.format(precision=3, escape="html").hide(axis="index")
        return f"<p>{escape(self.headline)}</p>{marked}{styled.to_html()}"


def import_folder(
    folder: str | Path,
    *,
    label: LabelSource | None = None,
    pattern: str | None = None,
    tables: Iterable[str | Path] = (),
    columns: Mapping[str, str] | None = None,
    emotions: Mapping[str, str] | None = None,
) -> ImportedFolder:
    """Find the clips of a folder with speakers and emotions, as ``ser-bench import`` does.

    Parameters
    ----------
    folder : str or Path
        The folder.
    label : {"folder", "name", "table"}, optional
        Where the emotion stands.
    pattern : str, optional
        The end of each path without extension, such as ``"{speaker}_{emotion}_*"``.
    tables : iterable of str or Path, optional
        Tables with a row per clip.
    columns : dict of str to str, optional
        The table's column by column of the manifest, as ``--map``.
    emotions : dict of str to str, optional
        Emotion by code, as ``--map-emotions``.

    Returns
    -------
    ImportedFolder
        ``clips`` is a table with a row per clip; ``write`` writes the manifest.

    Raises
    ------
    CorpusError
        If there is no usable audio file or no emotion.
    ConfigError
        If an option is invalid or does not fit the folder.
    """
    from ser_bench.corpora import importing

    choices = importing.Choices(
        label=label,
        pattern=pattern,
        tables=tuple(map(Path, tables)),
        mapping=columns or {},
        meanings=emotions or {},
    )
    return ImportedFolder(importing.import_clips(Path(folder).expanduser(), choices))


def load_corpus(name: str | None = None, data_dir: str | Path | None = None, **options: Any) -> OpenCorpus:
    """Find a corpus and list its clips.

    Parameters
    ----------
    name : str, optional
        A known corpus or the path of a CSV manifest; several corpora are joined by commas. Default: ``ravdess`` if
        its clips are found, else ``demo``.
    data_dir : str or Path, optional
        The folder of the corpus.
    **options
        Options of the command line: ``part``, ``emotions``, ``merge`` (a dict of emotions to rename),
        ``speakers`` (a dict of speakers who are one person), ``sample_rate``, ``label_columns``, ``plugin``.

    Returns
    -------
    OpenCorpus
        ``clips`` is a table with a row per clip; ``problems`` name what is not used.

    Raises
    ------
    CorpusError
        If the corpus is not found or invalid.
    ConfigError
        If an option is unknown or invalid.
    """
    from ser_bench.runs.inputs import open_corpus
    from ser_bench.runs.results.losses import loss_sentence, loss_table

    with _validated(options | {"data_dir": data_dir}, CORPUS_OPTIONS, corpus=name) as (validated, _):
        console = Console(quiet=True)
        opened = open_corpus(validated, console)
        if opened.problems:
            console.warning(f"{loss_sentence(loss_table(opened))}; the attribute problems has each name")
        return opened


def load_model(path: str | Path, plugin: str | Path | None = None) -> TrainedModel:
    """Read a model from its file; this runs no code from the file.

    Parameters
    ----------
    path : str or Path
        A file of ``ser-bench train``.
    plugin : str or Path, optional
        The plugin that defines feature sets or the model of the file.

    Returns
    -------
    TrainedModel
        The model.

    Raises
    ------
    ModelFileError
        For a file that is missing, foreign, damaged or of a newer format, or whose feature sets or plugin have
        changed since.
    ConfigError
        If the plugin cannot be loaded.
    """
    from ser_bench import deploy

    if plugin is None:
        return deploy.load_model(path)
    from ser_bench import plugins

    with _TURN, plugins.registered(plugins.read(Path(plugin))):
        return deploy.load_model(path)


def extract(
    corpus: str | None = None,
    features: str = "functionals",
    *,
    progress: bool = False,
    **options: Any,
) -> Extracted:
    """Compute the features of a corpus, or read them from the feature store.

    A warning on standard error names unreadable clips and later copies of a clip, which are left out.

    Parameters
    ----------
    corpus : str, optional
        As ``name`` of :func:`load_corpus`.
    features : str, default "functionals"
        Feature sets, joined by ``+``.
    progress : bool, default False
        Whether to print progress.
    **options
        Options of the command line: ``data_dir``, ``part``, ``emotions``, ``merge``, ``speakers``, ``sample_rate``,
        ``label_columns``, ``plugin``, ``conflicts``, ``link_speakers``, ``jobs``, ``store``, ``engine``.

    Returns
    -------
    Extracted
        Clips and features.

    Raises
    ------
    CorpusError
        If the corpus is not found or invalid.
    ConfigError
        If an option or a feature set is unknown or invalid.
    """
    from ser_bench.runs.extraction import extract_corpus
    from ser_bench.store.matrix import assemble

    def choose(available: Mapping[str, FeatureSet]) -> tuple[FeatureSet, ...]:
        return feature_sets.parse(features, available)

    with _validated(options, EXTRACT_OPTIONS, corpus=corpus, features=features) as (validated, _):
        console = Console(quiet=not progress)
        extracted = extract_corpus(validated, choose, console)
        console.close()
        clips, sets = extracted.extraction.clips, extracted.sets
        columns = tuple(f"{s.name}.{column}" for s in sets for column in s.columns)
        table = clips.drop(columns=["key", "near_identical"], errors="ignore")
        return Extracted(table, assemble(clips, sets, extracted.store), columns)


def run(corpus: str | None = None, *, progress: bool = False, **options: Any) -> Run:
    """Fit every model under every split and write tables and charts into a folder, as ``ser-bench run`` does.

    A failed fit is a row of ``fits``, not an exception.

    Parameters
    ----------
    corpus : str, optional
        As ``name`` of :func:`load_corpus`.
    progress : bool, default False
        Whether to print progress.
    **options
        Options of the command line:
        corpus: ``data_dir``, ``part``, ``emotions``, ``merge``, ``speakers``, ``sample_rate``, ``conflicts``,
        ``link_speakers``, ``label_columns``, ``target``;
        benchmark: ``models``, ``features``, ``pretraining`` (a dict by feature set, see the configuration),
        ``splits``, ``folds``, ``repeats``, ``conditions``, ``normalize``, ``effort``, ``seed``;
        execution: ``jobs``, ``engine``, ``fit_timeout``, ``fresh``, ``store``, ``out``, ``plugin``.

    Returns
    -------
    Run
        The finished run.

    Raises
    ------
    CorpusError
        If the corpus is not found or invalid.
    ConfigError
        If an option, model, feature set or split is unknown or invalid.
    RunError
        If the run folder cannot be written.

    Examples
    --------
    >>> result = run("ravdess", models="svm,lda", splits="actor,random", repeats=3)  # doctest: +SKIP
    >>> result.summary  # doctest: +SKIP
    """
    from ser_bench import report
    from ser_bench.runs import runner

    with _validated(options, RUN_OPTIONS, corpus=corpus) as (validated, plugin):
        console = Console(quiet=not progress)
        with runner.locked_run(validated, console) as outcome:
            saved = outcome.saved
            if not (outcome.unchanged and report.is_current(outcome.folder)):
                report.write_report(saved, audio=report.synthetic_audio_folder(saved, validated.data_dir))
        console.close()
    return Run(saved, plugin)


_TURN = threading.RLock()
"""Held while a function runs: workers, plugins and the settings of matplotlib belong to the whole process."""


@contextmanager
def _validated(
    options: Mapping[str, Any], known: Iterable[str], **arguments: Any
) -> Iterator[tuple[config.Options, Plugin | None]]:
    """Yield validated options and their plugin, registered within the block; accept ``known`` names only.

    Calls of several threads run one after another, except those that only list clips.
    """
    for name in options:
        if name not in known:
            raise UnknownNameError("option", name, known)
    paths = {name: Path(options[name]) for name in config.PATH_OPTIONS if options.get(name)}
    validated = config.load(None, {**options, **paths, **arguments})
    with _TURN if validated.plugin or known is not CORPUS_OPTIONS else nullcontext():
        plugin = None
        if validated.plugin:
            from ser_bench import plugins

            plugin = plugins.read(validated.plugin)
        with _plugin_registered(plugin):
            yield validated, plugin


@contextmanager
def _plugin_registered(plugin: Plugin | None) -> Iterator[None]:
    """Register the extensions of a plugin within the block, if there is one."""
    if plugin is None:
        yield
        return
    from ser_bench import plugins

    with _TURN, plugins.registered(plugin):
        yield
