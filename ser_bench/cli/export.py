"""``ser-bench export``."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ser_bench.cli.options import PATH, common_options, corpus_options, gather, option
from ser_bench.core.console import Console
from ser_bench.core.errors import ConfigError
from ser_bench.core.options import Options
from ser_bench.core.text import plural

if TYPE_CHECKING:
    from ser_bench.features.base import FeatureSet


@click.command(name="export")
@corpus_options
@option("features", help="One set of vectors, or several joined with +.", default="functionals")
@click.option(
    "-o",
    "--output",
    type=PATH,
    metavar="FILE",
    required=True,
    help="The table to write, .csv or .parquet; an existing file is replaced.",
)
@common_options
def command(config_file: str | None, quiet: bool, verbose: bool, output: Path, **values: Any) -> int:
    """Write the features of a corpus as one table with a row per clip.

    The columns are clip, corpus, speaker, gender, emotion, text, intensity, then the features, named SET.COLUMN, for
    example mfcc.mfcc_00. Values are float32 as in the feature store, not normalised, and read back bit for bit.

    \b
    Examples:
      ser-bench export --corpus ravdess --data-dir ~/RAVDESS -o ravdess.parquet
      ser-bench export --corpus demo --features mfcc+chroma -o demo.csv
    """
    options = gather(config_file, values)
    return _export(options, output, Console(quiet=quiet, verbose=verbose))


def _export(options: Options, output: Path, console: Console) -> int:
    """Write the table and print its size."""
    from ser_bench.runs.extraction import extract_corpus
    from ser_bench.store import export
    from ser_bench.store.matrix import assemble

    started = time.perf_counter()
    _check_not_manifest(options.corpus, output)
    export.check_output(output)
    filled = extract_corpus(options, lambda available: _sets(options.features, available), console)
    clips, sets = filled.extraction.clips, filled.sets
    columns = export.column_names(sets)
    export.write_table(output, clips, assemble(clips, sets, filled.store), columns)
    console.close()
    console.info(
        f"{plural(len(clips), 'clip')} with {plural(len(columns), 'feature')} ({'+'.join(s.name for s in sets)}) "
        f"in {time.perf_counter() - started:.1f} s\ntable: {output}"
    )
    return 0


def _sets(names: str, available: Mapping[str, FeatureSet]) -> tuple[FeatureSet, ...]:
    """Return the feature sets to export; ``auto`` is the first set of vectors."""
    from ser_bench import features
    from ser_bench.store.export import check_vectors

    vectors = [s.name for s in available.values() if s.kind == "vector"]
    sets = features.parse(vectors[0] if names == "auto" else names, available)
    check_vectors(sets, vectors)
    return sets


def _check_not_manifest(corpus: str | None, output: Path) -> None:
    """Raise an error if the table would replace the manifest of the corpus."""
    if corpus and output.is_file() and Path(corpus).is_file() and output.samefile(corpus):
        raise ConfigError(f"{output} is the manifest of the corpus; name another file with -o")
