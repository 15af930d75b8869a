"""Whatever is wrong with what mudata is given: a sentence says so, the exit code too, and nobody sees a traceback."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest
import shelf
import soundfile
import tiny_set
import yaml
from misbehaving import Answer, Server
from shell import Done, spawned, typed
from small_corpus import Corpus
from tiny_set import archive, as_dict, built, http

from mudata.catalog.splits import draw, manifest
from mudata.catalog.splits.split_request import SplitRequest
from mudata.home import Home

CARD = """\
name: odd
title: Odd Set
summary: Sounds of all sorts.
tags: [genre]
format: wav
duration: {min: 0, max: 10}
licence: {text: CC0, usage: unrestricted, redistributable: true}
citation: {text: Nobody., bibtex: "@misc{nobody}"}
homepage: https://example.org
availability: open
sources: {audio: {what: sounds, mirrors: [{kind: local, how: Make some.}]}}
clips: [{files: ["{genre}/{stem}.wav", "{genre}/{stem}.mp3"]}]
labels: {genre: {part: genre, vocabulary: [rock, jazz]}}
tasks: {genre: {kind: classify, namespace: genre, noun: genre}}
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def sound(path: Path, rate: int = 8000, channels: int = 1, frames: int | None = None, **options: str) -> Path:
    """A tone of 0.3 s, half of full scale."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = round(0.3 * rate) if frames is None else frames
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(count) / rate)
    soundfile.write(path, np.repeat(wave[:, None], channels, 1), rate, **options)
    return path


def card(folder: Path, text: str = CARD, name: str = "odd") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return path


def refused(done: Done, *said: str, code: int = 2) -> None:
    """What happened, what was expected and what to do next is in the message; nothing was printed as data."""
    assert done.code == code, done.err
    assert done.out == ""
    for text in said:
        assert text in done.err


# ------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("info gtzn", "No dataset named 'gtzn'. Did you mean 'gtzan'?"),
        ("cite GTZN", "Did you mean 'gtzan'?"),
        ("fetch gtzn", "Did you mean 'gtzan'?"),
        ("stats gtzn", "Did you mean 'gtzan'?"),
        ("verify gtzn", "Did you mean 'gtzan'?"),
        ("split exam --dataset gtzn", "Did you mean 'gtzan'?"),
        ("models info randm", "No model named 'randm'. Did you mean 'random'"),
        ("eval --model fetures --split exam", "No model named 'fetures'. Did you mean 'features'?"),
        ("list --tag genr", "No tag named 'genr'. Did you mean 'genre'?"),
        ("stats gtzan", "'gtzan' is not in the index.\nRun: mudata fetch gtzan"),
        ("split show exam", "No split named 'exam'.\nKnown: none yet.\nMake one: mudata split NAME --dataset"),
        ("score exam", "No run named 'exam'."),
    ],
)
def test_a_name_that_nobody_knows_is_told_with_its_neighbours(words: str, said: str) -> None:
    refused(typed(*words.split()), said)


# ------------------------------------------------------------------------------------- cards


@pytest.mark.parametrize(
    ("right", "wrong", "line", "said"),
    [
        ("[genre]\nformat", "[genre\nformat", 5, "not valid YAML"),
        ("title: Odd", "\ttitle: Odd", 2, "not valid YAML: found a tab character"),
        ("title: Odd Set", "titel: Odd Set", 2, "titel: there is no such key (got 'Odd Set')"),
        ("title: Odd Set\n", "", 1, "title: this key is missing"),
        ("duration: {min: 0, max: 10}", "duration: 10", 6, "duration: keys with values are expected here (got '10')"),
        ("min: 0, max", "min: ten, max", 6, "duration.min: Input should be a valid number"),
        ("[genre]\nformat", "[gnre]\nformat", 4, "tags.0: Input should be 'genre', 'mood',"),
        ("kind: local", "kind: lokal", 11, "Input tag 'lokal'"),
        ("{stem}.wav", "{stem.wav", 12, "clips.0.files.0: Pattern '{genre}/{stem.wav': a brace is not closed"),
        ("vocabulary: [rock, jazz]", "vocabulary: [rock, rock]", 13, "labels listed twice: rock"),
        ("namespace: genre, noun", "namespace: mood, noun", 1, "task 'genre' asks for labels.mood"),
        ("name: odd", "name: even", 1, "the card is named 'even', its file 'odd'.\nRename the file to even.yaml"),
        (CARD, "", 1, "the card: keys with values are expected here"),
        (CARD, "\x00", 1, "not valid YAML"),
    ],
)
def test_a_broken_card_is_told_with_file_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: str, wrong: str, line: int, said: str
) -> None:
    assert right in CARD
    path = card(tmp_path, CARD.replace(right, wrong))
    for words in (["fetch", "--card", path], ["info", path]):
        refused(typed(*words), f"{path}:{line}: ", said)
    checked = typed("cards", "check", tmp_path)
    assert checked.code == 1
    assert said.partition("\n")[0] in checked.out
    assert checked.err == "0 of 1 cards are fine.\n"
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path))
    refused(typed("fetch", "odd"), f"{path}:{line}: ")


def test_a_card_that_is_not_there_is_told(tmp_path: Path) -> None:
    refused(typed("fetch", "--card", tmp_path / "none.yaml"), "none.yaml' does not exist")
    refused(typed("info", tmp_path / "none.yaml"), "none.yaml: no such file.\nGive the path of a card")
    refused(typed("cards", "check", tmp_path), f"There is no card (*.yaml) in {tmp_path}.")


@pytest.mark.parametrize(
    "select",
    [
        "SELECT * FROM read_csv('{outside}/secret.csv')",
        "SELECT * FROM read_csv('../../../../secret.csv')",
        "SELECT * FROM '{outside}/secret.csv'",
        "SELECT content AS id FROM read_text('{outside}/secret.csv')",
        "SELECT file AS id FROM glob('{outside}/*')",
        "COPY (SELECT 1 AS id) TO '{outside}/written.csv'",
        "SELECT 1 AS id; COPY (SELECT 1) TO '{outside}/written.csv'",
        "WITH x AS (COPY (SELECT 1) TO '{outside}/written.csv') FROM x",
        "ATTACH '{outside}/written.duckdb'",
        "CREATE TABLE clips AS SELECT 1 AS id",
        "SET enable_external_access = true",
        "PRAGMA enable_external_access = true",
        "INSTALL httpfs",
        "SELECT getenv('HOME') AS id",
    ],
)
@pytest.mark.parametrize("place", ["tables", "clips", "labels"])
def test_the_sql_of_a_card_stays_in_its_folder(tmp_path: Path, select: str, place: str) -> None:
    (tmp_path / "secret.csv").write_text("id,path,label\n1,rock/1.wav,rock\n")
    own = sound(tmp_path / "own" / "rock" / "1.wav").parent.parent
    (own / "list.csv").write_text("id\n1\n")
    wrong = '"' + select.format(outside=tmp_path) + '"'
    table = "tables: {list: {path: list.csv, columns: {id: VARCHAR}, select: "
    text = CARD + (f"{table}{wrong}}}}}\n" if place == "tables" else "")
    if place == "clips":
        text = text.replace('"{genre}/{stem}.mp3"]', '"{genre}/{stem}.mp3"], select: ' + wrong)
    elif place == "labels":
        text = text.replace("{part: genre,", f"{{select: {wrong},")
    done = typed("fetch", "--card", card(tmp_path, text), "--from", own)
    refused(done, f"Error: Card odd: {place}.", "A card's SQL is one SELECT; it may only read below its folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["odd.yaml", "own", "secret.csv"]


@pytest.mark.parametrize("path", ["../../../../secret.wav", "/etc/passwd", "rock/../../secret.wav", "..\\\\secret.wav"])
def test_a_clip_of_a_card_stays_in_its_folder(tmp_path: Path, path: str) -> None:
    own = sound(tmp_path / "own" / "rock" / "1.wav").parent.parent
    sound(tmp_path / "secret.wav")
    select = f"select: \"SELECT 'x' AS id, '{path}' AS path, 'rock' AS genre\""
    text = CARD.replace('"{genre}/{stem}.mp3"]', f'"{{genre}}/{{stem}}.mp3"], {select}')
    done = typed("fetch", "--card", card(tmp_path, text), "--from", own)
    refused(done, "odd: paths of clips that are no plain relative path:", "Correct the card's clip rule", code=1)


# ---------------------------------------------------------------------------------- archives


def tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as made:
        for info, data in members:
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    return out.getvalue()


def deflated(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(CLIP, data)
    return out.getvalue()


def named(name: str, **facts: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for key, value in facts.items():
        setattr(info, key, value)
    return info


def linked(name: str, target: str) -> bytes:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(info, target)
    return out.getvalue()


CLIP = "tiny/rock.00000.wav"
WAV = tiny_set.tone(440, 0.3)


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (tiny_set.zipped({CLIP: WAV, "../evil.wav": WAV}), "'../evil.wav' would be written outside"),
        (tiny_set.zipped({"tiny/../../evil.wav": WAV}), "would be written outside its folder. It was not."),
        (tiny_set.zipped({"/tmp/evil.wav": WAV}), "'/tmp/evil.wav' would be written outside"),
        (tiny_set.zipped({"C:/evil.wav": WAV}), "'C:/evil.wav' would be written outside"),
        (tiny_set.zipped({"tiny\\..\\..\\evil.wav": WAV}), "would be written outside"),
        (linked(CLIP, "/etc/passwd"), "'tiny/rock.00000.wav' is a link or a device"),
        (tar((named("../evil.wav"), WAV)), "'../evil.wav' would be written outside"),
        (tar((named("/tmp/evil.wav"), WAV)), "'/tmp/evil.wav' would be written outside"),
        (tar((named(CLIP, type=tarfile.SYMTYPE, linkname="/etc/passwd"), b"")), "is a link or a device"),
        (tar((named(CLIP, type=tarfile.LNKTYPE, linkname="/etc/passwd"), b"")), "is a link or a device"),
        (tar((named(CLIP, type=tarfile.FIFOTYPE), b"")), "is a link or a device"),
        (deflated(bytes(65 << 20)), "more than the 67108864 that are allowed"),
        (tar((named(CLIP), bytes(65 << 20))), "more than the 67108864 that are allowed"),
        (tiny_set.zipped()[:-500], "is damaged, or no zip or tar archive"),
        (tar((named(CLIP), os.urandom(10_000)))[:5000], "is damaged, or no zip or tar archive"),
        (b"<html>Sign in</html>" * 50, "is damaged, or no zip or tar archive"),
        (tiny_set.zipped({"README.txt": b"hello"}), "holds none of the files that the card reads"),
    ],
)  # fmt: skip
def test_an_archive_that_is_dangerous_or_broken_leaves_nothing_outside(
    server: Server, home: Home, tmp_path: Path, packed: bytes, said: str
) -> None:
    made = as_dict(server)
    made["sources"]["audio"]["mirrors"] = [http(archive(server, "bad.zip", packed))]
    path = tiny_set.write(built(made), tmp_path)
    for _ in range(2):  # the second time it may not be taken for a good one
        refused(typed("fetch", "--card", path), "tiny: audio (the clips) could not be had:", said, code=1)
    assert not list(home.root.rglob("*evil*"))
    assert not [path for path in home.root.rglob("*") if path.is_symlink()]
    assert not Path("/tmp/evil.wav").exists()
    assert sum(path.stat().st_size for path in home.root.rglob("*") if path.is_file()) < 64 << 20


# ------------------------------------------------------------------------------------- audio


def cut(path: Path, count: int) -> None:
    path.write_bytes(path.read_bytes()[:count])


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Done, dict[str, dict[str, object]]]:
    """A folder of sounds of all sorts, fetched twice: both answers, and the rows of the index by name."""
    folder = tmp_path_factory.mktemp("zoo")
    rock = folder / "own" / "rock"
    sound(rock / "plain.wav")
    sound(rock / "eight bit.wav", subtype="PCM_U8")
    sound(rock / "deep.wav", subtype="PCM_24")
    sound(rock / "float.wav", subtype="FLOAT")
    sound(rock / "fast.wav", rate=192_000)
    sound(rock / "six.wav", rate=48_000, channels=6)
    sound(rock / "tone.mp3", rate=22_050, frames=22_050, format="MP3")
    sound(rock / "one.wav", frames=1)
    cut(sound(rock / "cut.wav"), 1000)
    cut(sound(rock / "half.mp3", rate=22_050, frames=44_100, format="MP3"), 1500)
    cut(sound(rock / "head.mp3", rate=22_050, frames=44_100, format="MP3"), 300)
    (rock / "zero.wav").write_bytes(b"")
    (rock / "text.wav").write_text("This is no sound.\n" * 50)
    (rock / "list.wav").write_text("#EXTM3U\nhttp://127.0.0.1:9/stolen\n")
    soundfile.write(rock / "nan.wav", np.array([0.1, np.nan] * 2000), 8000, subtype="FLOAT")
    soundfile.write(rock / "silent.wav", np.zeros(2400), 8000)
    (rock / "folder.wav").mkdir()
    (rock / "dangling.wav").symlink_to("/nowhere/at/all.wav")
    sound(rock / "🎺 Größe.wav")
    sound(rock / """it's "this" *[1] %20 {a}.wav""")
    sound(rock / "-.wav")
    sound(rock / "two\nlines.wav")
    sound(rock / "Latin.wav").rename(os.fsdecode(bytes(rock) + b"/caf\xe9.wav"))
    words = ("fetch", "--card", card(folder), "--from", folder / "own", "--json")
    env = {"MUDATA_HOME": str(folder / "home")}
    done, again = spawned(*words, env=env), spawned(*words, env=env)
    rows = spawned("sql", "FROM clips", "--json", env=env)
    return done, again, {row["clip_id"].removeprefix("odd/"): row for row in json.loads(rows.out)}


