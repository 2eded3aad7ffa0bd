"""Run libFuzzer on one target with atheris."""

from __future__ import annotations

import argparse
import importlib
import sys
import warnings

from fuzz import HERE, TARGETS, AbsentError, load

MAX_BYTES = 8192
MAX_MEMORY_MB = 4096
SLOW_SECONDS = 60


def main() -> None:
    """Fuzz a target for a while; libFuzzer exits with status 0 without a finding."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="Fuzz one of ser-bench's readers.")
    parser.add_argument(
        "target", choices=TARGETS, help="; ".join(f"{name}: {reads}" for name, reads in TARGETS.items())
    )
    parser.add_argument("--seconds", type=int, default=120, help="duration (120)")
    arguments = parser.parse_args()
    try:
        import atheris
    except ImportError:
        sys.exit("fuzzing needs atheris: pip install atheris (it has wheels for Linux, CPython 3.11 and later)")
    warnings.simplefilter("ignore")
    with atheris.instrument_imports(include=importlib.import_module(f"fuzz.{arguments.target}").PACKAGES):
        try:
            once = load(arguments.target)
        except AbsentError as reason:
            print(f"skipped: {reason}")
            return
    inputs, crashes = HERE / "found" / arguments.target, HERE / "crashes" / arguments.target
    for folder in (inputs, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    limits = [f"-max_len={MAX_BYTES}", f"-rss_limit_mb={MAX_MEMORY_MB}", f"-timeout={SLOW_SECONDS}"]
    times = [f"-max_total_time={arguments.seconds}", f"-artifact_prefix={crashes}/", "-print_final_stats=1"]
    seeds = [str(inputs), str(HERE / "corpus" / arguments.target)]  # libFuzzer adds new inputs to the first folder
    atheris.Setup([sys.argv[0], *limits, *times, *seeds], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
