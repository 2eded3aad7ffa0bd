"""Analysis of speech: framing, mel bands, F0, voice quality, contours and their statistics over time."""
