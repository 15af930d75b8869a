"""`mudata listen new` and `show`: a listening test is designed, and looked at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mudata.cli import name_completion
from mudata.cli.output import common, echo, emit_json, json_option, progress
from mudata.home import Home

if TYPE_CHECKING:
    from collections.abc import Iterable


@click.command("new")
@click.argument("test")
@click.option(
    "--kind",
    type=click.Choice(["mos", "pairwise", "texts"]),
    default="mos",
    show_default=True,
    help="mos: marks for one clip's one text. pairwise: two clips, one text. texts: one clip, two texts.",
)
@click.option(
    "--runs", required=True, metavar="A,B,...", help="Runs whose answers are rated, or beginnings of their ids."
)
@click.option(
    "--split", required=True, shell_complete=name_completion.splits, help="The split that they were asked about."
)
@click.option("--part", shell_complete=name_completion.parts, help="Its part [default: that of the runs].")
@click.option("--n", type=int, default=40, show_default=True, help="Clips that are rated.")
@click.option("--raters", type=int, default=20, show_default=True, help="People who rate.")
@click.option("--per-rater", type=int, help="Trials that count of each rater [default: what --minutes allow].")
@click.option("--minutes", type=float, default=30.0, show_default=True, help="How long a rater may be kept.")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws clips, who hears what, orders and sides.")
@click.option(
    "--anchors",
    default="reference,wrong-clip",
    show_default=True,
    help="Hidden systems that are no models: people's words of the clip, and of another one; or none.",
)
@click.option("--scale", type=click.Choice(["1-5", "0-5"]), default="1-5", show_default=True, help="Of mos.")
@click.option("--practice", type=int, default=2, show_default=True, help="Trials before the first that counts.")
@click.option("--checks", type=int, default=3, show_default=True, help="Trials that say what to choose.")
@click.option(
    "--failed-checks", type=int, default=1, show_default=True, help="Whoever fails more of them does not count."
)
@click.option(
    "--least-share", type=float, default=0.5, show_default=True, help="Whoever rates less of their trials does not."
)
@click.option("--seconds", type=float, help="Of a clip at most [default: 10 for pairwise, else 30].")
@click.option("--aspects", type=click.Path(path_type=Path), help="What is asked, as YAML [default: mudata's own].")
@click.option("--consent", multiple=True, metavar="LANGUAGE=FILE", help="Your own text that raters agree to.")
@click.option("--contact", default="", help="Whom raters may ask, such as an e-mail address; they see it.")
@click.option("--dry-run", is_flag=True, help="Tell the numbers only, and make nothing.")
@common
def new(test: str, *, dry_run: bool, as_json: bool, quiet: bool, **asked: Any) -> None:
    """Design a listening test, and seal it.

    Who hears what, in which order, and whose ratings will not count is drawn once and never changed.
    Clips and systems are balanced: every clip is rated with every system equally often, every rater has every system
    equally often and a clip once, places in the order and sides are shared alike. Numbers for which that cannot be are
    refused with the nearest that can. Sound is made equally loud; models have no names in what raters see.

    The same seed gives the same design. A test that is there is never overwritten. Stopped at any moment, the same
    command makes it again.

    \b
    mudata listen new captions --runs qwen,salmonn --split musiccaps-exam --dry-run
    mudata listen new captions --runs qwen,salmonn --split musiccaps-exam --n 40 --raters 20
    mudata listen new which --kind texts --runs qwen,salmonn --split musiccaps-exam --per-rater 18
    """
    from mudata.evaluation.listening.listening_request import SCALES, ListeningRequest
    from mudata.evaluation.listening.planned_test import plan_test
    from mudata.evaluation.listening.test_maker import make_test
    from mudata.evaluation.listening.test_view import design_lines, design_record

    request = ListeningRequest(
        name=test,
        runs=tuple(filter(None, map(str.strip, asked.pop("runs").split(",")))),
        anchors=_anchors(asked.pop("anchors")),
        scale=SCALES[asked.pop("scale")],
        consent=_consent(asked.pop("consent")),
        **asked,
    )
    home, say = Home.default(), progress(quiet)
    if dry_run:
        planned = plan_test(home, request)
        systems, design, power = planned.rated.systems, planned.design(), planned.power()
        if as_json:
            known = {"test": test, "kind": request.kind, "systems": [vars(system) for system in systems]}
            emit_json(known | {"minutes": planned.minutes, "design": design, "power": power})
        else:
            _print(design_lines(request.kind, systems, planned.minutes, design, power))
        return
    made = make_test(home, request, say)
    if as_json:
        emit_json(design_record(made))
        return
    _print(design_lines(made.kind, made.systems, made.minutes, made.design, made.power))
    say.say(f"Next: mudata listen serve {test}")


@click.command("show")
@click.argument("test", shell_complete=name_completion.listening_tests)
@click.option("--links", is_flag=True, help="Also each rater's secret token, of which a link is made.")
@json_option
def show(test: str, *, links: bool, as_json: bool) -> None:
    """Tell how a listening test is designed.

    Numbers, systems, who is left out, and what can be told apart.
    """
    from mudata.evaluation.listening import listening_test, rater_links
    from mudata.evaluation.listening.test_view import design_lines, design_record, rule_line

    home = Home.default()
    found = listening_test.read(home, test)
    tokens = rater_links.read(listening_test.folder_of(home, test), found) if links else {}
    if as_json:
        emit_json(design_record(found) | ({"tokens": dict(tokens)} if links else {}))
        return
    _print(design_lines(found.kind, found.systems, found.minutes, found.design, found.power))
    if not found.is_imported:  # of ratings from elsewhere everybody counts
        echo(rule_line(found.rule))
    echo(f"Sealed: sha256 {found.sha256[:12]}, seed {found.seed}, mudata {found.mudata_version}, {found.created_at}")
    for rater, token in tokens.items():
        echo(f"{rater}  /r/{token}")


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        echo(line)


def _anchors(text: str) -> tuple[Any, ...]:
    from mudata.evaluation.listening.listening_request import ANCHORS

    names = {name.strip() for name in text.split(",") if name.strip()}
    if unknown := sorted(names - {*ANCHORS, "none"}):
        raise click.UsageError(f"--anchors {unknown[0]}: {', '.join([*ANCHORS, 'none'])} are known.")
    return tuple(anchor for name, anchor in ANCHORS.items() if name in names)


def _consent(given: Iterable[str]) -> dict[str, str]:
    from mudata.json_files import read_text

    texts = {}
    for one in given:
        language, equals, file = one.partition("=")
        if not (equals and len(language) == 2 and language.isalpha() and file):
            raise click.UsageError(f"--consent {one}: a language and a file are expected, such as en=consent.txt.")
        texts[language.lower()] = read_text(Path(file), "The consent text")
    return texts