Zoo = tuple[Done, Done, dict[str, dict[str, object]]]


@pytest.mark.parametrize(
    ("name", "coding", "rate", "channels"),
    [
        ("plain", "WAV/PCM_16", 8000, 1),
        ("eight bit", "WAV/PCM_U8", 8000, 1),
        ("deep", "WAV/PCM_24", 8000, 1),
        ("float", "WAV/FLOAT", 8000, 1),
        ("fast", "WAV/PCM_16", 192_000, 1),
        ("six", "WAV/PCM_16", 48_000, 6),
        ("tone", "MP3/MPEG_LAYER_III", 22_050, 1),
        ("🎺 Größe", "WAV/PCM_16", 8000, 1),
        ("""it's "this" *[1] %20 {a}""", "WAV/PCM_16", 8000, 1),
        ("-", "WAV/PCM_16", 8000, 1),
        ("café", "WAV/PCM_16", 8000, 1),
    ],
)
@pytest.mark.slow
def test_odd_but_valid_audio_becomes_a_clip(zoo: Zoo, name: str, coding: str, rate: int, channels: int) -> None:
    row = zoo[2][name]
    assert (row["status"], row["reason"]) == ("ok", None)
    assert (row["source_format"], row["source_rate"], row["source_channels"]) == (coding, rate, channels)
    assert row["sample_rate"] == rate
    assert row["duration_s"] == pytest.approx(1 if name == "tone" else 0.3, abs=0.001)
    assert row["peak"] == pytest.approx(0.5, abs=0.03)
    assert row["rms"] == pytest.approx(0.5 / 2**0.5, rel=0.05)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("one", "too_short: 1 samples"),
        ("cut", "truncated: 0.05975 s of 0.3 s can be decoded"),
        ("half", "truncated: "),
        ("head", "undecodable: libsndfile: no audio found in it; PyAV: "),
        ("zero", "empty: the file has zero bytes"),
        ("text", "undecodable: Format not recognised"),
        ("list", "undecodable: Format not recognised"),
        ("nan", "not_finite: NaN or infinity after 0 samples"),
        ("silent", "silent: "),
    ],
)
@pytest.mark.slow
def test_bad_audio_is_quarantined_by_name_and_reason(zoo: Zoo, name: str, reason: str) -> None:
    done, _, rows = zoo
    assert (rows[name]["status"], rows[name]["path"]) == ("quarantined", None)
    assert str(rows[name]["reason"]).startswith(reason)
    assert f"  {name}: {reason}" in done.err or name not in sorted(told(done))[:5]
    assert told(done)[name].startswith(reason)


