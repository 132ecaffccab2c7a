"""The independent checker: what is wrong with a placement or a bound, worked out in plain integers.

It reads a `Problem` and shares no code with solvers, cluster or plug-ins, so that an error there is not made here too.
"""

from schedlab.placement.verify.certificate import Verdict, verdict
from schedlab.placement.verify.check import check
from schedlab.placement.verify.placement import check_placement
from schedlab.placement.verify.worth import values

__all__ = ["Verdict", "check", "check_placement", "values", "verdict"]
