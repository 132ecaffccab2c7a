"""Scoring: profiles, their evaluation over all nodes, selection, and explanation."""

from schedlab.scoring.evaluate import Evaluator
from schedlab.scoring.evaluation import Evaluation
from schedlab.scoring.explain import explain
from schedlab.scoring.profile import Profile

__all__ = ["Evaluation", "Evaluator", "Profile", "explain"]