def told(done: Done) -> dict[str, str]:
    quarantined: dict[str, str] = json.loads(done.out)[0]["quarantined"]
    return quarantined


@pytest.mark.slow
def test_one_bad_file_does_not_stop_the_others(zoo: Zoo) -> None:
    done, again, rows = zoo
    assert (done.code, again.code) == (1, 1)
    assert "odd: 9 clips are quarantined:" in done.err
    assert "status <> 'ok'" in done.err
    said = json.loads(done.out)[0]
    assert (said["usable"], len(said["quarantined"]), len(rows)) == (11, 9, 20)
    assert [(issue["where"], issue["kind"]) for issue in said["issues"]] == [("rock/two\\nlines.wav", "bad-name")]
    assert "two\\nlines.wav: the name is not UTF-8, or has control characters; the file is left out" in done.err
    assert json.loads(again.out) == [said | {"unchanged": True}]


# ------------------------------------------------------------------------------ home and disk


def folder_of_sounds(folder: Path, count: int = 6, seconds: float = 0.3) -> Path:
    noise = np.random.default_rng(0)
    for n in range(count):
        (folder / ("rock", "jazz")[n % 2]).mkdir(parents=True, exist_ok=True)
        samples = 0.3 * noise.standard_normal(round(8000 * seconds))
        soundfile.write(folder / ("rock", "jazz")[n % 2] / f"{n}.wav", samples.clip(-1, 1), 8000)
    return folder


