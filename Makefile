# What contributors run. PYTHON is the interpreter of the environment with the extras test and docs.
PYTHON ?= .venv/bin/python

.PHONY: test slow lint types docs map check

test:
	$(PYTHON) -m pytest

slow:
	$(PYTHON) -m pytest -m slow

lint: types
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m tests.docstrings
	$(PYTHON) -m tests.language ser_bench

types:
	$(PYTHON) -m mypy
	$(PYTHON) -m mypy --platform win32

docs:
	$(PYTHON) -m sphinx -W --keep-going -q -b html docs docs/_build

map:
	$(PYTHON) -m tests.house

check: lint test docs
