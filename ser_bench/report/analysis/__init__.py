"""The numbers behind the tables, sentences and charts of a report, computed from a saved run."""