COMMANDS = (
    "sql 'SELECT * FROM clips'",
    "stats",
    "stats odd",
    "verify odd",
    "fetch odd",
    "split exam --dataset odd",
    "split list",
    "split show exam",
    "split check exam",
    "eval --model random --split exam",
    "score",
)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_home_that_is_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, below: str
) -> None:
    monkeypatch.setenv("MUDATA_CARDS", str(card(tmp_path).parent))
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("MUDATA_HOME", str(tmp_path / "file" / below))
    done = typed(*shlex.split(command))
    refused(done, f"but {tmp_path / 'file'} is not a folder.\nSet MUDATA_HOME to a folder that you may write to.")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("command", "code", "out", "err"),
    [
        (
            "sql 'SELECT count(*) AS n FROM clips'",
            0,
            "n\n-\n0\n",
            "Nothing is fetched yet, so the tables of datasets are empty",
        ),
        ("sql 'FROM labels' --json", 0, "[]\n", "To begin: mudata fetch demo"),
        ("stats", 0, "", "Nothing is fetched yet, so the tables of datasets are empty. To begin: mudata fetch demo"),
        ("stats gtzan", 2, "", "Run: mudata fetch gtzan"),
        ("verify gtzan", 2, "", "Run: mudata fetch gtzan"),
        ("split exam --dataset gtzan", 2, "", "Run: mudata fetch gtzan"),
        ("split list", 0, "", "(no rows) To draw a split: mudata split NAME --dataset"),
        ("split show exam", 2, "", "Make one: mudata split NAME"),
        ("eval --model random --split exam", 2, "", "Make one: mudata split NAME"),
        ("score", 0, "", "There is no run yet. To begin: mudata eval --help"),
    ],
)
def test_an_empty_home_answers_and_stays_empty(home: Home, command: str, code: int, out: str, err: str) -> None:
    home.root.rmdir()
    done = typed(*shlex.split(command))
    assert (done.code, done.out) == (code, out)
    assert err in done.err
    assert not home.root.exists()


AS_NOBODY = """
import contextlib, io, json, os, shlex, sys
from mudata.cli import main
readable, *readonly = json.loads(sys.argv[1])
commands, told = json.loads(sys.argv[2]), []
for home in (readable, *readonly):  # the first time loads all modules: what nobody may read cannot be imported later
    os.environ["MUDATA_HOME"] = home
    if home != readable and os.getuid() == 0:
        os.setgroups([]), os.setgid(65534), os.setuid(65534)
    for command in commands:
        sys.argv = ["mudata", *shlex.split(command)]
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as err:
                main()
        except SystemExit as stop:
            told.append([stop.code, err.getvalue()])
print(json.dumps(told))
"""


