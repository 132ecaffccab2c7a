"""Run recorded kube-scheduler cases: ``python -m schedlab.testing.golden [--fixed] FILE...``.

Each file is gzip JSON Lines, one case a line, as its family's README says. For each family the number of cases and
of mismatches is printed, with the first difference of each mismatch; the exit status is 1 if there was any. With
``--fixed`` a case's ``expectFixed`` counts where there is one: kube-scheduler without the defects that its ``quirks``
name.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import schedlab as sl
from schedlab.objects import decode_object, nonzero_requests, pod_requests, score_requests
from schedlab.objects.kinds import OBJECTS
from schedlab.scheduling.cycle import cycle
from schedlab.scoring import Evaluator

if TYPE_CHECKING:
    from collections.abc import Iterator

FIXED = {"InterPodAffinity": {"lenientNamespaceSelector": False}}  # what takes the known defects out
SHOWN = 20  # mismatches printed per family


def quantity(case: dict[str, Any]) -> dict[str, Any]:
    """Answer a ``quantity`` case."""
    try:
        parsed = sl.Quantity.parse(case["quantity"])
    except ValueError:
        return {"error": True}
    answer = {"canonical": str(parsed), "value": str(parsed.value())}
    if "milliValue" in case["expect"]:  # left out where the real one overflows 64 bits
        answer["milliValue"] = str(parsed.milli_value())
    return answer


def podrequests(case: dict[str, Any]) -> dict[str, Any]:
    """Answer a ``podrequests`` case."""
    pod = _pod(case["pending"])
    named = ("cpu", "memory")
    return {
        "requests": pod_requests(pod),
        "nodeNonZero": dict(zip(named, nonzero_requests(pod), strict=True)),
        "scoreNonZero": dict(zip(named, score_requests(pod), strict=True)),
    }


def decision(case: dict[str, Any]) -> dict[str, Any]:
    """Answer a case of one pending pod on a cluster."""
    return sl.explain(_cluster(case), _pod(case["pending"]), sl.Profile.from_config(case["profile"]))


def sequence(case: dict[str, Any]) -> dict[str, Any]:
    """Answer a case of pods that are placed in order, by the cycle that replays traces."""
    cluster = _cluster(case)
    evaluator = Evaluator(sl.Profile.from_config(case["profile"]), sl.ClusterView(cluster))
    steps = []
    for row in cluster.add_pods([_pod(raw) for raw in case["queue"]]):
        found = evaluator.choose(row)
        total = found.total
        feasible = 0 if total is None else int((total > -np.inf).sum())
        step: dict[str, Any] = {"node": None, "feasible": feasible}
        if total is not None and feasible > 1:  # else kube-scheduler does not score
            most = total.max()
            best = float(most) + getattr(found, "offset", 0.0)
            step |= {"total": int(best) if best.is_integer() else best, "ties": int((total == most).sum())}
        cluster.apply(cycle(row, evaluator))
        if feasible:
            step["node"] = evaluator.view.node_name(int(cluster.pods.node[row]))
        steps.append(step)
    return {"chosen": [step["node"] for step in steps], "steps": steps}


def _cluster(case: dict[str, Any]) -> sl.Cluster:
    nodes = [decode_object(raw, "Node") for raw in case.get("nodes", ())]
    others = [decode_object(raw) for raw in case.get("objects", ())]
    return sl.Cluster(
        [each for each in nodes if isinstance(each, sl.Node)],
        map(_pod, case.get("pods", ())),
        objects=[each for each in others if isinstance(each, OBJECTS)],
    )


def _pod(raw: Any) -> sl.Pod:
    pod = decode_object(raw, "Pod")
    if not isinstance(pod, sl.Pod):
        raise sl.InputError("a pod is of another kind")
    return pod


ANSWERS = {"quantity": quantity, "podrequests": podrequests, "sequence": sequence, "sequencepacking": sequence}


def without_defects(case: dict[str, Any]) -> dict[str, Any]:
    """Return a case with rules that lack the known defects of kube-scheduler, and what is then expected."""
    profile = case.get("profile", {})
    given = {each["name"]: each.get("args", {}) for each in profile.get("pluginConfig", ())}
    args = given | {name: given.get(name, {}) | more for name, more in FIXED.items()}
    listed = [{"name": name, "args": each} for name, each in args.items()]
    return case | {"profile": profile | {"pluginConfig": listed}, "expect": case.get("expectFixed", case.get("expect"))}


def check(case: dict[str, Any], *, fixed: bool = False) -> str | None:
    """Return the first difference between what a case expects and our answer; None if there is none."""
    if fixed:
        case = without_defects(case)
    try:
        answer = ANSWERS.get(case["family"], decision)(case)
    except sl.SchedlabError as error:
        return str(error)
    except KeyError as error:  # a family whose cases are made otherwise
        return f"the case has no {error}"
    return difference(case["expect"], answer)


def difference(expect: Any, got: Any, path: str = "expect") -> str | None:
    """Return the path and both values of the first difference; reasons are compared as sets."""
    if isinstance(expect, dict) and isinstance(got, dict):
        for key in sorted({*expect, *got}):
            if key not in got:
                return f"{path}.{key}: missing, expected {_short(expect[key])}"
            if key not in expect:
                return f"{path}.{key}: {_short(got[key])}, expected nothing"
            found = difference(expect[key], got[key], f"{path}.{key}")
            if found:
                return found
        return None
    same = sorted(expect) == sorted(got) if _reasons(path, expect, got) else expect == got
    return None if same and type(expect) is type(got) else f"{path}: {_short(got)}, expected {_short(expect)}"


def _reasons(path: str, expect: Any, got: Any) -> bool:
    return path.endswith((".reasons", ".scoreSkipped")) and isinstance(expect, list) and isinstance(got, list)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 120 else text[:117] + "..."


def cases(path: str) -> Iterator[dict[str, Any]]:
    """Read one file.

    Raises
    ------
    InputError
        If it is missing, damaged or no JSON Lines.
    """
    line = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for text in lines:
                line += 1
                case = json.loads(text)
                if not isinstance(case, dict):
                    raise ValueError(f"a case is an object, not {_short(case)}")
                yield case
        if not line:
            raise ValueError("it is empty")
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise sl.InputError(
            f"no golden cases: {error}", file=path, row=max(line, 1), mend="give gzip JSON Lines"
        ) from error


def main(paths: list[str]) -> int:
    """Check all cases of some files, print the count per family, and return the exit status."""
    fixed = "--fixed" in paths
    paths = [path for path in paths if path != "--fixed"]
    if not paths:
        print("usage: python -m schedlab.testing.golden [--fixed] FILE...", file=sys.stderr)
        return 2
    wrong = 0
    for path in paths:
        try:
            found = [(case["family"], case["id"], check(case, fixed=fixed)) for case in cases(path)]
        except (sl.InputError, KeyError) as error:
            print(f"golden: error: {error}" if isinstance(error, sl.InputError) else f"golden: error: {path}: a case "
                  f"has no {error}", file=sys.stderr)  # fmt: skip
            return 2
        for family in dict.fromkeys(family for family, *_ in found):
            results = [(name, text) for each, name, text in found if each == family]
            bad = [(name, text) for name, text in results if text]
            print(f"{family}: {len(results)} cases, {len(bad)} mismatches ({Path(path).name})")
            for name, text in bad[:SHOWN]:
                print(f"  {name}: {text}")
            if len(bad) > SHOWN:
                print(f"  ... and {len(bad) - SHOWN} more")
            wrong += len(bad)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
