"""A run: plan, extraction, fits, workers, and the files of its folder.

``inputs`` opens corpora, ``extraction`` fills the store, ``plan`` lists the fits and ``tasks`` carries them out in
``workers``. ``rows`` makes the tables that ``results`` writes and reads. ``runner`` and ``tuning`` join these parts.
"""
