"""``python -m ser_bench`` is ``ser-bench``."""

from ser_bench.cli import main

main()
