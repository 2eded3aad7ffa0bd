"""A run: plan, extraction, fits, workers, and the files of its folder."""
