"""The independent checker: what is wrong with a placement, worked out in plain integers.

It reads a `Problem` and shares no code with solvers, cluster or plug-ins, so that an error there is not made here too.
"""

from schedlab.placement.verify.check import check

__all__ = ["check"]
