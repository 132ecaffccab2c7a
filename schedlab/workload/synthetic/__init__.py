"""The synthetic generator: machines, classes, run times, data and usage, one a file; `generate` puts them together."""

from schedlab.workload.synthetic.generate import generate

__all__ = ["generate"]
