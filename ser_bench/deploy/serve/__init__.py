"""HTTP service for ``ser-bench serve``: ``POST /predict`` and a page to try a trained model.

One process answers HTTP requests (Flask on waitress) and never decodes audio. Its :mod:`pool` passes clips to worker
processes (:mod:`worker`), which decode and predict, and replaces workers that crash or exceed the time limit.
"""
