"""The entry point: ``ser-bench`` and ``python -m ser_bench``."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C while it is imported exits with 130, too."""
    try:
        from ser_bench import cli
    except KeyboardInterrupt:
        sys.exit(130)
    cli.main()


if __name__ == "__main__":
    main()