@pytest.mark.slow
def test_a_home_that_may_not_be_written_can_be_read() -> None:
    with tempfile.TemporaryDirectory(prefix="mudata-", dir="/tmp") as place:  # where everybody may enter
        folder = Path(place)
        folder.chmod(0o755)
        own, path = folder_of_sounds(folder / "own"), card(folder)
        ours, full, empty = (folder / name for name in ("ours", "full", "empty"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MUDATA_HOME", str(ours))
            patch.setenv("MUDATA_CARDS", place)
            assert typed("fetch", "odd", "--from", own, "--workers", 1).code == 0
            assert typed("split", "exam", "--dataset", "odd").code == 0
        shutil.copytree(ours, full, symlinks=True)
        empty.mkdir()
        for entry in (folder, full, *full.rglob("*"), empty):
            entry.chmod(entry.stat().st_mode & ~0o222)
        commands = ["sql 'FROM clips'", "split list", "split show exam", f"fetch {path} --from {own} --workers 1"]
        commands += ["split other --dataset odd", "eval --model random --split exam"]
        homes = json.dumps([str(home) for home in (ours, full, empty)])
        ran = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, homes, json.dumps(commands)],
            capture_output=True, text=True, env=os.environ | {"MUDATA_CARDS": place}, check=True, cwd=place,
        )  # fmt: skip
        assert sorted(path.name for path in (full / "splits").iterdir()) == ["exam.json"]
        assert list(empty.iterdir()) == []
        told = [tuple(answer) for answer in json.loads(ran.stdout)]
        folder.chmod(0o755)
    assert [code for code, _ in told] == [*(0, 0, 0, 0, 0, 0), *(0, 0, 0, 2, 2, 2), *(0, 0, 2, 2, 2, 2)]
    for _, err in told[9:12]:
        assert re.search(
            r"Error: Permission denied \(/tmp/mudata-.*/full/.*\)\.\nSet MUDATA_HOME to a folder that you", err
        )
    assert "Error: Cannot write to" in told[15][1]
    assert "empty/locks: Permission denied.\nSet MUDATA_HOME to a folder that you may write to." in told[15][1]
    assert "waiting for another" not in told[15][1]


def mounted(folder: Path, kilobytes: int) -> bool:
    folder.mkdir(exist_ok=True)
    options = f"size={kilobytes}k" + (",remount" if folder.is_mount() else "")
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk, where the system lets us make one."""
    folder = tmp_path / "disk"
    if not mounted(folder, 64):
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize(
    ("source", "size", "growth", "stages"),
    [("an archive", 100, 1.25, {"nothing", "files"}), ("own files", 300, 1.08, {"clips", "index"})],
)
@pytest.mark.slow
def test_a_full_disk_is_told_and_with_room_the_same_command_goes_on(
    server: Server,
    tmp_path: Path,
    disk: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    size: float,
    growth: float,
    stages: set[str],
) -> None:
    """Wherever it happens: the disk grows a little whenever it is full, so that it is full at all stages."""
    own, text, origin = folder_of_sounds(tmp_path / "own", count=8, seconds=3), CARD, ["--from", tmp_path / "own"]
    if source == "an archive":
        packed = tiny_set.zipped({path.relative_to(own).as_posix(): path.read_bytes() for path in own.rglob("*.wav")})
        url = server.serve("/odd.zip", Answer(packed, etag='"1"'))
        mirror = f"http, files: [{{path: odd.zip, url: '{url}', unpack: archive}}]"
        text, origin = text.replace("local, how: Make some.", mirror), []
    words = ("fetch", "--card", card(tmp_path, text), *origin, "--workers", 1, "--json")
    query = ("sql", "SELECT clip_id, pcm_sha256 FROM clips", "--json")
    monkeypatch.setenv("MUDATA_HOME", str(tmp_path / "roomy"))
    expected, hashes = typed(*words), typed(*query).out
    assert expected.code == 0
    monkeypatch.setenv("MUDATA_HOME", str(disk))
    reached = set()
    while (done := typed(*words)).code:
        refused(done, "Free some space, or set MUDATA_HOME to", "; then run the same command again.")
        assert re.search(
            r"Error: (The disk is full.*\. What was finished is kept|.* No space left on device)", done.err
        )
        reached.add(how_far(disk))
        size *= growth
        assert mounted(disk, round(size))
    assert stages <= reached
    unchanged = {"unchanged": json.loads(done.out)[0]["unchanged"]}  # the index may have been all but finished
    assert json.loads(done.out) == [json.loads(expected.out)[0] | unchanged]
    assert typed(*query).out == hashes
    with duckdb.connect(str(disk / "index" / "mudata.duckdb"), read_only=True) as index:
        assert index.sql("SELECT count(*) FROM clips").fetchall() == [(8,)]
    assert not [path for path in disk.rglob("*") if path.name.startswith(".")]


def how_far(home: Path) -> str:
    stages = {"index": "index/parts/*/0*", "clips": "clips/**/*.flac", "files": "raw/*/files/**/*.wav"}
    return next((stage for stage, glob in stages.items() if next(home.glob(glob), None)), "nothing")


# ------------------------------------------------------------------------------------- index


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the dataset toy in its index, and a split of it."""
    home = Home(tmp_path_factory.mktemp("stock"))
    clips = [{"id": f"{i:02}", "artist": f"artist {i // 5}"} for i in range(60)]
    shelf.shelve(home, clips=clips, labels=[{"id": f"{i:02}", "label": f"g{i % 2}"} for i in range(60)])
    request = SplitRequest(name="all", datasets=("toy",), parts={"test": 1.0})
    manifest.save(home, draw.make(home, request))
    return home.root


@pytest.fixture
def toy(home: Home, stock: Path) -> Home:
    shutil.copytree(stock, home.root, dirs_exist_ok=True)
    return home


