"""Dealing groups of clips into parts so that every label is spread as asked and no group is torn.

Iterative stratification (Sechidis, Tsoumakas, Vlahavas: On the Stratification of Multi-Label Data,
ECML PKDD 2011), extended from clips to groups of clips: the label with the fewest groups left is
dealt first, its largest groups first, each group to the part that lacks most clips of that label.
Then groups change parts as long as that brings the labels nearer to their shares. All arithmetic
is in integers and the only order is that of the groups, so that every machine deals the same parts.
"""

from __future__ import annotations

from collections.abc import Sequence


def deal_groups(
    groups: Sequence[int], labels: Sequence[Sequence[int]], sizes: Sequence[int], *, everywhere: bool
) -> list[int]:
    """The part (0 ... len(sizes) - 1) of every group; arguments as of `stratify.assign`."""
    deal = _Deal(groups, labels, sizes, everywhere)
    deal.place_all()
    deal.improve()
    return deal.part_of


class _Deal:
    """Groups on their way into parts.

    Label `whole`, the last one, is borne by all clips: its shares are the sizes of the parts.
    """

    def __init__(
        self, groups: Sequence[int], labels: Sequence[Sequence[int]], sizes: Sequence[int], everywhere: bool
    ) -> None:
        self.whole = max((max(own) for own in labels if own), default=-1) + 1
        self.total = len(groups)
        self.parts = range(len(sizes))
        self.everywhere = everywhere
        self.bears: list[dict[int, int]] = [{} for _ in range(max(groups, default=-1) + 1)]  # clips by label, per group
        for group, own in zip(groups, labels, strict=True):
            for label in (*own, self.whole):
                self.bears[group][label] = self.bears[group].get(label, 0) + 1
        self.bearers: list[list[int]] = [[] for _ in range(self.whole + 1)]  # groups per label
        for group, bears in enumerate(self.bears):
            for label in bears:
                self.bearers[label].append(group)
        self.clips = [sum(self.bears[group][label] for group in own) for label, own in enumerate(self.bearers)]
        self.part_of = [-1] * len(self.bears)
        self.has = [[0] * len(self.clips) for _ in sizes]  # groups by part and label
        # clips of a label that a part lacks, times `total` to stay whole
        self.lacks = [[size * clips for clips in self.clips] for size in sizes]

    def put(self, group: int, part: int, sign: int = 1) -> None:
        """Put a group into a part, or with sign -1 take it out."""
        self.part_of[group] = part
        has, lacks = self.has[part], self.lacks[part]
        for label, clips in self.bears[group].items():
            has[label] += sign
            lacks[label] -= sign * clips * self.total

    def place_all(self) -> None:
        left = [len(own) for own in self.bearers]
        waiting = set(range(self.whole))
        while waiting:
            label = min(waiting, key=lambda i: (left[i], i))
            waiting.remove(label)
            self._place(label, left)
        self._place(self.whole, left)

    def _place(self, label: int, left: list[int]) -> None:
        """Deal the groups of a label that are not in a part yet."""
        own = [group for group in self.bearers[label] if self.part_of[group] < 0]
        for group in sorted(own, key=lambda g: (-self.bears[g][label], g)):
            choice = self._must(group, left) or [part for part in self.parts if self.lacks[part][self.whole] > 0]
            self.put(group, max(choice, key=lambda j: (self.lacks[j][label], self.lacks[j][self.whole], -j)))
            for other in self.bears[group]:
                left[other] -= 1

    def _must(self, group: int, left: list[int]) -> list[int]:
        """The parts that have to get this group, else one of its labels would be absent there."""
        if not self.everywhere:
            return []
        scarce = [i for i in self.bears[group] if left[i] <= sum(not has[i] for has in self.has)]
        absent = [sum(not has[i] for i in scarce) for has in self.has]
        return [part for part in self.parts if absent[part] == max(absent)] if scarce else []

    def improve(self, rounds: int = 50) -> None:
        """Move groups while the sum over labels and parts of
        (share of the label's clips - wanted share)^2 falls.

        The sizes of the parts count as much as all labels together,
        and stay within the bounds that `assign` promises.
        """
        heaviest = max((bears[self.whole] for bears in self.bears), default=1)
        slack = (heaviest - 1) * self.total
        weight = [10**12 // max(clips, 1) ** 2 for clips in self.clips]  # integers: 12 digits are finer than any share
        weight[self.whole] *= max(self.whole, 1)
        for _ in range(rounds):
            moved = [self._move(group, slack, weight) for group in range(len(self.bears))]
            if not any(moved):
                break

    def _move(self, group: int, slack: int, weight: list[int]) -> bool:
        here, bears = self.part_of[group], self.bears[group]
        source = self.lacks[here]
        size = bears[self.whole] * self.total
        if source[self.whole] + size > slack or (self.everywhere and any(self.has[here][i] == 1 for i in bears)):
            return False
        best, gain = here, 0
        for part in self.parts:
            target = self.lacks[part]
            if part == here or target[self.whole] - size < -slack:
                continue
            change = 0
            for label, clips in bears.items():
                change += weight[label] * clips * (source[label] - target[label] + clips * self.total)
            if change < gain:
                best, gain = part, change
        if best == here:
            return False
        self.put(group, here, -1)
        self.put(group, best)
        return True
