"""ser-bench: the honest benchmark for speech emotion recognition."""

__version__ = "0.1.0"
