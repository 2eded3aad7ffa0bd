"""Checks of a corpus that warn and change nothing: missing clips, altered audio, doubtful names, unequal speakers."""
