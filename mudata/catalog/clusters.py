"""What a cluster is: clips that are no independent evidence, because they share an artist or are one piece.

One definition for splits (`--group`, leaks, check), intervals, tests, suites and reports. Clips are tied where they
agree in one of these, and ties carry over (a with b, b with c: one cluster):

    artist  the same name (see `name_matching`), also across datasets; a pure number is an id, which means
            nothing outside its own dataset. "Various Artists", "unknown", "n/a", "-" and blanks are no artist
    album   of clips whose artist is not known, inside its dataset; "Greatest Hits" and the like of nobody known tie
            nothing. Where clips are grouped by album, it is one inside its dataset, and one of one artist everywhere;
            "Greatest Hits" of two artists are two
    track   inside its dataset: sections of one recording, and MIDI and audio of one piece, where the card says so.
            A track is no artist: "12" the artist and "12" the track are two
    copies  equal samples, or bytes of one and the same file
    song    near copies: one title by one known artist. Their artist ties them already, unless clips are grouped by
            album or track
    items   clips that one question is about, and clips of questions that say they are of one piece (`items.cluster`)

What is not tied: copies that are not exact and whose artist is not known (splits tie those that `mudata duplicates`
found); one artist under two names ("Prince",
"The Artist"); several artists in one name ("Miles Davis & John Coltrane" is a third).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from mudata.catalog.name_matching import is_generic, same_name, spelling

KEYS = ("artist", "album", "track")
"""By what clips can be kept together, the coarsest first: the columns of `clips`."""

CONTENT = ("pcm_sha256", "source_sha256")
"""The columns that make two clips exact copies: equal samples, or bytes of one and the same file."""

COLUMNS = ("dataset", *KEYS, "title", *CONTENT)
"""All that decides a clip's cluster, as columns of `clips`."""

ITEMS = "items"
"""The column of what ties clips by the questions about them."""

NEAR = "near"
"""The column of what ties near copies, where they are known (see `duplicates.near_copies`)."""

_TIES = {
    "artist": ("artist", "album alone", "track"),
    "album": ("album within", "album of artist", "track", "song"),
    "track": ("track", "song"),
}
"""What ties clips that are kept together by each of KEYS: itself and what is finer."""

_DIGIT = re.compile(r"\d")
Columns = Mapping[str, Sequence[str | None]]


# ------------------------------------------------------------------------------------- keys


def artist_key(dataset: str, artist: str | None) -> str | None:
    """What clips of one artist share; None where no artist is known.

    Example:
        >>> artist_key("gtzan", "The Beatles"), artist_key("gtzan", "12"), artist_key("gtzan", "Various Artists")
        ('artist:beatles', 'gtzan artist:12', None)
    """
    known = same_name(artist) if artist else ""
    if not known:
        return None
    return f"{dataset} artist:{known}" if known.isdecimal() and _is_number(artist) else f"artist:{known}"


def _is_number(name: str | None) -> bool:
    """Whether there is no letter in it: "1975", but not "The 1975"."""
    return not any(map(str.isalpha, name or ""))


def keys(kind: str, columns: Columns) -> list[Hashable]:
    """What each clip shares with others of its artist, album, track or song; None where that is not known.

    Args:
        kind: artist, album, track, song (title and artist), or copy; of albums also "album within" (its dataset),
            "album of artist", and "album alone" (of clips whose artist is not known).
        columns: of n clips, by the names of COLUMNS.

    Returns:
        n keys; two clips are tied where theirs are equal and not None.
    """
    datasets = columns["dataset"]
    if kind in ("copy", "album"):
        albums_of = ("album within", "album of artist")
        two = [_filled(columns[n]) for n in CONTENT] if kind == "copy" else [keys(one, columns) for one in albums_of]
        groups = union(len(datasets), two)
        return [group if any(own) else None for group, *own in zip(groups, *two, strict=True)]
    if kind == "track":
        return [_track_key(d, track) if track else None for d, track in zip(datasets, columns["track"], strict=True)]
    by_name = {name: artist_key("", name) for name in set(columns["artist"])}  # once a name: " artist:12", "artist:x"
    artists: list[Hashable] = [
        f"{d}{key}" if key and key[0] == " " else key
        for d, key in zip(datasets, map(by_name.__getitem__, columns["artist"]), strict=True)
    ]
    if kind == "artist":
        return artists
    if kind == "song":
        return [key and f"{key[0]} song:{key[1]}" for key in _known(artists, columns["title"])]
    albums = columns["album"]
    if kind == "album alone":
        albums = [None if artist else album for artist, album in zip(artists, albums, strict=True)]
    if kind == "album of artist":
        return [key and f"{key[0]} album:{key[1]}" for key in _known(artists, albums)]
    return _albums(datasets, albums)


