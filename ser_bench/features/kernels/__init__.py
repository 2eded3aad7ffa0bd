"""Compiled inner loops; each has a plain twin in ``reference`` that tests compare it with."""
