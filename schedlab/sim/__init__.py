"""The simulation: engine, controllers, what happens on nodes, and `replay`; what a run was at an instant."""

from schedlab.sim.explain import explain
from schedlab.sim.replay import replay
from schedlab.sim.rewind import rewind

__all__ = ["explain", "replay", "rewind"]
