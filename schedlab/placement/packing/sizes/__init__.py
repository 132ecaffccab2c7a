"""Sizes that pods are ordered by, one a file: a function of the file's name, ``f(problem) -> float64 (C,)``."""
