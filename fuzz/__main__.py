"""The common runner: libFuzzer, by way of atheris, on one target."""

from __future__ import annotations

import argparse
import importlib
import sys
import warnings

from fuzz import HERE, TARGETS, AbsentError, load

MOST_BYTES = 8192
MOST_MEMORY_MB = 4096
SLOW_SECONDS = 60


def main() -> None:
    """Fuzz a target for a while; libFuzzer ends the process, with status 0 where nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="Fuzz one of ser-bench's readers.")
    parser.add_argument("target", choices=TARGETS, help="; ".join(f"{name}: {what}" for name, what in TARGETS.items()))
    parser.add_argument("--seconds", type=int, default=120, help="how long (120)")
    asked = parser.parse_args()
    try:
        import atheris
    except ImportError:
        sys.exit("fuzzing needs atheris: pip install atheris (it has wheels for Linux, CPython 3.11 and later)")
    warnings.simplefilter("ignore")
    with atheris.instrument_imports(include=importlib.import_module(f"fuzz.{asked.target}").PACKAGES):
        try:
            once = load(asked.target)
        except AbsentError as reason:
            print(f"skipped: {reason}")
            return
    found, crashes = HERE / "found" / asked.target, HERE / "crashes" / asked.target
    for folder in (found, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    limits = [f"-max_len={MOST_BYTES}", f"-rss_limit_mb={MOST_MEMORY_MB}", f"-timeout={SLOW_SECONDS}"]
    times = [f"-max_total_time={asked.seconds}", f"-artifact_prefix={crashes}/", "-print_final_stats=1"]
    seeds = [str(found), str(HERE / "corpus" / asked.target)]  # what is new goes into the first
    atheris.Setup([sys.argv[0], *limits, *times, *seeds], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