@pytest.mark.parametrize("command", [*COMMANDS[:6], "split check exam"])
@pytest.mark.slow
def test_an_index_of_a_newer_version_is_refused(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("MUDATA_CARDS", str(card(tmp_path).parent))
    shelf.shelve(home, "odd", clips=[{"id": str(n)} for n in range(20)])
    assert typed("split", "exam", "--dataset", "odd").code == 0
    about = next(home.index.glob("parts/odd/*/about.json"))
    about.write_text(json.dumps(json.loads(about.read_bytes()) | {"index_version": 99, "mudata_version": "9.0"}))
    if command == "fetch odd":
        command += f" --workers 1 --from {folder_of_sounds(tmp_path / 'own')}"
    done = typed(*shlex.split(command))
    refused(
        done, "Error: The index of 'odd' was written by mudata 9.0 (index version 99); this one reads up to version"
    )
    assert "Update mudata, or set MUDATA_HOME to another folder." in done.err
    assert json.loads(about.read_bytes())["index_version"] == 99


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("INSERT INTO clips SELECT * FROM clips", "a statement of kind INSERT is refused"),
        ("UPDATE clips SET title = 'x'", "a statement of kind UPDATE is refused"),
        ("DELETE FROM clips", "a statement of kind DELETE is refused"),
        ("CREATE TABLE mine AS SELECT 1", "a statement of kind CREATE is refused"),
        ("DROP VIEW clips", "a statement of kind DROP is refused"),
        ("COPY clips TO '{folder}/out.csv'", "a statement of kind COPY is refused"),
        ("EXPLAIN ANALYZE COPY clips TO '{folder}/out.csv'", "a statement of kind COPY is refused"),
        ("EXPORT DATABASE '{folder}/out'", "a statement of kind EXPORT is refused"),
        ("ATTACH '{folder}/out.duckdb'", "a statement of kind ATTACH is refused"),
        ("PRAGMA database_list", "a statement of kind PRAGMA is refused"),
        ("SET enable_external_access = true", "a statement of kind SET is refused"),
        ("INSTALL httpfs", "a statement of kind LOAD is refused"),
        ("LOAD httpfs", "a statement of kind LOAD is refused"),
        ("SELECT 1; SELECT 2", "One statement is expected; got 2."),
        ("", "One statement is expected; got 0."),
        ("SELECT * FROM read_csv('/etc/passwd')", 'Permission Error: Cannot access file "/etc/passwd"'),
        ("SELECT * FROM read_text('/etc/passwd')", 'Permission Error: Cannot access file "/etc/passwd"'),
        ("SELECT * FROM read_blob('{folder}/mine')", "Permission Error: Cannot access file"),
        ("SELECT * FROM read_parquet('{folder}/*')", "Permission Error: Cannot access file"),
        ("SELECT * FROM glob('/etc/*')", 'Permission Error: Cannot access file "/etc/*"'),
        ("SELECT * FROM '/etc/passwd'", "Catalog Error: Table with name /etc/passwd does not exist"),
        ("SELECT getenv('HOME')", "Catalog Error: Scalar Function with name getenv does not exist"),
        (
            "SELEC * FROM clips",
            'Parser Error: syntax error at or near "SELEC"\n\nLINE 1: SELEC * FROM clips\n        ^',
        ),
        ("SELECT * FROM clip", 'Did you mean "clips"?\nTables and columns are listed by `mudata sql --schema`.'),
        ("SELECT titel FROM clips", 'Candidate bindings: "title"'),
        ("SELECT cast('x' AS INTEGER)", "Conversion Error: Could not convert string 'x' to INT32"),
        ("SELECT '\udcff'", "The query is not UTF-8 text"),
    ],
)
@pytest.mark.slow
def test_sql_only_reads_the_index_and_keeps_the_hints_of_duckdb(
    toy: Home, tmp_path: Path, query: str, said: str
) -> None:
    (tmp_path / "mine").write_text("secret")
    done = typed("sql", query.format(folder=tmp_path))
    refused(done, f"Error: {said}" if "Error: " in said else said)
    assert "secret" not in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    if "refused" in said or "expected" in said:
        assert "It is one SELECT over the tables of the index (datasets, clips, labels," in done.err
        assert "See `mudata sql --schema`" in done.err


