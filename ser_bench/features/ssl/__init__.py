"""Frozen speech networks of transformers as feature sets: located, checked and described without torch, then run."""
