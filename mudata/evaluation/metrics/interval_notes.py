"""What every table says of its numbers, in few words: of how many clips in how many clusters, and how intervals were
found. Read off scores.json, so that all tables say the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mudata.catalog.clusters import counted, kind_of

_EFFECTIVE = re.compile(r"(.*, effective n )(\d+)")
_OF_INTERVAL = re.compile(r"95 %|^interval none$")
_UNCLUSTERED = "clips taken as independent by an older version"
"""Of intervals of older versions, which did not know of clusters."""
_OF_OLD = "clusters not recorded: score again"


def clusters_of(clusters: Sequence[str]) -> dict[str, int | str]:
    """What scores.json keeps of the clusters of its clips.

    Args:
        clusters: of n clips, each as `ScoredAnswer.cluster` has it.

    Returns:
        `count` clusters in all; `unknown` clips of which nothing is known that ties them to others, each taken as a
        cluster of its own; `known`, what the others are, in words. Items and passes that are about one clip, or about
        clips that hang together by others, are tied by these.

    Example:
        >>> clusters_of(["artist:ann", "artist:ann", "d track:1", "clip:d/3"])
        {'count': 3, 'unknown': 1, 'known': '2 artists or tracks'}
        >>> clusters_of(["clip:d/1", "clip:d/1", "clip:d/2"])
        {'count': 2, 'unknown': 1, 'known': '1 group that shares clips'}
    """
    times = Counter(clusters)
    named = [cluster for cluster in times if kind_of(cluster) != "clip"]
    shared = sum(n > 1 for cluster, n in times.items() if kind_of(cluster) == "clip")
    groups = f"{shared} group{'s' if shared > 1 else ''} that share{'s' if shared == 1 else ''} clips"
    known = " and ".join([*([counted(named)] if named else []), *([groups] if shared else [])])
    return {"count": len(times), "unknown": len(times) - len(named) - shared, "known": known}


def clips_and_clusters(n: int, clusters: Mapping[str, Any] | None, noun: str = "clip") -> str:
    """How many clips there are in how many clusters, and of how many clips the cluster is not known.

    Args:
        n: number of clips.
        clusters: as `clusters_of` has them; None in scores of older versions.
        noun: what is counted, in the singular: clip, item.

    Example:
        >>> clips_and_clusters(290, {"count": 111, "unknown": 0, "known": "111 artists"})
        '290 clips of 111 artists'
        >>> clips_and_clusters(290, {"count": 111, "unknown": 40, "known": "71 artists"})
        '290 clips in 111 clusters (71 artists; clusters unknown for 40 of 290 clips: taken as independent)'
        >>> clips_and_clusters(2, {"count": 2, "unknown": 2, "known": ""})
        '2 clips (clusters unknown for all of them: taken as independent)'
    """
    clips = f"{n} {noun}{'s' * (n != 1)}"
    if clusters is None:
        return f"{clips} ({_OF_OLD})"
    count, unknown = int(clusters["count"]), int(clusters["unknown"])
    if not unknown:
        return f"{clips} of {clusters['known']}"
    if unknown == n:
        return f"{clips} (clusters unknown for {'all of them' if n > 1 else 'it'}: taken as independent)"
    lost = f"clusters unknown for {unknown} of {n} {noun}s: taken as independent"
    return f"{clips} in {count} cluster{'s' * (count != 1)} ({clusters['known']}; {lost})"


def methods(metrics: Iterable[Mapping[str, Any]]) -> str:
    """How intervals of some metrics were found, or why there are none: each way once.

    Args:
        metrics: as scores.json has them; older ones tell it in their recipe only.

    Returns:
        "" where no metric has an interval (chance).

    Example:
        >>> methods([{"interval": f"Wilson, effective n {n}", "low": 0.1} for n in (60, 35)])
        '95 % Wilson, effective n 35 to 60'
        >>> methods([{"interval": "none: 2 clips of 1 artist", "low": None}])
        'none: 2 clips of 1 artist'
    """
    effective: dict[str, list[int]] = {}
    ways: dict[str, None] = {}
    for metric in metrics:
        way = _way(metric)
        if found := _EFFECTIVE.fullmatch(way):
            effective.setdefault(found[1], []).append(int(found[2]))
            way = found[1]
        if way:
            ways[way] = None
    return "; ".join(sorted(way + (_range(effective[way]) if way in effective else "") for way in ways))


def formulas(metrics: Iterable[Mapping[str, Any]]) -> str:
    """How numbers were computed, each formula once, without how their intervals were found: that differs between runs.

    Args:
        metrics: one of several runs, as scores.json has them.

    Example:
        >>> formulas({"recipe": f"right / all; {how}"} for how in ("interval none", "95 % Wilson", "Wilson 95 %"))
        'right / all'
    """
    told = (str(metric["recipe"]).split("; ") for metric in metrics)
    return " or ".join(
        dict.fromkeys("; ".join(part for part in parts if not _OF_INTERVAL.search(part)) for parts in told)
    )


def _way(metric: Mapping[str, Any]) -> str:
    if how := metric.get("interval"):
        return str(how) if metric["low"] is None else f"95 % {how}"
    parts = str(metric.get("recipe", "")).split("; ")
    old = next((part for part in parts if "95 %" in part), "")
    return f"{old}, {_UNCLUSTERED}" if old and "groups" not in old else old


def _range(numbers: Sequence[int]) -> str:
    least, most = min(numbers), max(numbers)
    return f"{least}" if least == most else f"{least} to {most}"