def _known(artists: Sequence[Hashable], names: Sequence[str | None]) -> Iterator[tuple[Hashable, str] | None]:
    """Artist and name, where both are known and the name is no number, which may be counted anew by every artist."""
    known = {name: same_name(name) for name in set(names) if name and not _is_number(name)}
    for artist, name in zip(artists, names, strict=True):
        same = known.get(name) if name else None
        yield (artist, same) if artist and same else None


def _albums(datasets: Sequence[str | None], albums: Sequence[str | None]) -> list[Hashable]:
    """The album of each clip inside its dataset; None where its title is that of many."""
    known = {name: same_name(name) for name in set(albums) if name}
    told = {name: same for name, same in known.items() if same and (_is_number(name) or not is_generic(same))}
    return [f"{d} album:{told[name]}" if name in told else None for d, name in zip(datasets, albums, strict=True)]


def _track_key(dataset: str | None, track: str) -> str | None:
    known = spelling(track)
    return f"{dataset} track:{known}" if known and (_DIGIT.search(known) or same_name(known)) else None


def _filled(column: Sequence[str | None]) -> list[Hashable]:
    return [value or None for value in column]


# ------------------------------------------------------------------------------------- ties


def tie(columns: Columns, by: Sequence[str] = ("artist",)) -> list[int]:
    """The group of each clip: exact copies, and clips that agree in what `by` says or in anything finer.

    Args:
        columns: of n clips, by the names of COLUMNS; and, where clips of one question are to stay together, ITEMS (see
            `item_clusters`), and near copies, NEAR.
        by: some of KEYS; ("artist",) makes clusters, none ties exact copies only.

    Returns:
        n numbers, from 0 by each group's first clip.

    Example:
        >>> clips = dict.fromkeys(COLUMNS, [None] * 3) | {"dataset": ["a", "b", "b"]}
        >>> tie(clips | {"artist": ["AC/DC", "ACDC", "-"]})
        [0, 0, 1]
    """
    kinds = dict.fromkeys(kind for key in by for kind in _TIES[key])
    exactly = (*CONTENT, *(name for name in (ITEMS, NEAR) if name in columns))
    ties = chain((_filled(columns[name]) for name in exactly), (keys(kind, columns) for kind in kinds))
    return union(len(columns["dataset"]), ties)


def union(rows: int, columns: Iterable[Sequence[Hashable]]) -> list[int]:
    """The group of each row when rows that agree in any column are tied, transitively.

    Each column has one value per row; None ties nothing.
    Groups are numbered from 0 by their first row.

    Example:
        >>> union(4, [["x", "x", None, "y"], [None, 1, 1, None]])
        [0, 0, 0, 1]
    """
    parent = list(range(rows))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for column in columns:
        first: dict[Hashable, int] = {}
        for row, value in enumerate(column):
            if value is None:
                continue
            if (other := first.setdefault(value, row)) != row:
                a, b = root(other), root(row)
                parent[max(a, b)] = min(a, b)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(row), len(numbers)) for row in range(rows)]


# ------------------------------------------------------------------------------------- clusters by name


class ClusterEvidence(NamedTuple):
    """What is known of a clip that decides its cluster."""

    clip_id: str
    dataset: str
    artist: str | None = None
    album: str | None = None
    track: str | None = None
    title: str | None = None
    pcm_sha256: str | None = None
    source_sha256: str | None = None


_RANK = ("artist", "album", "track", "piece", "copy", "clip")
"""What a cluster is called by, the best first."""


