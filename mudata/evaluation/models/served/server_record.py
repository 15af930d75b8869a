"""What each server of a served model did in a session: as run.json keeps it, and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mudata.evaluation.chat.server_pool import PooledServer

Prices = tuple[float | None, float | None]
"""For a million tokens of prompt and of answer, in any currency."""


def server_record(one: PooledServer, prices: Prices) -> dict[str, object]:
    """One server: what it was sent, how much at once, and what that cost."""
    return {
        "base_url": one.server.url,
        "requests": one.server.requests,
        "retries": one.retries,
        "answers": one.counts.answers,
        "most_in_flight": one.most_in_flight,
        "in_flight_now_allowed": one.limit.now,
        "refusals": one.limit.refusals - one.timeouts,
        "timeouts": one.timeouts,
        "prompt_tokens": one.counts.prompt_tokens,
        "completion_tokens": one.counts.completion_tokens,
        "cost": one.counts.cost(*prices),
        **({"gone": f"{one.gone.kind}: {one.gone.reason}"} if one.gone else {}),
    }


def all_servers(members: Sequence[PooledServer], prices: Sequence[Prices]) -> dict[str, object]:
    """All servers together. `cost` is None where prices or counts of one are lacking."""
    counts = [one.counts for one in members]
    costs = [count.cost(*price) for count, price in zip(counts, prices, strict=True)]
    known = [cost for cost in costs if cost is not None]
    return {
        "requests": sum(one.server.requests for one in members),
        "retries": sum(one.retries for one in members),
        "answers": sum(count.answers for count in counts),
        "finish_reasons": _summed(count.finish for count in counts),
        "server_models": _summed(count.models for count in counts),
        "system_fingerprints": _summed(count.fingerprints for count in counts),
        "prompt_tokens": sum(count.prompt_tokens for count in counts),
        "completion_tokens": sum(count.completion_tokens for count in counts),
        "replies_without_usage": sum(count.unmetered for count in counts),
        "cost": round(sum(known), 6) if len(known) == len(costs) else None,
    }


def _summed(counters: Iterator[Counter[str]]) -> dict[str, int]:
    return dict(sorted(sum(counters, Counter[str]()).items()))


def in_words(described: Mapping[str, Any]) -> Iterator[str]:
    """A line about each server of a session whose model `described` itself so; none of other models."""
    for one in described.get("servers") or ():
        parts = [f"{one['answers']:,} answers", f"up to {one['most_in_flight']} at once"]
        parts += [f"{one[key]:,} {key}" for key in ("refusals", "timeouts", "retries") if one[key]]
        parts.append(f"{one['prompt_tokens']:,} + {one['completion_tokens']:,} tokens")
        parts += [f"cost {one['cost']:g}"] if one["cost"] is not None else []
        parts += [f"asked no more ({one['gone']})"] if one.get("gone") else []
        yield f"{one['base_url']}: {', '.join(parts)}"
