"""Speech by rule: a small source-filter synthesiser, the same to the bit on every machine."""
