"""Offline placement: many pods at once."""

from schedlab.placement.greedy import greedy

__all__ = ["greedy"]
