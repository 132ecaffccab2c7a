"""Every metric of time against counting second by second, and every other one against a loop over the rows."""

import math
from fractions import Fraction

import pytest
from drawn_runs import Drawn, runs
from handmade import SECOND
from hypothesis import given

from schedlab.metrics import metrics, slowdowns, summary, waits
from schedlab.metrics.fairness import dominant_shares
from schedlab.metrics.packing import INSTANTS

INF = math.inf


def measured(name: str, drawn: Drawn) -> dict[str, float]:
    return metrics()[name].entries(drawn.run)


def same(found: dict[str, float], wanted: dict[str, float | Fraction]) -> None:
    assert found == pytest.approx({name: float(value) for name, value in wanted.items()}, nan_ok=True)


def ratio(a: float | Fraction, b: float | Fraction) -> float | Fraction:
    return a / b if b else math.nan


def seconds(drawn: Drawn) -> range:
    return range(drawn.start, drawn.end)


def there(row: dict, second: int, first: str = "bound", last: str = "finished") -> bool:
    begin, stop = row[first], row[last]
    return begin is not None and begin <= second and (stop is None or second < stop)


def lives(drawn: Drawn) -> list[list[dict]]:
    """Return the attempts of each pod."""
    pods: dict[int, list[dict]] = {}
    for row in drawn.attempts:
        pods.setdefault(row["pod"], []).append(row)
    return list(pods.values())


def counted(drawn: Drawn) -> list[list[dict]]:
    return [rows for rows in lives(drawn) if rows[0]["submit"] >= drawn.start]


def first_binding(rows: list[dict], end: int) -> float:
    return min((row["bound"] for row in rows if row["bound"] is not None and row["bound"] <= end), default=INF)


def percentiles(name: str, values: list[float], censored: list[bool]) -> dict[str, float]:
    wanted: dict[str, float] = {}
    known, longest = sorted(values), sorted(INF if c else v for v, c in zip(values, censored, strict=True))
    for percent in (50, 95, 99):
        places = [i for i in range(len(values)) if 100 * (i + 1) >= percent * len(values)]
        wanted[f"{name}.p{percent}"] = known[places[0]] if places else math.nan
        wanted[f"{name}.p{percent}.censored"] = bool(places) and known[places[0]] != longest[places[0]]
    return wanted


@given(runs())
def test_shares_of_requests_and_cost(drawn):
    wanted = {}
    for resource in ("cpu", "memory"):
        if any(node[f"alloc.{resource}"] for node in drawn.nodes):
            pairs = [
                (
                    sum(row[f"req.{resource}"] for row in drawn.attempts if there(row, second)),
                    sum(n[f"alloc.{resource}"] for n in drawn.nodes if there(n, second, "added", "removed")),
                )
                for second in seconds(drawn)
            ]
            wanted[f"util.{resource}"] = ratio(sum(a for a, _ in pairs), sum(b for _, b in pairs))
    same(measured("util", drawn), wanted)
    paid = sum(n["price"] for s in seconds(drawn) for n in drawn.nodes if there(n, s, "added", "removed"))
    same(measured("cost", drawn), {"cost": ratio(paid, drawn.end - drawn.start)})


@given(runs())
def test_what_samples_tell(drawn):
    standing = [max((s for s in drawn.samples if s["time"] <= t), key=lambda s: s["time"]) for t in seconds(drawn)]
    present = [r for r in ("cpu", "memory") if any(node[f"alloc.{r}"] for node in drawn.nodes)]
    for name, kind in (("usage", "usage"), ("overcommit", "limits")):
        known = [r for r in present if any(s[f"{kind}.{r}"] for s in drawn.samples)]
        same(
            measured(name, drawn),
            {
                f"{name}.{r}": ratio(sum(s[f"{kind}.{r}"] for s in standing), sum(s[f"alloc.{r}"] for s in standing))
                for r in known
            },
        )
    wanted = {}
    for r in present:
        shares = [Fraction(s[f"stranded.{r}"], s[f"alloc.{r}"]) for s in standing if s[f"alloc.{r}"]]
        wanted[f"stranded.{r}"] = ratio(sum(shares), len(shares))
    same(measured("stranded", drawn), wanted)


@given(runs())
def test_waiting(drawn):
    values, censored = [], []
    for rows in counted(drawn):
        bound = first_binding(rows, drawn.end)
        if not rows[0]["initial"] or bound > 0:
            gone = rows[-1]["finished"] if rows[-1]["finished"] is not None else INF
            until = bound if bound < INF else min(gone, drawn.end)
            values.append(max(until - rows[0]["submit"], 0))
            censored.append(bound == INF)
    assert waits(drawn.run).seconds.tolist() == values
    same(measured("wait", drawn), percentiles("wait", values, censored))
    waiting = 0
    for second in seconds(drawn):
        for row in drawn.attempts:
            ended = min(INF if row[name] is None else row[name] for name in ("bound", "finished"))
            waiting += row["queued"] <= second < ended
    same(measured("queue", drawn), {"queue": ratio(waiting, drawn.end - drawn.start)})


def runs_for(row: dict) -> int | None:
    """Return how long a pod runs if nothing happens to it; None: without end, and then it has no slowdown."""
    spans = [row["duration"]] if row["duration"] is not None else []
    return min([*spans, row.get("walltime") or math.inf], default=None) if spans else None


