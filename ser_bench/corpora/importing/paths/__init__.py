"""Columns of a manifest from paths: names of published corpora, patterns, and the positions of likely values."""
