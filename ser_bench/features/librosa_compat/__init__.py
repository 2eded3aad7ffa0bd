"""Spectral analyses that return librosa's values, faster."""
