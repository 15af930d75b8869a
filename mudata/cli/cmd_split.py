"""`mudata split`: plan, draw, show and check evaluation splits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mudata.cli import name_completion
from mudata.cli.habits import HabitGroup, hints
from mudata.cli.output import echo, emit, emit_json, json_option, progress, quiet_option
from mudata.cli.usage_option import usage_option

if TYPE_CHECKING:
    from mudata.catalog.splits.manifest import Manifest
    from mudata.home import Home


class _Splits(HabitGroup):
    """A group in which a first word that is no command names a new split."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0].startswith("-"):
            return _draw.name, _draw, args
        return super().resolve_command(ctx, args)

    def resolve_other(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in hints("split"):
            return super().resolve_other(ctx, args)
        return _draw.name, _draw, args

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "NAME --dataset DATASET [OPTIONS]")
        formatter.write_usage(ctx.command_path, "COMMAND [ARGS]...", prefix="       ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _draw.format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


@click.group(
    cls=_Splits,
    no_args_is_help=True,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
def split() -> None:
    """Draw, show and check evaluation splits.

    A split is a file, splits/NAME.json: the clips of each part with hashes of their content, and how
    they were drawn. The same request on the same index gives the same split on every machine.

    \b
    mudata split exam --dataset gtzan --stratify genre --group artist \\
        --parts train=0.7,validation=0.1,test=0.2 --seed 0
    mudata split survey --dataset gtzan --n 100 --stratify genre
    mudata split ten --dataset fma --stratify genre --per-label 10
    mudata split rock --where "dataset in ('gtzan', 'fma') and list_contains(genre, 'rock')"
    mudata split filtered --dataset gtzan --official fault-filtered
    mudata split plan --margin 0.05 --labels 10

    The table printed has, for each part, clips; groups; fewest and most clips of a label; the share of all clips that
    was asked for; the lowest and highest share of a label's clips; their largest deviation from what was asked
    for; by how much the rarest label would be off by chance (standard error); and the margin (95 %) of an accuracy
    near one half.
    """


def _parts(_ctx: click.Context, _param: click.Parameter, value: str | None) -> dict[str, float]:
    if not value:
        return {}
    try:
        pairs = [(part.strip(), float(share)) for part, share in (word.split("=") for word in value.split(","))]
    except ValueError:
        raise click.BadParameter(f"{value!r} is not like train=0.7,validation=0.1,test=0.2") from None
    if len(dict(pairs)) < len(pairs):
        raise click.BadParameter(f"{value!r} names a part twice")
    return dict(pairs)


@click.command(name="NAME")
@click.argument("name", metavar="")
@click.option(
    "--dataset",
    "datasets",
    multiple=True,
    shell_complete=name_completion.datasets,
    help="Take clips of this dataset; may be repeated.",
)
@click.option("--where", help="Only clips for which this SQL holds (columns of clips, one list per label namespace).")
@click.option("--official", metavar="SPLIT", help="Take the parts of a published split.")
@click.option(
    "--stratify",
    multiple=True,
    metavar="NAMESPACE",
    shell_complete=name_completion.namespaces,
    help="Spread these labels evenly; may be repeated.",
)
@click.option(
    "--group",
    multiple=True,
    type=click.Choice(["artist", "album", "track"]),
    help="Never tear these apart; may be repeated.",
)
@click.option(
    "--no-group", is_flag=True, help="Tear apart even clips that one item (a pair of clips) is about; how many is told."
)
@click.option(
    "--no-near",
    "near",
    flag_value=(),
    type=click.UNPROCESSED,
    default=None,
    help="Tear apart near copies that `mudata duplicates` found; else they stay together.",
)
@click.option(
    "--parts",
    callback=_parts,
    metavar="PART=SHARE,...",
    help="The parts; default: train=0.7,validation=0.1,test=0.2, or with --n or --per-label all is test.",
)
@click.option("--per-label", type=int, help="Draw this many clips of every label.")
@click.option(
    "--n", type=int, help="Draw this many clips, each with the same chance; with --stratify, labels in proportion."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed, another draw.")
@click.option(
    "--faults",
    type=click.Choice(["drop", "keep", "repair", "warn"]),
    default="drop",
    show_default=True,
    help="Clips with known faults (`mudata faults`): leave out those that are to be dropped; let all in; take what is"
    " known to be right and leave out what cannot be repaired; warn: let all in, with a word.",
)
@usage_option
@click.option("--best-effort", is_flag=True, help="Accept absent or rare labels instead of refusing.")
@click.option("--force", is_flag=True, help="Replace another split of the same name.")
@quiet_option
@json_option
def _draw(force: bool, quiet: bool, as_json: bool, **wishes: Any) -> None:
    """Draw a split and keep it as splits/NAME.json."""
    from mudata.catalog.splits import draw, manifest
    from mudata.catalog.splits.split_request import SplitRequest
    from mudata.home import Home

    home, tell = Home.default(), progress(quiet)
    with tell.bar("Drawing", unit=""):
        made = draw.make(home, SplitRequest(**wishes))
    path = manifest.save(home, made, force=force)
    for warning in made.warnings:
        tell.say(warning)
    tell.say(f"{path} (sha256 {made.sha256[:12]}, seed {made.seed})")
    _print(home, made, as_json, path=str(path))


@split.command()
@click.argument("split_", metavar="NAME|FILE", shell_complete=name_completion.splits)
@json_option
def show(split_: str, as_json: bool) -> None:
    """Show how a split was asked for, and how its labels are spread."""
    from mudata.catalog.splits import manifest
    from mudata.home import Home

    home = Home.default()
    made = manifest.load(home, split_)
    if not as_json:
        for title, value in _facts(made):
            if value:
                echo(f"{title + ':':10}{value}")
    _print(home, made, as_json)


def _facts(made: Manifest) -> list[tuple[str, str]]:
    parts = made.query.get("parts", {})
    return [
        ("name", made.name),
        ("sha256", made.sha256),
        ("made", f"{made.created_at} by mudata {made.mudata_version}"),
        ("datasets", ", ".join(made.datasets)),
        ("seed", str(made.seed)),
        ("recipe", made.recipe or ""),
        ("stratify", ", ".join(made.stratify)),
        ("group", ", ".join(made.group)),
        ("parts", ", ".join(f"{part}={share:g}" for part, share in parts.items())),
        *((key, str(value)) for key, value in made.query.items() if key != "parts"),
        *(("note", warning) for warning in made.warnings),
    ]


def _print(home: Home, made: Manifest, as_json: bool, **more: str) -> None:
    from mudata.catalog.splits.balance import label_balance
    from mudata.errors import MudataError

    try:
        rows = [vars(part) for part in label_balance(home, made)]
    except MudataError as error:  # a manifest from elsewhere can be read without its data
        rows = [{"part": part, "clips": len(members)} for part, members in made.parts.items()]
        echo(f"Labels are not told: {error.what}", err=True)
    if as_json:
        facts = {"name": made.name, "sha256": made.sha256, "seed": made.seed, "datasets": made.datasets}
        emit_json(
            {
                **facts,
                "query": made.query,
                "stratify": made.stratify,
                "group": made.group,
                **more,
                "warnings": made.warnings,
                "parts": rows,
            }
        )
        return
    for row in rows:
        labels = sorted((clips, label) for label, clips in row.get("labels", {}).items())
        if labels:
            row["fewest"], row["most"] = (f"{clips} {label}" for clips, label in (labels[0], labels[-1]))
    columns = ["part", "clips", "groups", "fewest", "most", "share", "low", "high", "deviation", "chance", "margin"]
    emit(rows, as_json=False, columns=[name for name in columns if any(row.get(name) is not None for row in rows)])
    if any("margin" in row for row in rows):
        echo("margin: 95 % Wilson at one half, of so many independent clips; clips of one artist are worth fewer.")


@split.command()
@click.option(
    "--margin", type=float, default=0.05, show_default=True, help="How far the 95 % interval of a score may reach."
)
@click.option("--p", type=float, default=0.5, show_default=True, help="The accuracy expected; one half needs the most.")
@click.option("--difference", type=float, default=0.1, show_default=True, help="How far apart two runs are.")
@click.option("--paired", is_flag=True, help="Both runs get the same clips, as runs on one split do.")
@click.option(
    "--discordance", type=float, help="Share of clips that one run has right and the other wrong [with --paired]."
)
@click.option("--labels", type=click.IntRange(min=1), help="So many labels, each of whose recalls is to be as exact.")
@json_option
def plan(as_json: bool, **wishes: Any) -> None:
    """Tell how many clips a question needs, before drawing any.

    Scores have Wilson's interval; runs are told apart at 5 % with 80 % power, those on the same clips by McNemar's
    exact test. All numbers are of independent clips: of clips that share artists more are needed. The last lines
    tell what 100 clips per dataset can show, the size of a published survey (arXiv 2409.09601).
    """
    from mudata.evaluation.metrics.power import plan

    emit(plan(**wishes), as_json=as_json)
    if not as_json:
        echo("Of independent clips; intervals: 95 % Wilson; tests: two-sided 5 % of one comparison.")


@split.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """List the splits in the home."""
    from mudata.catalog.splits import manifest
    from mudata.home import Home

    rows = [
        {
            "name": made.name,
            "datasets": list(made.datasets),
            "parts": [f"{part} {len(members)}" for part, members in made.parts.items()],
            "seed": made.seed,
            "made": made.created_at,
            "sha256": made.sha256 if as_json else made.sha256[:12],
        }
        for made in manifest.load_all(Home.default())
    ]
    emit(rows, as_json=as_json, hint="To draw a split: mudata split NAME --dataset DATASET")


@split.command()
@click.argument("split_", metavar="NAME|FILE", shell_complete=name_completion.splits)
@json_option
def check(split_: str, as_json: bool) -> None:
    """Check a split against the index: edited, clips gone or changed, leaks.
    Exit 1 if it is at fault."""
    from mudata.catalog.splits import check, manifest
    from mudata.home import Home

    home = Home.default()
    made = manifest.load(home, split_)
    with progress(quiet=False).bar("Checking", unit=""):
        findings = check.check(home, made)
    faults = sum(finding.level == "fault" for finding in findings)
    if as_json:
        emit_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            echo(f"{finding.level}: {finding.what}")
            if finding.clip_ids:
                more = f", and {len(finding.clip_ids) - 5} more" if len(finding.clip_ids) > 5 else ""
                echo(f"  {', '.join(finding.clip_ids[:5])}{more}")
        echo(f"{made.name} ({made.sha256[:12]}): {faults or 'no'} faults.", err=True)
    raise SystemExit(1 if faults else 0)


@split.command()
@click.argument("split_", metavar="[NAME|FILE]", required=False, shell_complete=name_completion.splits)
@click.option("--official", metavar="SPLIT", help="Look at a published split instead.")
@click.option(
    "--dataset",
    "datasets",
    multiple=True,
    shell_complete=name_completion.datasets,
    help="The dataset of the published split.",
)
@json_option
def leaks(split_: str | None, official: str | None, datasets: tuple[str, ...], as_json: bool) -> None:
    """Tell what a split's parts share: artists, albums, tracks, songs, exact copies, cuts of one file, and near copies,
    as far as `mudata duplicates` found them. Exit 1 if anything.
    """
    if (split_ is None) == (official is None) or bool(datasets) != bool(official):
        raise click.UsageError("Give the name or file of a split, or --official SPLIT --dataset DATASET.")
    from mudata.catalog.duplicates import near_copies
    from mudata.catalog.index import database
    from mudata.catalog.splits import leaks as looking
    from mudata.catalog.splits import manifest
    from mudata.catalog.splits.candidates import datasets_of
    from mudata.home import Home

    home = Home.default()
    with progress(quiet=False).bar("Comparing the parts", unit=""), database.snapshot(home) as con:
        if official:
            part_of = looking.official(con, datasets_of(con, datasets), official)
        else:
            part_of = (drawn := manifest.load(home, str(split_))).part_of()
        near = near_copies.of_clips(home, con, part_of)
        report = looking.find(con, part_of, near, repaired=not official and drawn.is_repaired)
    if as_json:
        emit_json({**vars(report), "shared": [vars(shared) for shared in report.shared]})
    else:
        echo("\n".join(report.counts()) + "\n")
        if report.shared:
            emit(report.table().rows, as_json=False)
        else:
            echo(looking.NOTHING_SHARED)
    raise SystemExit(1 if report.shared else 0)
