"""Pod: containers to be placed together, with what they ask for and where they may go."""

from typing import Annotated, Any, Literal

import msgspec

from schedlab.objects.affinity import Affinity, TopologySpreadConstraint
from schedlab.objects.meta import ObjectMeta
from schedlab.objects.quantity import Quantity
from schedlab.objects.taints import Toleration


class ResourceRequirements(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What is reserved (requests) and what may be used at most (limits), by resource."""

    requests: dict[str, Quantity] = {}
    limits: dict[str, Quantity] = {}


class ContainerPort(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A port; `host_port` 0 takes none of the node's."""

    container_port: int = 0
    host_port: int = 0
    host_ip: str = msgspec.field(default="", name="hostIP")
    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"
    name: str = ""


class Container(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A container; as an init container with `restart_policy` ``Always`` it is a sidecar, which runs on."""

    name: str
    image: str = ""
    resources: ResourceRequirements = msgspec.field(default_factory=ResourceRequirements)
    ports: list[ContainerPort] = []
    restart_policy: Literal["Always", "OnFailure", "Never"] | None = None


class PersistentVolumeClaimVolumeSource(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A volume that a claim of the pod's namespace stands for."""

    claim_name: str
    read_only: bool = False


class Volume(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A volume of one of the kinds that matter to scheduling; the disks of old clouds are kept as they are written."""

    name: str
    persistent_volume_claim: PersistentVolumeClaimVolumeSource | None = None
    ephemeral: dict[str, Any] | None = None
    csi: dict[str, Any] | None = None
    gce_persistent_disk: dict[str, Any] | None = None
    aws_elastic_block_store: dict[str, Any] | None = None
    azure_disk: dict[str, Any] | None = None
    iscsi: dict[str, Any] | None = None
    rbd: dict[str, Any] | None = None


class PodSchedulingGate(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Something to wait for; a pod with gates is not tried."""

    name: str


class PodSpec(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What a pod asks for; `resources` is that of the pod as a whole."""

    containers: list[Container] = []
    init_containers: list[Container] = []
    node_name: str = ""
    node_selector: dict[str, str] = {}
    affinity: Affinity | None = None
    tolerations: list[Toleration] = []
    topology_spread_constraints: list[TopologySpreadConstraint] = []
    priority: int | None = None
    priority_class_name: str = ""
    preemption_policy: Literal["PreemptLowerPriority", "Never"] | None = None
    scheduler_name: str = "default-scheduler"
    overhead: dict[str, Quantity] = {}
    resources: ResourceRequirements | None = None
    scheduling_gates: list[PodSchedulingGate] = []
    volumes: list[Volume] = []
    host_network: bool = False
    termination_grace_period_seconds: int | None = None
    active_deadline_seconds: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    restart_policy: Literal["Always", "OnFailure", "Never"] = "Always"


class PodCondition(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A condition, such as ``PodResizePending`` with the reason ``Infeasible``."""

    type: str
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: str | None = None


class ContainerStatus(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A container on its node: `resources` are in force, `allocated_resources` are what the kubelet has admitted."""

    name: str
    resources: ResourceRequirements | None = None
    allocated_resources: dict[str, Quantity] = {}
    ready: bool = False
    restart_count: int = 0


class PodStatus(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """How far a pod has come."""

    phase: Literal["Pending", "Running", "Succeeded", "Failed", "Unknown"] = "Pending"
    reason: str = ""
    message: str = ""
    conditions: list[PodCondition] = []
    container_statuses: list[ContainerStatus] = []
    init_container_statuses: list[ContainerStatus] = []
    nominated_node_name: str = ""
    start_time: str | None = None
    resize: str = ""


class Pod(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Containers that go to one node together."""

    metadata: ObjectMeta
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)
    api_version: Literal["v1"] = "v1"
    kind: Literal["Pod"] = "Pod"
