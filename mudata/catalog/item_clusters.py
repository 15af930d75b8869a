"""Which clips and which items are no independent evidence because of the questions about them: see `clusters`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mudata.catalog.clusters import ClusterEvidence, cluster_ids, merged, union
from mudata.catalog.name_matching import spelling


class TyingItem(NamedTuple):
    """What of an item ties clips: those that it is about, and the cluster that it says it is of."""

    dataset: str
    clips: tuple[str, ...]
    """Ids of clips."""
    cluster: str | None = None


def tied_by_items(items: Iterable[TyingItem]) -> dict[str, str]:
    """What clips share by the questions about them, by clip id; clips that share nothing are not there.

    Example:
        >>> tied_by_items([TyingItem("d", ("d/b", "d/a")), TyingItem("d", ("d/c",), "piece 1")])
        {'d/a': 'd/a', 'd/b': 'd/a'}
    """
    stands = [
        (clip_id, number, cluster and (dataset, cluster))
        for number, (dataset, clips, cluster) in enumerate(items)
        for clip_id in clips
    ]
    members: dict[int, set[str]] = defaultdict(set)
    for group, (clip_id, *_) in zip(union(len(stands), list(zip(*stands, strict=True))), stands, strict=True):
        members[group].add(clip_id)
    return {clip_id: min(clips) for clips in members.values() if len(clips) > 1 for clip_id in sorted(clips)}


class ItemEvidence(NamedTuple):
    """What is known of an item that decides its cluster: its clips, and what it says itself."""

    item_id: str
    clips: tuple[ClusterEvidence, ...]
    cluster: str | None = None


def item_cluster_ids(items: Iterable[ItemEvidence]) -> dict[str, str]:
    """The cluster of every item, by item id: items are tied where their clips are, and where they say that they are
    of one piece. An item about one clip is of the clip's cluster.

    Example:
        >>> a, b, c = (ClusterEvidence(f"d/{name}", "d") for name in "abc")
        >>> item_cluster_ids([ItemEvidence("d/1", (a, b)), ItemEvidence("d/2", (b,)), ItemEvidence("d/3", (c,), "p")])
        {'d/1': 'clip:d/a', 'd/2': 'clip:d/a', 'd/3': 'd piece:p'}
    """
    alike: dict[tuple[tuple[ClusterEvidence, ...], str | None], list[str]] = {}
    for item_id, clips, cluster in items:  # an exam's items are mostly passes, which are alike
        alike.setdefault((clips, cluster), []).append(item_id)
    of_clip = cluster_ids(dict.fromkeys(clip for clips, _ in alike for clip in clips))

    def clusters(clips: tuple[ClusterEvidence, ...], cluster: str | None) -> Iterator[str]:
        yield from (of_clip[clip.clip_id] for clip in clips)
        if cluster:
            yield f"{clips[0].dataset} piece:{spelling(cluster)}"

    ids = [item_id for some in alike.values() for item_id in some]
    is_once = len(set(ids)) == len(ids)  # else every item is tied to all that it is about
    named = {about: some[:1] if is_once else some for about, some in alike.items()}
    tied = merged({item: cluster} for about, some in named.items() for cluster in clusters(*about) for item in some)
    return {item: tied[some[0] if is_once else item] for some in alike.values() for item in some}
