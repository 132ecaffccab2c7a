"""Check a plug-in: what the contract asks of it, tried on drawn clusters by calling its functions directly.

==============  ====================================================================================
``check``       `check_plugin`: every check in turn, and the `Report`
``report``      what comes out: verdicts and timings
``worlds``      the clusters, each made the same way every time; ``drawn`` their odd nodes and pods
``calls``       one call of a filter or score as the framework makes it, and faults as verdicts
``compare``     whether answers are the same
``answers``     shape, dtype, finite, codes, reasons
``effects``     mutated views, determinism, global generators
``scopes``      whether an answer hangs on what its scope may not see
``widths``      all nodes = subset = batch, last bits, the order in which nodes are stored
``hooks``       assign and the queue's order
``backfill``    passes of a backfilling policy
``together``    what a policy asks that places pods together
``parameters``  the values that its parameters may take
``timing``      time per call, beside a built-in of the same kind
==============  ====================================================================================
"""

from schedlab.testing.plugins.check import check_plugin
from schedlab.testing.plugins.report import Report, Timing, Verdict

__all__ = ["Report", "Timing", "Verdict", "check_plugin"]
