"""Which clips a reading is about: by condition, by what their licences permit, and by number."""

# ruff: noqa: S608 - names go through `identifier`
from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import pyarrow as pa

from mudata.catalog.cards.licence_terms import PURPOSES, Purpose, usage_of
from mudata.catalog.read.dataset_contents import Issue
from mudata.catalog.read.label_lists import with_labels
from mudata.catalog.read.sql_literals import identifier
from mudata.errors import QueryError, is_of_machine, number

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.read.card_sql import RawSql


class Choice(NamedTuple):
    """What is asked of clips; see `reader.read`."""

    where: str | None = None
    limit: int | None = None
    usage: Purpose | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is asked: all clips are meant."""
        return self == (None, None, None)


def choose(sql: RawSql, card: Card, choice: Choice) -> list[Issue]:
    """Make the table `_chosen` (id) of the clips that are meant, and tell how many their licences keep out.

    Raises QueryError (`where`, `limit`).
    """
    columns = [str(row[0]) for row in sql.values("DESCRIBE clips")]
    own = ", ".join(identifier(name) for name in columns if name not in card.labels)
    labelled = with_labels(f"(SELECT {own} FROM clips)", "_labels", list(card.labels), key="id")
    sql.run(f"CREATE TEMP TABLE _candidates AS {labelled}")
    if choice.limit is not None and choice.limit < 0:
        raise QueryError(f"A limit of {number(choice.limit, 'clip')} makes no sense.", "Give a number from 0 upwards.")
    first = "" if choice.limit is None else f"ORDER BY md5(id), id LIMIT {choice.limit}"
    try:
        sql.condition("_kept", "_candidates", choice.where or "true")
    except duckdb.Error as error:
        if is_of_machine(error):
            raise
        columns = [str(row[0]) for row in sql.values("DESCRIBE _candidates")]
        raise QueryError(
            f"The condition {choice.where!r} cannot be used: {error}",
            f"It is one SQL expression over the columns {', '.join(columns)}; the labels are lists, as in"
            " \"list_contains(genre, 'rock')\".",
        ) from error
    issues = _permit(sql, card, choice.usage) if choice.usage else []
    permitted = "SEMI JOIN _permitted USING (id)" if choice.usage else ""
    sql.run(f"CREATE TEMP TABLE _chosen AS SELECT id FROM _kept {permitted} {first}")
    return issues


def _permit(sql: RawSql, card: Card, purpose: Purpose) -> list[Issue]:
    """Make the table `_permitted` (id) of the clips whose licence permits a purpose; how many of `_kept` are not."""
    licences = sql.values(
        "SELECT coalesce(licence, ''), count(*) FROM clips SEMI JOIN _kept USING (id) GROUP BY ALL ORDER BY ALL"
    )
    usages = {str(text): usage_of(str(text), card.licence.usage) for text, _ in licences}
    allowed = [text for text, usage in usages.items() if usage in PURPOSES[purpose]]
    sql.register("_licences", pa.table({"licence": pa.array(allowed, pa.string())}))
    sql.run(
        "CREATE TEMP TABLE _permitted AS SELECT id FROM clips SEMI JOIN _licences"
        " ON _licences.licence = coalesce(clips.licence, '')"
    )
    left_out: Counter[str] = Counter()
    for text, clips in licences:
        if str(text) not in allowed:
            left_out[usages[str(text)]] += int(str(clips))
    if not left_out:
        return []
    kinds = ", ".join(f"{clips:,} {usage}" for usage, clips in sorted(left_out.items()))
    what = f"{number(left_out.total(), 'clip')} left out, whose licence does not permit {purpose} use ({kinds})"
    return [Issue("not-permitted", "clips", what)]
