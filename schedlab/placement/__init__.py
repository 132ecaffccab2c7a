"""Offline placement: many pods at once, as well as can be proven.

A `Problem` is given to `solve`, which returns a `Result`: a placement, and a bound that no placement can beat.
"""

from schedlab.placement.greedy import greedy
from schedlab.placement.problem import Problem
from schedlab.placement.result import Result, Status
from schedlab.placement.solve import solve

__all__ = ["Problem", "Result", "Status", "greedy", "solve"]
