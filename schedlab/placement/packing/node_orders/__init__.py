"""Orders of nodes, one a file: a function of the file's name, ``f(problem) -> float64 (N,)``, the least first."""
