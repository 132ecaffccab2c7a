"""Columns: contents of one node as the unknowns (Dantzig-Wolfe over node types): good plans and tight bounds.

Source: Dantzig and Wolfe, Decomposition principle for linear programs, Operations Research 1960; Gilmore and Gomory, A
linear programming approach to the cutting stock problem, Operations Research 1961; Caprara and Toth, Lower bounds and
algorithms for the 2-dimensional vector packing problem, Discrete Applied Mathematics 2001.
"""
