"""The numbers behind the tables and charts of a report."""
