"""The charts of a report: one module per chart, each defines ``CHART``."""
