"""The simulation: engine, controllers, what happens on nodes, and `replay`."""

from schedlab.sim.replay import replay

__all__ = ["replay"]
