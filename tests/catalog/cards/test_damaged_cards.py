"""Cards as accidents leave them, 1,000 of them: read, or refused with their file and line; never a traceback."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest
import yaml
from damage import damaged

from mudata.catalog.cards import lexicon, loader
from mudata.catalog.cards.schema import Card
from mudata.catalog.read.reader import read
from mudata.errors import CardError, MudataError
from mudata.evaluation.models.model_card import ModelCard
from mudata.evaluation.suites.suite import Suite

CARD = """\
name: odd
aliases: [odder]
title: Odd Set
summary: Sounds of all sorts.
tags: [genre, mood]
format: wav
duration: {min: 0.5, max: 10}
licence: {text: CC0, spdx: CC0-1.0, usage: unrestricted, redistributable: true}
citation: {text: Nobody., bibtex: "@misc{nobody}"}
homepage: https://example.org
availability: open
subsets: {small: {title: a few, size: 1 MB}, all: {title: everything}}
default_subset: small
sources:
  audio:
    what: sounds
    mirrors:
      - {kind: http, files: [{path: a.zip, url: "https://example.org/a.zip", unpack: archive, keep: ["**/*.wav"]}]}
      - {kind: huggingface, repo: a/b, revision: main, files: [{path: "*.parquet", unpack: rows}],
         rows: {audio: audio, path: "audio/{row:04d}.wav", table: rows.parquet}}
      - {kind: http-clips, url: "https://example.org/{track}", path: "audio/{track}.mp3"}
  tables: {what: lists, optional: true, mirrors: [{kind: local, how: Make some.}]}
tables:
  list: {path: list.csv, optional: true, columns: {id: VARCHAR, mood: VARCHAR}, select: "FROM read_csv({path})"}
clips:
  - {files: ["{genre}/{track}_{stem}.wav"], id: "{genre}.{stem}", groups: {track: "{track}"}, crop: {first: 3}}
labels:
  genre: {part: genre, vocabulary: [{id: rock, aliases: [rocky]}, jazz], compounds: {jazz rock: [jazz, rock]}}
  mood: {kind: multi, select: "SELECT id, mood AS label FROM list", vocabulary: [calm, wild]}
