"""Files of answers as accidents leave them, 3,000 of them: read, or refused with what is wrong; never a traceback."""

from __future__ import annotations

import json
import random
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from damage import damaged

from mudata.errors import MudataError
from mudata.evaluation.answer_import import formats, json_rows, zip_members
from mudata.evaluation.answer_import.import_request import ImportRequest
from mudata.evaluation.answer_import.importer import import_answers
from mudata.evaluation.run import Run

if TYPE_CHECKING:
    from small_corpus import Corpus

    from mudata.home import Home

ROWS: dict[str, list[dict[str, object]]] = {
    "cmi-bench": [
        {"question": "Which genre?", "response": "low", "correct_answer": "low", "audioid": f"a/{i}.wav", "other": [1]}
        for i in range(3)
    ],
    "lmms-eval": [
        {"doc_id": i, "target": ["low", "high"], "filtered_resps": ["low"], "resps": [["low", "mid"]], "input": "?",
         "doc": {"id": i, "audio": {"path": f"{i}.wav"}}, "score": {"question_id": f"q{i}", "score": 1.0}}
        for i in range(3)
    ],
    "evalscope": [
        {"index": i, "target": ["low"], "messages": [{"role": "user", "content": [{"type": "text", "text": "Which?"}]},
         {"role": "assistant", "content": "low"}], "model_output": {"choices": [{"message": {"content": "low"}}]},
         "sample_score": {"generation_index": 0, "group_id": i, "sample_metadata": {"id": f"{i}"}}}
        for i in range(3)
    ],
    "mmau": [
        {"id": f"{i}", "audio_id": f"./a/{i}.wav", "question": "Which?", "choices": ["low", "high"], "answer": "low",
         "model_output": "low", "model_prediction": "low"} for i in range(3)
    ],
    "openai-evals": [
        {"run_id": "r", "event_id": i, "sample_id": f"toy.test.{i}", "type": ["sampling", "match", "error"][i],
         "data": {"prompt": [{"role": "user", "content": "Which?"}], "sampled": ["low"], "expected": "low",
                  "message": "no"}} for i in range(3)
    ],
    "jsonl": [
        {"clip_id": f"{i}", "answer": "low", "error": None, "reference": "low", "prompt": "Which?"} for i in range(3)
    ],
}  # fmt: skip
ANSWERS = [
    {"key": "k", "clip_id": f"d/{i}", "answer": "a", "error": None, "seconds": 0.5, "heard_s": 30, "batch": 1,
     "heard_clip": None, "given": None, "notes": {"finish_reason": "stop"}}
    for i in range(3)
]  # fmt: skip


def in_lines(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.mark.slow
def test_files_of_other_programs_are_read_or_refused(tmp_path: Path, home: Home, corpus: Corpus) -> None:
    corpus.publish()
    chance, path = random.Random(20261130), tmp_path / "a.jsonl"
    refused, imported = [], 0
    for number in range(2400):
        program = chance.choice(list(ROWS))
        as_lines = chance.random() < 0.6
        raw = in_lines(ROWS[program]) if as_lines else json.dumps(ROWS[program], indent=1).encode()
        path.write_bytes(damaged(raw, chance, lines=as_lines))
        try:
            found = formats.read(path, program)
            assert all(isinstance(one.answer, str) != (one.error is not None) for one in found)
            if number % 40 == 0:
                import_answers(
                    home,
                    ImportRequest(
                        file=path, format=program, model=f"m{number}", dataset="tones", task="genre", references="file"
                    ),
                )
                imported += 1
        except MudataError as error:
            refused.append(str(error))
    assert 500 < len(refused) < 2000
    assert all(line.isprintable() for text in refused for line in text.splitlines())
    assert imported > 10
    assert {run.parent.name for run in home.runs.glob("*/run.json")} == {
        run.parent.name for run in home.runs.glob("*/scores.json")
    }
    assert not (home.root / "importing").exists()


@pytest.mark.slow
def test_answers_of_a_run_are_read_or_refused(home: Home) -> None:
    chance, run = random.Random(20261201), Run(home.make(home.runs / "r"))
    path, refused = run.folder / "answers.jsonl", []
    for _ in range(600):
        path.write_bytes(damaged(in_lines(ANSWERS), chance, lines=True))
        try:
            run.answers()
        except MudataError as error:
            refused.append(str(error))
    assert 100 < len(refused) < 600
    assert [text for text in refused if not text.startswith(str(path))] == []


LOGS = Path(__file__).parents[2] / "data" / "other_programs"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["inspect-epochs.eval", "inspect-epochs.json"])
def test_logs_of_inspect_are_read_or_refused(tmp_path: Path, name: str) -> None:
    chance, path = random.Random(20261201), tmp_path / name
    raw, refused = (LOGS / name).read_bytes(), []
    for _ in range(300):
        path.write_bytes(damaged(raw, chance, lines=False))
        try:
            found = formats.read(path, "inspect")
            assert all(isinstance(one.answer, str) != (one.error is not None) for one in found)
        except MudataError as error:
            refused.append(str(error))
    assert 100 < len(refused) < 300
    assert all(line.isprintable() for text in refused for line in text.splitlines())


