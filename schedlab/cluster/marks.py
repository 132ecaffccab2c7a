"""Marks: what a pod holds of its node or of storage that others may want too, as hashable names.

=============================================  =========================================================
``("port", protocol, port)``                   a host port on any address
``("port", protocol, port, address)``          the same on one address; 0.0.0.0 is all of them
``("gce", disk)``, ``("iscsi", qualified name)``   a disk; with ``"rw"`` behind it: not read-only
``("aws", volume)``                            a disk
``("rbd", monitor, pool, image)``              an image, by each of its monitors; with ``"rw"``: not read-only
``("claim", namespace, name)``                 a PersistentVolumeClaim
``("ephemeral", namespace, name)``             the claim of a generic ephemeral volume
=============================================  =========================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from schedlab.objects import Pod, Volume

ANY = "0.0.0.0"


class HostPort(NamedTuple):
    """A port of the node; the address `ANY` stands for all."""

    address: str
    protocol: str
    port: int


def host_ports(pod: Pod) -> tuple[HostPort, ...]:
    """Return the node's ports that a pod's containers and sidecars take (kube-scheduler's GetHostPorts)."""
    sidecars = [each for each in pod.spec.init_containers if each.restart_policy == "Always"]
    ports = [port for container in (*sidecars, *pod.spec.containers) for port in container.ports]
    return tuple(
        dict.fromkeys(HostPort(p.host_ip or ANY, p.protocol or "TCP", p.host_port) for p in ports if p.host_port > 0)
    )


def marks(pod: Pod) -> tuple[Hashable, ...]:
    """Return what a pod holds, each once."""
    found: dict[Hashable, None] = {}
    for address, protocol, port in host_ports(pod):
        found |= {("port", protocol, port): None, ("port", protocol, port, address): None}
    for volume in pod.spec.volumes:
        for disk in disks(volume):
            found[disk.mark] = None
            if not disk.read_only:
                found[(*disk.mark, "rw")] = None
        if volume.persistent_volume_claim is not None:
            found["claim", pod.metadata.namespace, volume.persistent_volume_claim.claim_name] = None
        elif volume.ephemeral is not None:
            found["ephemeral", pod.metadata.namespace, ephemeral_claim(pod.metadata.name, volume)] = None
    return tuple(found)


class Disk(NamedTuple):
    """A disk of the old kind, which pods name themselves."""

    mark: tuple[str, ...]
    read_only: bool


def disks(volume: Volume) -> Iterator[Disk]:
    """Yield the names of the disk that a volume is, if it is one."""
    if (gce := volume.gce_persistent_disk) is not None:
        yield Disk(("gce", str(gce.get("pdName", ""))), bool(gce.get("readOnly")))
    if (aws := volume.aws_elastic_block_store) is not None:
        yield Disk(("aws", str(aws.get("volumeID", ""))), read_only=False)
    if (iscsi := volume.iscsi) is not None:
        yield Disk(("iscsi", str(iscsi.get("iqn", ""))), bool(iscsi.get("readOnly")))
    if (rbd := volume.rbd) is not None:
        for monitor in rbd.get("monitors") or ():
            image = str(rbd.get("pool", "")), str(rbd.get("image", ""))
            yield Disk(("rbd", str(monitor), *image), bool(rbd.get("readOnly")))


def ephemeral_claim(pod: str, volume: Volume) -> str:
    """Return the name of the claim that is made for a generic ephemeral volume of a pod."""
    return f"{pod}-{volume.name}"
