"""Tables of other people as corpora: CSV manifests and feature tables, read strictly."""