captions: {select: "SELECT id, mood AS text FROM list"}
splits: {official: {title: theirs, parts: [train, test], select: "SELECT id, 'train' AS part FROM list"}}
faults: [{ids: [rock.1], kind: corrupt, action: drop, note: cut, source: mine}]
expected: {clips: {small: 1, all: 2}, duration: [0.5, 10], labels: {genre: {rock: 1}}}
tasks: {genre: {kind: classify, namespace: genre, noun: genre}, words: {kind: caption, noun: caption}}
"""
MODEL = """\
name: odd-llm
title: Odd
family: served
licence: {text: MIT, usage: unrestricted}
options: {model: odd, base_url: "http://localhost:8000/v1", concurrency: 2}
sample_rate: 16000
prompts: {classify: "Which {noun}: {options}?"}
trained_on: {gtzan: its paper}
"""
SUITE = """\
name: mine
title: My paper
source: {text: Me, url: "https://example.org"}
exams: {one: {title: One, dataset: gtzan, task: genre, split: {n: 10, train: 5, group: [artist]}}}
tables: [{title: T, n: 10, columns: [{title: G, exam: one, metric: accuracy}], rows: {a: [0.5], b: [null]}}]
models: {a: [odd-llm]}
"""
WORDS = """\
title: words
concepts: {rock: {aliases: [rocky], synonyms: [stone], translations: {de: [Fels]}}, pop: {}}
guards: [rock hard]
compounds: {pop rock: [pop, rock]}
"""
KINDS = [(CARD, Card), (CARD, Card), (MODEL, ModelCard), (SUITE, Suite), (WORDS, lexicon.Lexicon)]


@pytest.mark.parametrize(("text", "kind"), KINDS[1:])
def test_the_cards_that_are_damaged_are_sound_before(tmp_path: Path, text: str, kind: type) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    made = loader.parse(path, kind)
    if isinstance(made, Card):
        assert read(made, tmp_path / "files").clips.num_rows == 0


@pytest.mark.slow
def test_a_thousand_damaged_cards_are_read_or_refused(tmp_path: Path) -> None:
    chance, path = random.Random(20261129), tmp_path / "odd.yaml"
    (tmp_path / "files").mkdir()
    refused: list[str] = []
    for number in range(1000):
        text, kind = chance.choice(KINDS)
        path.write_bytes(damaged(text.encode(), chance, as_yaml=True))
        try:
            made = loader.parse(path, kind)
        except CardError as error:
            refused.append(str(error))
            continue
        with contextlib.suppress(MudataError):  # SQL and patterns are tried with the files
            if isinstance(made, Card):
                loader.sha256(made)
                str(made)
                if number % 5 == 0:
                    read(made, tmp_path / "files")
    assert 500 < len(refused) < 1000
    assert [text for text in refused if not text.startswith(f"{path}:")] == []


@pytest.mark.parametrize(
    ("was", "now", "line", "what"),
    [
        ("path: a.zip", "path: .", 18, "a path within the folder is expected"),
        ("path: a.zip", 'path: ""', 18, "a path within the folder is expected"),
        ("path: a.zip", "path: ../a.zip", 18, "a path within the folder is expected"),
        ("path: a.zip", "path: /etc/passwd", 18, "a path within the folder is expected"),
        ("table: rows.parquet", "table: ../rows.parquet", 20, "a path within the folder is expected"),
        ("path: list.csv", "path: .", 24, "a pattern of paths within the folder is expected"),
        ("path: list.csv", "path: ../list.csv", 24, "a pattern of paths within the folder is expected"),
        ('["{genre}/{track}_{stem}.wav"]', '"."', 26, "a pattern of paths within the folder is expected"),
        ('["{genre}/{track}_{stem}.wav"]', '"/{stem}.wav"', 26, "a pattern of paths within the folder is expected"),
        ('keep: ["**/*.wav"]', 'keep: [""]', 18, "a pattern of paths within the folder is expected"),
        ('id: "{genre}.{stem}"', 'id: "{stem:>3000000000}"', 26, "braces hold a name"),
        ('id: "{genre}.{stem}"', 'id: "{stem.__class__}"', 26, "braces hold a name"),
        ("{row:04d}", "{row:03000000000d}", 20, "braces hold a name, or name:04d"),
        ("{row:04d}", "{row!r}", 20, "braces hold a name"),
        ('track: "{track}"', 'track: "{track"', 26, "braces have to be closed"),
        ("example.org/{track}", "example.org/{track[0]}", 21, "braces hold a name"),
        ("max: 10}", "max: .inf}", 7, "Input should be a finite number"),
        ("min: 0.5", "min: .nan", 7, "Input should be a finite number"),
        ("title: Odd Set", "title: 2024", 3, r"a text is expected here; put it into quotes .got '2024'"),
        ("title: Odd Set", "title: true", 3, r"a text is expected here; put it into quotes .got 'True'"),
        ("jazz],", "jazz, rock],", 28, "labels listed twice: rock"),
        ("name: odd\n", "name: odd\nname: odd\n", 2, "the key 'name' is here again; it was first in line 1"),
    ],
)
def test_what_a_card_cannot_say_is_told_with_its_line(tmp_path: Path, was: str, now: str, line: int, what: str) -> None:
    path = tmp_path / "odd.yaml"
    assert was in CARD
    path.write_text(CARD.replace(was, now, 1))
    with pytest.raises(CardError, match=rf"odd\.yaml:{line}: .*{what}"):
        loader.parse(path, Card)


def test_words_that_yaml_1_1_took_for_something_else_are_labels(tmp_path: Path) -> None:
    text = CARD.replace(
        "[{id: rock, aliases: [rocky]}, jazz], compounds: {jazz rock: [jazz, rock]}", "[yes, no, 2024-01-02]"
    )
    text = text.replace("labels: {genre: {rock: 1}}", "labels: {genre: {no: 1}}").replace("title: Odd Set", "title: on")
    (tmp_path / "odd.yaml").write_text(text)
    made = loader.parse(tmp_path / "odd.yaml", Card)
    assert [label.id for label in made.labels["genre"].vocabulary] == ["yes", "no", "2024-01-02"]
    assert (made.expected.labels, made.title) == ({"genre": {"no": 1}}, "on")
    (tmp_path / "odd.yaml").write_text(text.replace("redistributable: true", "redistributable: no"))
    assert loader.parse(tmp_path / "odd.yaml", Card).licence.redistributable is False


def test_functions_of_lists_are_written_as_duckdb_2_wants_them(tmp_path: Path) -> None:
    said = "SELECT id, list_transform([mood], lambda x: upper(x))[1] AS label FROM list"
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "list.csv").write_text("id,mood\nrock.1,calm\n")
    written = yaml.safe_load(CARD)
    for select in (said, said.replace("lambda x:", "x ->")):
        written["labels"]["mood"]["select"] = select
        (tmp_path / "odd.yaml").write_text(yaml.safe_dump(written))
        made = loader.parse(tmp_path / "odd.yaml", Card)
        if select is said:
            read(made, tmp_path / "files")
        else:
            with pytest.raises(CardError, match=r"labels\.mood.*: A function .* `lambda x: x \+ 1`, not `x -> x \+ 1`"):
                read(made, tmp_path / "files")
