"""Predictions of a trained model for files, windows of recordings and the microphone."""
