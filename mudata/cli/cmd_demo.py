"""`mudata demo`: the whole way on music that mudata composes itself,
as the commands one would type."""

from __future__ import annotations

import shlex

import click

from mudata.cli.output import echo

STEPS: tuple[tuple[str, str], ...] = (
    ("Compose 96 clips in eight styles, normalise and index them", "fetch demo"),
    (
        "Ask the index anything, in SQL",
        'sql "SELECT canonical AS genre, count(*) AS clips, count(DISTINCT artist) AS artists,'
        " round(avg(cast(a.value AS DOUBLE))) AS bpm"
        " FROM clips JOIN labels USING (clip_id) JOIN attributes a USING (clip_id)"
        " WHERE namespace = 'genre' AND a.name = 'tempo_bpm' AND clips.dataset = 'demo' GROUP BY ALL ORDER BY ALL\"",
    ),
    (
        "Draw a split: genres balanced, no ensemble on two sides",
        "split demo-genre --dataset demo --stratify genre --group artist --parts train=0.5,test=0.5 --seed 0 --force",
    ),
    ("Chance: a seeded random answer", "eval --model random --split demo-genre --task genre"),
    ("The most frequent label", "eval --model majority --split demo-genre --task genre"),
    (
        "Classic features and a classifier, fitted on the train part",
        "eval --model features --split demo-genre --task genre",
    ),
    (
        "An audio-language model with random weights: the way of a real checkpoint, with nothing learned",
        "eval --model untrained --split demo-genre --task genre",
    ),
    ("All of them side by side", "score"),
)

NEXT = """
That was the whole way. To look at all of it in a browser (needs mudata-music[browse]):

  mudata browse

Next, a small exam about such clips: what gives its answers away, and who hears and who guesses:

  mudata fetch demo_exam
  mudata exams lint demo_exam
  mudata eval --suite heard --exams demo_exam --models random,constant

And GTZAN (1,000 clips, ten genres):

  mudata fetch gtzan --accept-licence
  mudata split gtzan-artists --dataset gtzan --stratify genre --group artist --parts train=0.7,validation=0.1,test=0.2
  mudata eval --model features --split gtzan-artists --task genre
"""


@click.command()
def demo() -> None:
    """Compose a small dataset and take it the whole way; no network is needed."""
    from mudata.cli import cli

    for title, line in STEPS:
        click.secho(f"\n# {title}", fg="cyan", err=True)
        click.secho(f"$ mudata {line}", bold=True, err=True)
        try:
            code = cli.main(shlex.split(line), standalone_mode=False)
        except SystemExit as stop:
            code = stop.code
        if code:
            raise SystemExit(code)
    echo(NEXT, err=True)
