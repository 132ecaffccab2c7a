"""Kubernetes-shaped records, quantities, selectors, manifests in and out.

The records are frozen msgspec structs with Kubernetes' field names (``node_name`` here is ``nodeName`` in a manifest);
``msgspec.structs.replace`` makes a changed copy. Unknown fields of a manifest are dropped.

==============  ====================================================================================
``quantity``    `Quantity`: ``500m``, ``2Gi``, exact
``meta``        `ObjectMeta`, `OwnerReference`
``pod``         `Pod` and its parts: containers, volumes, status
``node``        `Node`, and the label keys ``HOSTNAME``, ``ZONE``, ``RACK``
``kinds``       the kinds that have a record: besides pods and nodes what the scheduler reads, a file each
``taints``      `Taint`, `Toleration`, `tolerates`
``selectors``   `LabelSelector`, `NodeSelector` and how they match labels
``affinity``    `Affinity`, `TopologySpreadConstraint`
``requests``    `pod_requests`, `score_requests`, `nonzero_requests`, `pod_limits`: a pod's integers
``manifests``   `load_manifests`, `dump_manifests`: YAML and JSON files
``decode``      `decode_object`: one manifest, already parsed; `RawObject`: any other kind of object
``complaints``  what is wrong with a manifest, told with field path and mend
``unknown``     which fields of a manifest have no place in a record
``documents``   YAML and JSON text to plain values and back
``dataset``     ``DataSet``, the one record that Kubernetes does not have
==============  ====================================================================================
"""

from schedlab.objects.affinity import (
    Affinity,
    NodeAffinity,
    PodAffinity,
    PodAffinityTerm,
    PreferredSchedulingTerm,
    TopologySpreadConstraint,
    WeightedPodAffinityTerm,
)
from schedlab.objects.csi_node import CSINode
from schedlab.objects.decode import RawObject, decode_object
from schedlab.objects.kinds import AnyObject
from schedlab.objects.manifests import dump_manifests, load_manifests
from schedlab.objects.meta import ObjectMeta, OwnerReference
from schedlab.objects.namespace import Namespace
from schedlab.objects.node import ContainerImage, Node, NodeSpec, NodeStatus
from schedlab.objects.persistent_volume import PersistentVolume
from schedlab.objects.persistent_volume_claim import PersistentVolumeClaim
from schedlab.objects.pod import (
    Container,
    ContainerPort,
    ContainerStatus,
    PersistentVolumeClaimVolumeSource,
    Pod,
    PodCondition,
    PodSchedulingGate,
    PodSpec,
    PodStatus,
    ResourceRequirements,
    Volume,
)
from schedlab.objects.pod_disruption_budget import PodDisruptionBudget
from schedlab.objects.priority_class import PriorityClass
from schedlab.objects.quantity import Quantity, QuantityError
from schedlab.objects.replica_set import ReplicaSet
from schedlab.objects.replication_controller import ReplicationController
from schedlab.objects.requests import nonzero_requests, pod_limits, pod_requests, score_requests
from schedlab.objects.selectors import (
    LabelSelector,
    LabelSelectorRequirement,
    NodeSelector,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    has_labels,
    selects,
)
from schedlab.objects.service import Service
from schedlab.objects.stateful_set import StatefulSet
from schedlab.objects.storage_class import StorageClass
from schedlab.objects.taints import Taint, Toleration, tolerates

__all__ = [
    "Affinity",
    "AnyObject",
    "CSINode",
    "Container",
    "ContainerImage",
    "ContainerPort",
    "ContainerStatus",
    "LabelSelector",
    "LabelSelectorRequirement",
    "Namespace",
    "Node",
    "NodeAffinity",
    "NodeSelector",
    "NodeSelectorRequirement",
    "NodeSelectorTerm",
    "NodeSpec",
    "NodeStatus",
    "ObjectMeta",
    "OwnerReference",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "PersistentVolumeClaimVolumeSource",
    "Pod",
    "PodAffinity",
    "PodAffinityTerm",
    "PodCondition",
    "PodDisruptionBudget",
    "PodSchedulingGate",
    "PodSpec",
    "PodStatus",
    "PreferredSchedulingTerm",
    "PriorityClass",
    "Quantity",
    "QuantityError",
    "RawObject",
    "ReplicaSet",
    "ReplicationController",
    "ResourceRequirements",
    "Service",
    "StatefulSet",
    "StorageClass",
    "Taint",
    "Toleration",
    "TopologySpreadConstraint",
    "Volume",
    "WeightedPodAffinityTerm",
    "decode_object",
    "dump_manifests",
    "has_labels",
    "load_manifests",
    "nonzero_requests",
    "pod_limits",
    "pod_requests",
    "score_requests",
    "selects",
    "tolerates",
]
