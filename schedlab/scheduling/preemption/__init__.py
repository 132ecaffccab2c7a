"""Preemption: evicting pods of lower priority to make room, as kube-scheduler v1.34's DefaultPreemption does."""

from schedlab.scheduling.preemption.choice import Candidate
from schedlab.scheduling.preemption.preemption import DryRun, Preemption

__all__ = ["Candidate", "DryRun", "Preemption"]