def _archive(path: Path, sizes: dict[str, int]) -> Path:
    """An archive with members of zero bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, size in sizes.items():
            archive.writestr(name, bytes(size))
    return path


def test_what_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_members, "LARGEST_MEMBER", 1000)
    monkeypatch.setattr(zip_members, "LARGEST_SUM", 1500)
    with pytest.raises(MudataError, match=r"samples/a.json unpacks to 1,001 bytes, more than 1,000"):
        formats.read(_archive(tmp_path / "a.eval", {"samples/a.json": 1001}), "inspect")
    with pytest.raises(MudataError, match=r"its members unpack to 1,600 bytes, more than 1,500"):
        formats.read(_archive(tmp_path / "b.eval", {"samples/a.json": 800, "samples/b.json": 800}), "inspect")
    monkeypatch.setattr(json_rows, "LARGEST", 10)
    with pytest.raises(MudataError, match=r"has 11 bytes, more than a file of answers may have"):
        formats.read(_written(tmp_path / "c.jsonl", b"[          "), "mmau")


def _written(path: Path, raw: bytes) -> Path:
    path.write_bytes(raw)
    return path


def test_a_directory_that_lies_about_a_member_is_found_out(tmp_path: Path) -> None:
    raw = bytearray((LOGS / "inspect-epochs.eval").read_bytes())
    entry = raw.index(b"PK\x01\x02", raw.rindex(b"samples/") - 60)
    length = int.from_bytes(raw[entry + 24 : entry + 28], "little")
    raw[entry + 24 : entry + 28] = (length - 1).to_bytes(4, "little")  # the unpacked size: APPNOTE.TXT, 4.3.12
    with pytest.raises(MudataError, match=r"samples/tone07_epoch_2.json is damaged \(length or checksum differ\)"):
        formats.read(_written(tmp_path / "a.eval", bytes(raw)), "inspect")


def test_names_within_an_archive_lead_nowhere(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    path = inside / "a.eval"
    sample = json.dumps({"id": "a", "output": {"choices": [{"message": {"content": "low"}}]}})
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("samples/../../out.json", "/samples/out.json", "samples/../ok.json"):
            archive.writestr(name, sample)
    assert len(formats.read(path, "inspect")) == 2  # what begins otherwise is no sample
    assert sorted(found.name for found in tmp_path.rglob("*") if found.is_file()) == ["a.eval"]


@pytest.mark.slow
def test_whatever_a_header_of_an_archive_says_it_is_read_or_refused(tmp_path: Path) -> None:
    """Versions, patches and encryptions that zipfile does not know, among them."""
    raw, refused = (LOGS / "inspect-epochs.eval").read_bytes(), 0
    entry = raw.index(b"PK\x01\x02", raw.rindex(b"samples/") - 60)
    for at in range(entry, entry + 46):
        for value in (raw[at] ^ 0x20, raw[at] ^ 0x40, 0xFF):
            changed = raw[:at] + bytes([value]) + raw[at + 1 :]
            try:
                formats.read(_written(tmp_path / "a.eval", changed), "inspect")
            except MudataError:
                refused += 1
    assert refused > 50


KEYS = (
    "sk-proj-ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    "hf_ABCDEFGHIJKLMNOPQRSTUVWXYZ1abcdefgh",
    "AIzaSyA1234567890abcdefgh",
)
"""Made up."""


@pytest.mark.parametrize("key", KEYS)
def test_keys_that_a_log_echoes_are_not_kept(tmp_path: Path, key: str) -> None:
    said = f"Authorization: Bearer {key}"
    elsewhere = "401 of https://a.b/c?key=abc123def456ghi789&d, 'api_key': '0123456789abcdef'"
    samples = [
        {"id": "a", "input": said, "output": {"choices": [{"message": {"content": f"low {key}"}}]}},
        {"id": "b", "input": "?", "error": {"message": f"Incorrect API key provided: {key}."}},
        {"id": "c", "input": "?", "error": {"message": elsewhere}},
    ]
    log = {"version": 2, "eval": {"model_args": {"api_key": key}}, "samples": samples}
    found = formats.read(_written(tmp_path / "a.json", json.dumps(log).encode()), "inspect")
    assert not [one for one in found if key in repr(one)]
    assert (found[0].answer, found[0].question) == ("low [key]", "Authorization: Bearer [key]")
    assert found[1].error == "failed-elsewhere: Incorrect API key provided: [key]."
    assert found[2].error == "failed-elsewhere: 401 of https://a.b/c?key=[key]&d, 'api_key': '[key]'"
