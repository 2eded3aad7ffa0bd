"""Analyses of speech: framing, filter banks, F0, voice quality, contours and their statistics."""
