"""The kinds of objects that have a record, by API version and name."""

from collections.abc import Mapping
from typing import get_args

import msgspec

from schedlab.objects.csi_node import CSINode
from schedlab.objects.namespace import Namespace
from schedlab.objects.node import Node
from schedlab.objects.persistent_volume import PersistentVolume
from schedlab.objects.persistent_volume_claim import PersistentVolumeClaim
from schedlab.objects.pod import Pod
from schedlab.objects.pod_disruption_budget import PodDisruptionBudget
from schedlab.objects.priority_class import PriorityClass
from schedlab.objects.replica_set import ReplicaSet
from schedlab.objects.replication_controller import ReplicationController
from schedlab.objects.service import Service
from schedlab.objects.stateful_set import StatefulSet
from schedlab.objects.storage_class import StorageClass

NamespacedObject = (
    Service | ReplicationController | ReplicaSet | StatefulSet | PersistentVolumeClaim | PodDisruptionBudget
)
ClusterObject = (
    Namespace | PersistentVolume | StorageClass | CSINode | PriorityClass
)  # their metadata.namespace means nothing
AnyObject = NamespacedObject | ClusterObject  # what the scheduler reads besides nodes and pods

OBJECTS: tuple[type[AnyObject], ...] = get_args(AnyObject)
GLOBAL = frozenset(each.__name__ for each in get_args(ClusterObject))


def _heading(record: type[Pod | Node | AnyObject]) -> tuple[str, str]:
    defaults = {field.name: field.default for field in msgspec.structs.fields(record)}
    return defaults["api_version"], defaults["kind"]


RECORDS: tuple[type[Pod | Node | AnyObject], ...] = (Pod, Node, *OBJECTS)
KINDS: Mapping[tuple[str, str], type[Pod | Node | AnyObject]] = {_heading(record): record for record in RECORDS}
