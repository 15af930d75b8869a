"""Labels that an attribute of clips lists, such as the instruments of MIDI."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from mudata.catalog.cards.vocabulary import canonical
from mudata.catalog.read.dataset_contents import Issue
from mudata.errors import number

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card


def with_attribute_labels(card: Card, labels: pa.Table, attributes: pa.Table) -> tuple[pa.Table, list[Issue]]:
    """The index's table `labels` with those of the namespaces that take theirs from an attribute, sorted, and which of
    them no vocabulary has."""
    rows = []
    unknown: dict[tuple[str, str], set[str]] = defaultdict(set)
    for namespace, space in card.labels.items():
        if space.attribute is None:
            continue
        of = canonical(space)
        told = attributes.filter(pc.equal(attributes["name"], space.attribute)).select(["clip_id", "value"])
        for clip_id, value in zip(told["clip_id"].to_pylist(), told["value"].to_pylist(), strict=True):
            for label in sorted({label.strip() for label in value.split(",")} - {""}):
                known = of(label)
                rows.append((clip_id, card.name, namespace, label, known))
                if known is None and not space.open:
                    unknown[namespace, label].add(clip_id)
    if not rows:
        return labels, []
    columns = zip(*rows, strict=True)
    added = pa.table(
        {name: pa.array(values, pa.string()) for name, values in zip(labels.schema.names, columns, strict=True)}
    )
    order = [(name, "ascending") for name in labels.schema.names]
    issues = [
        Issue(
            "unknown-label", f"labels.{namespace}", f"{label!r} is not in the vocabulary ({number(len(ids), 'clip')})"
        )
        for (namespace, label), ids in sorted(unknown.items())
    ]
    return pa.concat_tables([labels, added]).sort_by(order), issues
