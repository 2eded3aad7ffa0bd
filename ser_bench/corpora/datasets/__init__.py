"""One module per published corpus; each defines CORPUS."""