# --------------------------------------------------------------------------------- arguments


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("nonsense", "No command named 'nonsense'."),
        ("fecth", "No command named 'fecth'. Did you mean 'fetch'?"),
        ("fetch", "Name a dataset (see `mudata list`), or give --card FILE."),
        ("fetch gtzan --rate 5", "Invalid value for '--rate': 5 is not in the range 1000<=x<=655350."),
        ("fetch gtzan --rate abc", "Invalid value for '--rate'"),
        ("fetch gtzan --rate 2000000", "Invalid value for '--rate'"),
        ("fetch gtzan --limit 0", "Invalid value for '--limit'"),
        ("fetch gtzan --workers 0", "Invalid value for '--workers'"),
        ("fetch gtzan --jobs 0", "Invalid value for '--jobs'"),
        ("fetch gtzan --from /nowhere", "Path '/nowhere' does not exist."),
        ("fetch gtzan --accept-licence --offline --subset nope", "No subset named 'nope'."),
        ("fetch fma --accept-licence --offline --subset smal", "No subset named 'smal'. Did you mean 'small'?"),
        ("split exam --dataset toy --n 61", "61 clips are asked for, 60 can be had.\nAsk for fewer, or fetch more."),
        ("split exam --dataset toy --n 0", "At least one clip has to be drawn; got 0."),
        ("split exam --dataset toy --stratify genre --per-label 31", "genre 'g0' has 30"),
        ("split exam --dataset toy --per-label 3", "Name their namespace, as in --stratify genre."),
        ("split exam --dataset toy --parts train=2", "Shares of parts must be above 0 and sum to 1; got train=2"),
        ("split exam --dataset toy --parts train=x", "'train=x' is not like train=0.7,validation=0.1,test=0.2"),
        ("split exam --dataset toy --parts train=nan,test=1", "Shares of parts must be above 0 and sum to 1"),
        ("split exam --dataset toy --stratify nonsense", "No label namespace named 'nonsense'.\nKnown: genre."),
        ("split exam --dataset toy --group nonsense", "is not one of 'artist', 'album', 'track'"),
        ("split exam --dataset toy --group album", "no album is known of any of the 60 clips"),
        ("split exam --dataset toy --where nonsense", 'Referenced column "nonsense" not found'),
        ("split exam --dataset toy --where '1; DROP VIEW clips'", "cannot be used: Parser Error"),
        ("split exam --dataset toy --where 'duration_s > 1e9'", "No clip of the index fulfils the condition."),
        ("split exam --dataset toy --official nope", "No published split named 'nope'."),
        ("split a/b --dataset toy", "'a/b' cannot be the name of a split.\nUse up to 100 letters"),
        ("split exam --dataset toy --seed abc", "Invalid value for '--seed'"),
        ("split show nope", "No split named 'nope'.\nKnown: all."),
        ("split check {folder}/card.txt.json", "card.txt.json: no such file."),
        ("split check {folder}/broken.json", "broken.json is not a split manifest"),
        ("split leaks", "Give the name or file of a split, or --official SPLIT --dataset DATASET."),
        ("sql", 'A query is missing. For example: mudata sql "SELECT * FROM datasets"'),
        ("sql 'SELECT 1' --csv --json", "Choose one of --json, --csv, --parquet."),
        ("sql 'SELECT 1' --parquet /nowhere/x.parquet", "'/nowhere/x.parquet' is no place for a file."),
        ("sql 'SELECT 1' --parquet {folder}", "is a directory"),
        ("sql 'SELECT 1' --parquet ''", "is no place for a file."),
        ("sql 'SELECT 1' --parquet /proc/x.parquet", "/proc/x.parquet cannot be written: "),
        ("sql 'SELECT 1' --limit -1", "Invalid value for '--limit'"),
        ("cards check {folder}", "There is no card (*.yaml) in "),
        ("list --usage nope", "'nope' is not one of 'commercial', 'noncommercial', 'research'"),
        ("eval --model random", "Give --model and --split, or --suite and --models."),
        ("eval --model random --split all --task nope", "No task of toy named 'nope'.\nKnown: genre."),
        ("eval --model random --split all --part nope", "No part of split all named 'nope'.\nKnown: test"),
        ("eval --model random --split all --limit 0", "Invalid value for '--limit'"),
        ("eval --model random --split all --prompt nope", "No prompt named 'nope'."),
        ("eval --model random --split all --prompt {folder}/latin.txt", "latin.txt is not UTF-8 text"),
        ("eval --model random --split all --checkpoint nope", "The model 'random' has no option 'checkpoint'."),
        ("eval --model random --split all -o word", "'word' is not NAME=VALUE."),
        (
            "eval --model nowhere:Model --split all",
            "ModuleNotFoundError: No module named 'nowhere'.\nModules are looked",
        ),
        ("eval --model unready:Model --split all", "cannot be imported from 'unready:Model': ValueError: not today."),
        ("eval --model json:JSONDecoder --split all", "json:JSONDecoder is not a model: it has no `capabilities`"),
        ("eval --model transformers --split all", "needs the option 'checkpoint'.\nGive it: --checkpoint"),
    ],
)
def test_wrong_arguments_are_told_with_what_was_expected(
    toy: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, said: str
) -> None:
    (tmp_path / "cards").mkdir()
    card(tmp_path / "cards", CARD.replace("name: odd", "name: toy"), "toy")
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path / "cards"))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    (tmp_path / "unready.py").write_text("raise ValueError('not today')")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9 {options}")
    (tmp_path / "broken.json").write_text('{"name": "exam"')
    refused(typed(*shlex.split(command.format(folder=tmp_path))), said)
    assert [path.name for path in toy.splits.iterdir()] == ["all.json"]
    assert not toy.runs.exists()


# -------------------------------------------------------------------------------- evaluation


