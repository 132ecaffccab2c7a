"""Packing: greedy and bin-packing heuristics on a Problem."""

from schedlab.placement.packing.heuristics import Heuristic, heuristics
from schedlab.placement.packing.pack import pack

__all__ = ["Heuristic", "heuristics", "pack"]