def cluster_ids(clips: Iterable[ClusterEvidence]) -> dict[str, str]:
    """The cluster of every clip, by clip id.

    Ids are readable and depend on the set of clips alone, not on their order: "artist:miles davis" (of several
    spellings the first in sorted order), "gtzan artist:12", "musiccaps track:abc", "copy:" and a hash, and "clip:" and
    the clip's id where nothing is known that ties it to any other.

    Example:
        >>> rows = [("a/1", "a", "AC/DC"), ("b/1", "b", "ACDC"), ("b/2", "b", None)]
        >>> cluster_ids(ClusterEvidence(*row) for row in rows)
        {'a/1': 'artist:ac/dc', 'b/1': 'artist:ac/dc', 'b/2': 'clip:b/2'}
    """
    known = list(clips)
    columns = {name: [getattr(clip, name) for clip in known] for name in COLUMNS}
    names = [_names(clip) for clip in known]
    groups = tie(columns)
    members: dict[int, list[int]] = defaultdict(list)
    for row, group in enumerate(groups):
        members[group].append(row)
    called = {}
    for group, rows in members.items():
        told = [name for row in rows for name in names[row]]
        if not told and len(rows) > 1:
            told = [
                f"copy:{min(filter(None, (known[row].pcm_sha256 or known[row].source_sha256 for row in rows)))[:16]}"
            ]
        called[group] = min(told, key=_order) if told else f"clip:{known[rows[0]].clip_id}"
    return {clip.clip_id: called[group] for clip, group in zip(known, groups, strict=True)}


def _names(clip: ClusterEvidence) -> list[str]:
    """What a clip's cluster may be called."""
    names = []
    if key := artist_key(clip.dataset, clip.artist):
        names.append(f"{key.partition(':')[0]}:{spelling(str(clip.artist))}")
    elif _albums([clip.dataset], [clip.album]) != [None]:
        names.append(f"{clip.dataset} album:{spelling(str(clip.album))}")
    if clip.track and (track := _track_key(clip.dataset, clip.track)):
        names.append(track)
    return names


def _order(cluster: str) -> tuple[int, str]:
    kind = kind_of(cluster)
    return _RANK.index(kind) if kind in _RANK else 0, cluster


def kind_of(cluster: str) -> str:
    """artist, album, track, piece (as an item says), copy, or clip where nothing is known.

    Example:
        >>> kind_of("artist:miles davis"), kind_of("gtzan artist:12"), kind_of("clip:gtzan/blues.00001")
        ('artist', 'artist', 'clip')
    """
    return cluster.partition(":")[0].rpartition(" ")[2]


def merged(runs: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The cluster of every clip of several runs, each by clip id: what one run knows of a clip counts for all.

    Example:
        >>> merged([{"a/1": "clip:a/1", "a/2": "clip:a/2"}, {"a/1": "artist:x", "a/2": "artist:x"}])
        {'a/1': 'artist:x', 'a/2': 'artist:x'}
    """
    pairs = [pair for run in runs for pair in run.items()]
    groups = union(len(pairs), [[clip_id for clip_id, _ in pairs], [cluster for _, cluster in pairs]])
    called: dict[int, str] = {}
    for group, (_, cluster) in zip(groups, pairs, strict=True):
        called[group] = min(called.get(group, cluster), cluster, key=_order)
    return {clip_id: called[group] for group, (clip_id, _) in zip(groups, pairs, strict=True)}


# ------------------------------------------------------------------------------------- in words


def unknown(clusters: Iterable[str]) -> int:
    """Of how many clips nothing is known that ties them to others: they are taken as independent.

    Example:
        >>> unknown(["artist:x", "clip:d/1"])
        1
    """
    return sum(kind_of(cluster) == "clip" for cluster in clusters)


def counted(clusters: Collection[str]) -> str:
    """How many clusters there are, in words: '111 artists', '1 track', '40 artists, albums or tracks', '12 clips'.

    Example:
        >>> counted(["artist:x", "artist:x"]), counted(["artist:x", "d track:y"]), counted(["clip:d/1"])
        ('1 artist', '2 artists or tracks', '1 clip')
    """
    count, kinds = len(set(clusters)), {kind_of(cluster) for cluster in clusters}
    nouns = dict(zip(_RANK, ("artist", "album", "track", "piece", "recording"), strict=False))
    named = [nouns[kind] for kind in nouns if kind in kinds] or ["clip" if kinds <= {"clip"} else "cluster"]
    if count != 1:
        named = [f"{kind}s" for kind in named]
    return f"{count} {' or '.join(filter(None, [', '.join(named[:-1]), named[-1]]))}"
