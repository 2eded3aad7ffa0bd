"""Checks of a corpus that warn and change nothing: missing clips, altered audio, similar names, lopsided speakers."""
