"""Spectral analyses that return librosa's values, several times faster."""
