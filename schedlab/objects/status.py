"""What a pod's status in a manifest tells of its past: when it began to run, and whether it was preempted."""

from datetime import UTC, datetime, timedelta

from schedlab.errors import InputError
from schedlab.objects.pod import Pod

UNKNOWN = -1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def started(pod: Pod) -> int:
    """Return ``status.startTime`` as microseconds since 1970, -1 where there is none.

    Raises
    ------
    InputError
        If it is no time as in RFC 3339.
    """
    text = pod.status.start_time
    if text is None:
        return UNKNOWN
    try:
        return max(0, (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1))
    except (ValueError, TypeError) as error:  # no time, or one without a zone
        raise InputError(
            f"startTime {text!r} is no time",
            field=f"pod {pod.metadata.key} status.startTime",
            mend="write it as in 2026-01-31T12:00:00Z",
        ) from error


def preempted(pod: Pod) -> bool:
    """Whether the condition DisruptionTarget says that a scheduler preempted the pod (kube-scheduler's)."""
    found = next((each for each in pod.status.conditions if each.type == "DisruptionTarget"), None)
    return found is not None and (found.status, found.reason) == ("True", "PreemptionByScheduler")
