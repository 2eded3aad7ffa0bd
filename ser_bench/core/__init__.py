"""Foundations that every other package uses: options, errors, labels, files, locks, progress."""
