"""The feature sets, one module each; a module defines ``FEATURE_SET`` and imports libraries only to compute."""
