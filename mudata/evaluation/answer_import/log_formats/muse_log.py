"""The logs of MUSE's runners (brandoncarone/MUSE_music_benchmark@a9e4acd, Gemini_Qwen_AF_logs/*.log), text.

    2025-09-05 20:18:23,620 - --- Question 1 ---
    2025-09-05 20:18:23,620 - Stimuli: file1=/home/x/a.wav, file2=/home/x/b.wav
    2025-09-05 20:18:29,364 - [SYSINST/GroupA] Q1 - LLM Full Response:
    Yes, these are the same exact melody.
    2025-09-05 20:18:29,364 - Parsed Final Answer: Yes, these are the same exact melody.
    2025-09-05 20:18:29,364 - Evaluation: Correct

Of a stimulus only the file's name says anything: folders are those of whoever ran it. Audio Flamingo 3 got both
excerpts in one file, said to be combined or in a folder of that name; its name joins theirs by two underscores. Every
seed asks in an order of its own, so a question's number says nothing: a trial is known by task, group and files. Where
the runner found its answer right, what it parsed is the truth; else it says what it expected. A file name has task,
group and seed (oddballs_G25Pro_CHAT_SYSINST_GroupA_seed1.log): the seeds of one trial are its passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mudata.errors import EvaluationError
from mudata.evaluation.answer_import.clip_names import file_stem
from mudata.evaluation.answer_import.file_answer import Entry, FileAnswer
from mudata.evaluation.answer_import.json_rows import text

_LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - ", re.MULTILINE)
_QUESTION = re.compile(r"\s*--- Question (\d+) ---")
_STIMULI = re.compile(r"Stimul(?:i|us)(?P<joined> \(combined\))?:\s*(?P<files>file1?=.*)", re.DOTALL)
_FILE = re.compile(r"(?:^|, )file\d?=(.*?)(?=, file\d=|\s*$)", re.DOTALL)
_ANSWER = re.compile(r"\[[^\]]*\] Q\d+ - LLM Full Response:[ \t]*\n?(.*)", re.DOTALL)
_PARSED = re.compile(r"Parsed Final Answer: (.*?)\s*$", re.DOTALL)
_EXPECTED = re.compile(
    r"Evaluation: Incorrect \(expected=(.*?)(?:, (?:prog\d|left|right|level\d|\w+)=.*)?\)\s*$", re.DOTALL
)
_RIGHT = re.compile(r"Evaluation: Correct")
_ERROR = re.compile(r"(?:\[[^\]]*\] Q\d+ - )?(?:API )?Error\b.*", re.DOTALL | re.IGNORECASE)
_NAME = re.compile(r"(?P<task>.+?)_(?P<model>[^_]+)_CHAT_(?P<mode>[A-Z]+)_Group(?P<group>[A-Z])_seed(?P<seed>\d+)")


def entries(path: Path) -> Iterator[Entry]:
    """Every trial, in order. Raises EvaluationError where the file is none of these logs."""
    said = text(path)
    named = _NAME.match(path.stem)
    starts = list(_LINE.finditer(said))
    ends = [*(match.start() for match in starts[1:]), len(said)]
    trial: dict[str, str] = {}
    line, before = 1, 0
    found = False
    for match, end in zip(starts, ends, strict=False):
        line, before = line + said.count("\n", before, match.start()), match.start()
        message = said[match.end() : end]
        if question := _QUESTION.match(message):
            if trial:
                yield _entry(trial, named)
            trial, found = {"number": question[1], "line": str(line + question[0].count("\n"))}, True
        elif trial:
            _read(message, trial)
    if trial:
        yield _entry(trial, named)
    if not found:
        raise EvaluationError(
            f"{path}, line 1: this is no log of MUSE's runners: no line says '--- Question 1 ---'.",
            "Give a .log file, or choose another --format.",
        )


def _read(message: str, trial: dict[str, str]) -> None:
    """What a message says of the trial."""
    if stimuli := _STIMULI.match(message):
        trial["files"] = stimuli["files"]
        trial["joined"] = stimuli["joined"] or ""
    elif answer := _ANSWER.match(message):
        trial["answer"] = answer[1].rstrip("\n")
    elif parsed := _PARSED.match(message):
        trial["parsed"] = parsed[1]
    elif expected := _EXPECTED.match(message):
        trial["gold"] = expected[1]
    elif _RIGHT.match(message):
        trial["gold"] = trial.get("parsed", "")
    elif "answer" not in trial and _ERROR.match(message):
        trial["error"] = message.strip()


def _entry(trial: dict[str, str], named: re.Match[str] | None) -> Entry:
    paths = [re.split(r"[/\\]", name.strip()) for name in _FILE.findall(trial.get("files", ""))]
    files = [path[-1] for path in paths]
    if len(files) == 1 and (trial.get("joined") or "combined" in paths[0][:-1]):
        files = [part for part in files[0].removesuffix(".wav").split("__") if part]
    answer, gold = trial.get("answer"), trial.get("gold")
    failed = trial.get("error")
    row = {**trial, "files": files, **(named.groupdict() if named else {})}
    return Entry(
        FileAnswer(
            int(trial["line"]),
            _ids(files, named),
            answer,
            None if answer is not None else f"failed-elsewhere: {failed}" if failed else "no-answer: the log has none",
            references=(gold,) if gold else (),
            clips=tuple(files),
            pass_number=int(named["seed"]) - 1 if named else None,
        ),
        row,
    )


def _ids(files: list[str], named: re.Match[str] | None) -> tuple[str, ...]:
    """Which trial it is: task and group, and the files: oddballs.A/M9_Gm__M9_Odd_Gm."""
    return (f"{named['task']}.{named['group']}/{'__'.join(map(file_stem, files))}",) if named and files else ()
