"""Sentences that state what a run found, each derived from its numbers."""
