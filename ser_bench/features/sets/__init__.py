"""One module per feature set."""
