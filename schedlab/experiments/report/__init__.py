"""The report: one HTML page that needs no network; every text in it is escaped, and its script is named by its hash.

suite       `page`: a suite's results
pair        `contrast`: two runs
source      what a page needs to know of results; drawn: which runs its figures show
document    the frame of a page; `html` its parts: tables, facts, figures
sections    verdicts, overview, workload (one a trace), ranks, ties, decisions, provenance
"""

from schedlab.experiments.report.pair import contrast
from schedlab.experiments.report.source import Source
from schedlab.experiments.report.suite import page

__all__ = ["Source", "contrast", "page"]
