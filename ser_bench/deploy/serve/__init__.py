"""A trained model over HTTP: ``POST /predict`` and a page to try it, for ``ser-bench serve``.

One process speaks HTTP (Flask behind waitress) and never touches sound; ``pool`` hands clips to worker processes, which
decode and answer (``worker``), and replaces those that crash or take too long.
"""