def response(rows: list[dict], end: int) -> tuple[float, bool]:
    """Return how long a pod took, and whether that is only what is known of it."""
    last, needed = rows[-1], runs_for(rows[0])
    if (last["phase"] == "Succeeded" or last["reason"] == "DeadlineExceeded") and last["finished"] <= end:
        return last["finished"] - rows[0]["submit"], False
    over = last["finished"] is not None and last["finished"] <= end
    if last["started"] is not None and last["started"] <= end and not over:
        return last["started"] + needed - rows[0]["submit"], False
    return (last["finished"] if over else end) + needed - rows[0]["submit"], True


def slow(drawn: Drawn) -> list[tuple[float, bool, str | None]]:
    found = []
    for rows in counted(drawn):
        needed = runs_for(rows[0])
        ran_before = rows[0]["initial"] and first_binding(rows, drawn.end) == 0
        if not ran_before and needed is not None:
            took, censored = response(rows, drawn.end)
            found.append((max(1.0, took / max(needed, 10)), censored, rows[0]["tenant"]))
    return found


@given(runs())
def test_bounded_slowdown(drawn):
    found = slow(drawn)
    assert slowdowns(drawn.run).values.tolist() == pytest.approx([value for value, _, _ in found])
    assert slowdowns(drawn.run).censored.tolist() == [censored for _, censored, _ in found]
    same(measured("slowdown", drawn), percentiles("slowdown", [v for v, _, _ in found], [c for _, c, _ in found]))


@given(runs())
def test_counts(drawn):
    pods = counted(drawn)
    bound = [rows for rows in pods if first_binding(rows, drawn.end) < INF]
    inside = [row for row in drawn.attempts if row["bound"] is not None and drawn.start <= row["bound"] <= drawn.end]
    evicted = [d for d in drawn.decisions if d["verb"] == "evict" and drawn.start <= d["time"] <= drawn.end]
    done = [r for r in drawn.attempts if r["phase"] == "Succeeded" and drawn.start <= r["finished"] <= drawn.end]
    found = summary(drawn.run)
    assert (found["pods"], found["placed"], found["pending"]) == (len(pods), len(bound), len(pods) - len(bound))
    assert found["restarts"] == sum(row["attempt"] > 0 for row in inside)
    assert found["evictions"] == len(evicted)
    assert found["preemptions"] == sum(d["reason"].startswith("Preempt") for d in evicted)
    priority = {row["pod"]: row["priority"] for row in drawn.attempts}
    for level in set(priority.values()):
        assert found[f"evictions.priority.{level}"] == sum(priority[d["pod"]] == level for d in evicted)
    assert found["throughput"] == pytest.approx(3600 * len(done) / (drawn.end - drawn.start))


@given(runs())
def test_makespan(drawn):
    pods = counted(drawn)
    last = [INF if rows[-1]["finished"] is None else rows[-1]["finished"] for rows in pods]
    begin = min((rows[0]["submit"] for rows in pods), default=math.nan)
    value = max(min(max(last), drawn.end) - begin, 0) if pods else math.nan
    same(measured("makespan", drawn), {"makespan": value, "makespan.censored": bool(pods) and max(last) > drawn.end})


@given(runs())
def test_holes(drawn):
    start, end = drawn.start * SECOND, drawn.end * SECOND
    requests = {row["template"]: (row["req.cpu"], row["req.memory"]) for row in drawn.attempts}
    kinds = [rows[0]["template"] for rows in lives(drawn) if any(requests[rows[0]["template"]])]
    total = 0.0
    for k in range(INSTANTS):
        instant = (start + (end - start) * (2 * k + 1) // (2 * INSTANTS)) / SECOND
        for name in {node["node"] for node in drawn.nodes}:
            free = [0, 0]
            for i, resource in enumerate(("cpu", "memory")):
                free[i] += sum(
                    node[f"alloc.{resource}"]
                    for node in drawn.nodes
                    if node["node"] == name and there(node, instant, "added", "removed")
                )
                free[i] -= sum(r[f"req.{resource}"] for r in drawn.attempts if r["node"] == name and there(r, instant))
            for template in kinds:
                fits = min(free[i] // asked for i, asked in enumerate(requests[template]) if asked)
                total += max(fits, 0) / len(kinds)
    same(measured("holes", drawn), {"holes": total / INSTANTS if kinds else math.nan})


def jain(values: list[float]) -> float:
    return ratio(sum(values) ** 2, len(values) * sum(value**2 for value in values))


@given(runs())
def test_fairness(drawn):
    tenants = {
        row["tenant"]
        for row in drawn.attempts
        if row["queued"] <= drawn.end and (row["finished"] is None or row["finished"] >= drawn.start)
    } - {None}
    shares = {}
    for tenant in tenants:
        of_resources = [0.0]
        for resource in ("cpu", "memory"):
            held = offered = 0
            for second in seconds(drawn):
                mine = [row for row in drawn.attempts if row["tenant"] == tenant and there(row, second)]
                held += sum(row[f"req.{resource}"] for row in mine)
                offered += sum(n[f"alloc.{resource}"] for n in drawn.nodes if there(n, second, "added", "removed"))
            of_resources += [held / offered] if offered else []
        shares[tenant] = max(of_resources)
    same(dominant_shares(drawn.run).to_dict(), shares)
    wanted = {}
    if shares:
        values = list(shares.values())
        wanted = {"jain_share": jain(values), "share_max": max(values), "share_min": min(values)}
        slowed = {tenant: [v for v, _, of in slow(drawn) if of == tenant] for tenant in ("a", "b")}
        means = [sum(values) / len(values) for values in slowed.values() if values]
        if means:
            wanted["jain_slowdown"] = jain(means)
    same(measured("fairness", drawn), {f"fairness.{name}": value for name, value in wanted.items()})
