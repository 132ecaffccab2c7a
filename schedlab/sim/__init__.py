"""The simulation: engine, controllers, what happens on nodes, and `replay`."""

from schedlab.sim.explain import explain
from schedlab.sim.replay import replay

__all__ = ["explain", "replay"]
