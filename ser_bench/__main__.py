"""``python -m ser_bench`` runs ``ser-bench``."""

from ser_bench.cli import main

main()
