"""The cluster: struct-of-arrays state, its change log, and read-only views of it.

`Cluster` is the only mutable scheduling state. Decisions enter it as a `Plan` through `Cluster.apply`, facts
(`schedlab.cluster.facts`) through `Cluster.update`; everybody else holds a `ClusterView`.
"""

from schedlab.cluster.node_views import ScopeError
from schedlab.cluster.plan import Binding, Eviction, Outcome, Plan
from schedlab.cluster.state import Cluster
from schedlab.cluster.views import ClusterView

__all__ = ["Binding", "Cluster", "ClusterView", "Eviction", "Outcome", "Plan", "ScopeError"]
