"""``ser-bench extract``."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from ser_bench.cli.options import common_options, corpus_options, gather, option, options_from
from ser_bench.core.console import Console
from ser_bench.core.options import Options
from ser_bench.core.text import plural

if TYPE_CHECKING:
    from ser_bench.features.base import FeatureSet


@click.command(name="extract")
@corpus_options
@option("features", help="One set, several joined with +, or auto: those that the models use.")
@option("conditions", help="Recording conditions under which the features are computed too.")
@options_from("engine")
@common_options
@click.option("--verify", is_flag=True, help="Check the whole store against its checksums; extract nothing.")
def command(config_file: str | None, quiet: bool, verbose: bool, verify: bool, **values: Any) -> int:
    """Compute the features of a corpus into the feature store; features that it holds are not computed again.

    \b
    Example:
      ser-bench extract --corpus ravdess --data-dir ~/RAVDESS --features mfcc+chroma+mel
    """
    options = gather(config_file, values)
    console = Console(quiet=quiet, verbose=verbose)
    return _verify(options, console) if verify else _extract(options, console)


def _extract(options: Options, console: Console) -> int:
    """Compute the feature sets and print what was done."""
    from ser_bench import features
    from ser_bench.runs import plan
    from ser_bench.runs.extraction import extract_corpus

    def choose(available: Mapping[str, FeatureSet]) -> tuple[FeatureSet, ...]:
        if options.features == "auto" or any(table.features for table in options.model_tables.values()):
            return plan.required_sets(plan.plan_models(options, available))
        sets = features.parse(options.features, available)
        tested = plan.tested_conditions(options, available)
        return (*sets, *(feature_set.under(condition) for condition in tested for feature_set in sets))

    started = time.perf_counter()
    filled = extract_corpus(options, choose, console)
    console.close()
    extraction = filled.extraction
    sizes = ", ".join(f"{s.name} ({s.dimension})" for s in filled.sets if s.condition is None)
    if tested := len({s.condition for s in filled.sets} - {None}):
        sizes += f" and under {plural(tested, 'recording condition')}"
    left_out = [p for p in (*extraction.problems, *extraction.duplicates) if p.kind in ("clip", "row")]
    n_clips, n_left_out = len(extraction.clips), len(left_out)
    console.info(
        f"{plural(n_clips, 'clip')} with {sizes}: {extraction.n_computed:,} computed, "
        f"{n_clips - min(extraction.n_computed, n_clips):,} in the store before"
        + (f", {n_left_out} left out" if n_left_out else "")
        + f"; {time.perf_counter() - started:.1f} s\nstore: {filled.store.folder}"
    )
    return 0


def _verify(options: Options, console: Console) -> int:
    """Check the store against its checksums; 2 if a file is damaged."""
    from ser_bench.core.places import default_store
    from ser_bench.runs.condition_cache import ConditionCache
    from ser_bench.runs.fit_cache import FitCache
    from ser_bench.store import FeatureStore

    store = FeatureStore(options.store or default_store())
    damaged = [*store.verify(), *FitCache(store.folder).verify(), *ConditionCache(store.folder).verify()]
    for line in damaged:
        console.warning(line)
    console.close()
    if not damaged:
        console.info(f"every row and every fit matches its checksum in {store.folder}")
    return 2 if damaged else 0