@pytest.mark.slow
def test_a_dataset_without_audio_is_not_asked_about_but_for_midi_which_is_rendered(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = "Only features are published; there is nothing to listen to."
    corpus = Corpus(home, tmp_path, monkeypatch)
    corpus.halves(dataset="silent", audio="no", note=note, absent=tuple(f"{n:02}" for n in range(12)))
    corpus.halves("scores", dataset="midi", audio="no", note="MIDI files hold no sound.", kind="midi")
    done = typed("eval", "--model", "random", "--split", "half", "--task", "genre")
    refused(done, note)
    assert not home.runs.exists()
    assert typed("eval", "--model", "random", "--split", "scores", "--task", "genre").code == 0


@pytest.mark.slow
def test_a_split_of_a_dataset_that_is_not_here_says_which(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = Corpus(home, tmp_path, monkeypatch)
    corpus.split("both", {"test": corpus.publish("tones") | corpus.publish("waves")})
    shutil.rmtree(home.index / "parts" / "waves")
    done = typed("eval", "--model", "random", "--split", "both", "--task", "genre")
    refused(done, "waves of split both is not in the index.\nRun: mudata fetch waves")


@pytest.mark.parametrize("name", ["run.json", "questions.jsonl", "answers.jsonl"])
@pytest.mark.parametrize("content", [b"", b"\0\xff\n", b"[1, 2]\n", b'{"clips": 3}\n', b'{"clip_id": "tones'])
@pytest.mark.slow
def test_a_damaged_run_is_named_and_the_others_are_scored(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes
) -> None:
    Corpus(home, tmp_path, monkeypatch).halves()
    for model in ("constant", "random"):
        assert typed("eval", "--model", model, "--split", "half", "--task", "genre").code == 0
    broken = next(home.runs.glob("constant-*"))
    (broken / name).write_bytes(content)
    refused(typed("score", broken.name), broken.name)
    done = typed("score", "--json")
    assert (done.code, [run["model"] for run in json.loads(done.out)]) == (0, ["random"])
    assert "Left out: " in done.err


WORDY = """
from mudata.evaluation.protocol import Answer, ModelCapabilities
class Wordy:
    capabilities = ModelCapabilities(batch=2)
    def load(self): pass
    def answer(self, items):
        return [Answer("low " + str(item.clip.audio.size) * 2000) for item in items]
    def describe(self): return {}
"""


@pytest.mark.slow
def test_a_disk_that_fills_up_while_a_model_is_asked_keeps_every_answer(
    home: Home, tmp_path: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runs are on a small disk, which grows a little whenever it is full."""
    (tmp_path / "wordy.py").write_text(WORDY)
    monkeypatch.syspath_prepend(str(tmp_path))
    corpus = Corpus(home, tmp_path, monkeypatch)
    corpus.split("all", {"test": corpus.publish()})
    words = ("eval", "--model", "wordy:Wordy", "--split", "all", "--task", "genre", "--json")
    expected = typed(*words)
    assert expected.code == 0
    shutil.rmtree(home.runs)
    home.runs.symlink_to(disk)
    size, kept = 30, [0]
    assert mounted(disk, size)
    while (done := typed(*words)).code:
        refused(done, "The disk is full", "Free some space, or set MUDATA_HOME to", "then run the same command again.")
        for run in home.runs.glob("*/run.json"):
            assert json.loads(run.read_bytes())["model"] == "wordy:Wordy"
            lines = (run.parent / "answers.jsonl").read_bytes().split(b"\n")[:-1]
            kept.append(len([json.loads(line) for line in lines]))
        size += 12
        assert mounted(disk, size)
    assert json.loads(done.out)["metrics"] == json.loads(expected.out)["metrics"]
    assert kept == sorted(kept)  # no answer was lost
    assert len(set(kept)) > 3
    lines = next(home.runs.glob("*/answers.jsonl")).read_bytes().splitlines()
    assert [json.loads(line)["clip_id"] for line in lines] == [f"tones/{n:02}" for n in range(12)]  # none asked twice


BLOCKER = """
import os, sys
class Without:
    def __init__(self, finder): self.finder = finder
    def __getattr__(self, name): return getattr(self.finder, name)
    def find_spec(self, name, path=None, target=None):
        found = name.partition(".")[0] not in os.environ["WITHOUT"].split(",")
        return self.finder.find_spec(name, path, target) if found else None
sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""


@pytest.mark.parametrize(
    ("absent", "command", "package", "extra"),
    [
        ("librosa", "eval --model features --split exam", "librosa", "features"),
        ("sklearn", "eval --model features --split exam", "sklearn", "features"),
        ("torch", "eval --model untrained --split exam", "torch", "models"),
        ("torch", "eval --model clap --split exam", "torch", "models"),
        ("torch", "eval --model qwen2-audio --split exam", "torch", "models"),
        ("transformers", "eval --model transformers --checkpoint x --split exam", "transformers", "models"),
        ("yt_dlp", "fetch --card {folder}/odd.yaml", "yt-dlp", "youtube"),
    ],
)
@pytest.mark.slow
def test_a_missing_extra_is_told_with_the_command_that_installs_it(
    tmp_path: Path, absent: str, command: str, package: str, extra: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(BLOCKER)
    made = yaml.safe_load(CARD)
    columns = {"id": "VARCHAR", "ytid": "VARCHAR", "start_s": "DOUBLE", "end_s": "DOUBLE"}
    made["tables"] = {"list": {"path": "clips.csv", "select": "FROM read_csv({path})", "columns": columns}}
    made["clips"] = [{"select": "SELECT *, 'rock/' || ytid || '.wav' AS path, 'rock' AS genre FROM list"}]
    made["sources"]["audio"]["mirrors"] = [{"kind": "youtube", "path": "rock/{ytid}.wav"}]
    card(tmp_path, yaml.safe_dump(made))
    (tmp_path / "clips.csv").write_text("id,ytid,start_s,end_s\n1,abc,0,10\n")
    env = {"PYTHONPATH": str(tmp_path), "WITHOUT": absent}
    words = shlex.split(command.format(folder=tmp_path))
    if words[0] == "fetch":
        words += ["--from", str(tmp_path)]
    done = spawned(*words, env=env)
    assert done.code in (1, 2)
    assert f"needs the package {package!r}, which is not installed." in done.err
    assert f"Run: pip install 'mudata-music[{extra}]'" in done.err


@pytest.mark.slow
def test_audio_that_wants_another_decoder_names_it_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(BLOCKER)
    own = folder_of_sounds(tmp_path / "own", count=1)
    (own / "rock" / "apple.wav").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    env = {"PYTHONPATH": str(tmp_path), "WITHOUT": "av", "PATH": ""}
    done = spawned("fetch", "--card", card(tmp_path), "--from", own, "--json", env=env)
    assert done.code == 1
    said = json.loads(done.out)[0]
    assert said["usable"] == 1
    assert said["quarantined"]["apple"].startswith("unsupported: ")
    assert "Run: pip install 'mudata-music[formats]'" in said["quarantined"]["apple"]
