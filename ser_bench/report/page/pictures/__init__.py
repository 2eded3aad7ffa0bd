"""The pictures with two axes of the page, each prepared from the analysis of a run."""
