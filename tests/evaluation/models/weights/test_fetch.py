"""`mudata models fetch` against hosts on 127.0.0.1, with the real clients."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import huggingface_hub
import pytest
import toy_models as toy
from fake_hub import COMMIT, Cdn, ModelHub, sha256
from misbehaving import Answer, Server
from shell import Done, spawned, started, typed, wait_for
from toy_models import ADAPTER, BASE, ENCODER, SHARD, WHOLE

from mudata.errors import ModelError
from mudata.evaluation.models import hardware, registry
from mudata.evaluation.models.model_identity import identity
from mudata.evaluation.models.weights import weight_store

if TYPE_CHECKING:
    from mudata.home import Home

SECRET = "hf_secretsecretsecret"
YES = "--accept-licence"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModelHub]:
    with Cdn() as cdn, ModelHub(cdn, toy.REPOS) as host:
        monkeypatch.setenv("HF_ENDPOINT", host.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        yield host
        huggingface_hub.close_session()


@pytest.fixture
def cards(tmp_path: Path, server: Server, there: ModelHub, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cards"
    toy.usual(folder, server)
    monkeypatch.setenv("MUDATA_CARDS", str(folder))
    return folder


def fetch(*words: object) -> Done:
    return typed("models", "fetch", *words)


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def expected(adapter: str, data: bytes) -> dict[str, bytes]:
    return {adapter: data} | {f"base/{path}": of for path, of in BASE.items()}


def in_layout(home: Home, name: str) -> dict[str, bytes]:
    return {path: data for path, data in tree(home.models / name).items() if path != weight_store.RECORD}


def card(name: str) -> Any:
    return registry.card_of(registry.find(name))


def test_a_model_is_put_together_in_its_layout_by_relative_links(cards: Path, home: Home) -> None:
    done = fetch("toy-a", YES, "--json")
    assert done.code == 0, done.err
    assert in_layout(home, "toy-a") == expected("a.bin", ADAPTER)
    link = home.models / "toy-a" / "base" / "tokenizer.model"
    assert str(link.readlink()) == "../../parts/toy-base/files/tokenizer.model"
    said = json.loads(done.out)
    assert {part["part"]: (part["weights"], part["revision"]) for part in said["parts"]} == {
        "toy-a": ("yes", None),
        "toy-base": ("yes", COMMIT),
    }
    assert said["downloaded_bytes"] == sum(map(len, expected("a.bin", ADAPTER).values()))
    told = json.loads((home.models / "toy-a" / weight_store.RECORD).read_text())["parts"]
    assert told[1] == {"part": "toy-base", "at": "base", "from": "huggingface somebody/base", "revision": COMMIT}


def test_a_base_that_two_models_share_comes_and_lies_once(cards: Path, home: Home, there: ModelHub) -> None:
    assert fetch("toy-a", YES).code == 0
    asked = len(there.asked)
    assert fetch("toy-b", YES).code == 0
    assert len(there.asked) == asked
    assert in_layout(home, "toy-b") == expected("b.bin", ENCODER)
    one, other = (home.models / name / "base/pytorch_model-00001-of-00001.bin" for name in ("toy-a", "toy-b"))
    assert one.resolve() == other.resolve()
    assert one.samefile(other)


def test_a_second_fetch_needs_no_network(cards: Path, home: Home, there: ModelHub, server: Server) -> None:
    assert fetch("toy-a", YES).code == 0
    asked = len(there.asked) + len(server.seen)
    shutil.rmtree(home.models / "toy-a")
    for words in (["--offline"], []):
        done = fetch("toy-a", *words, "--json")
        assert (done.code, json.loads(done.out)["downloaded_bytes"]) == (0, 0)
    assert len(there.asked) + len(server.seen) == asked
    assert in_layout(home, "toy-a") == expected("a.bin", ADAPTER)


def test_without_network_what_is_missing_is_told(cards: Path) -> None:
    done = fetch("toy-a", YES, "--offline")
    assert done.code == 2
    assert "2 of 2 parts could not be had" in done.err
    assert "the network is forbidden" in done.err


def test_terms_are_shown_and_have_to_be_accepted_once(cards: Path, home: Home, there: ModelHub) -> None:
    base = {"text": "terms of the base", "usage": "noncommercial", "url": "https://example.org/terms"}
    code = {"text": "no licence stated", "usage": "unknown"}
    layout = {".": "toy-a", "base": "toy-base"}
    toy.write(cards, [toy.model("toy-a", layout=layout, base_licence=base, code_licence=code)], [])
    done = fetch("toy-a")
    assert done.code == 2
    said = "weights: for research; built on: terms of the base; authors' code: no licence stated"
    assert f"The terms of Model toy-a have to be accepted once:\n  {said}\n  use: research" in done.err
    assert "https://example.org/terms" in done.err
    assert "If you agree, run: mudata models fetch toy-a --accept-licence" in done.err
    assert "whatever else you gave, such as --from" in done.err  # which would else be downloaded
    assert not there.asked
    assert fetch("toy-a", YES).code == 0
    assert fetch("toy-a").code == 0
    assert json.loads(home.licences.read_text())["model:toy-a"]["licence"] == said


def test_a_gated_repository_says_what_to_do_and_other_parts_come(
    cards: Path, home: Home, there: ModelHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.closed, there.token = {"somebody/base"}, SECRET
    mirror = toy.hub("somebody/base", *toy.BASE_LISTING, gated=True)
    toy.write(cards, [], [toy.part("toy-base", mirror)])
    done = fetch("toy-a", YES)
    assert done.code == 2
    assert "toy-a: 1 of 2 parts could not be had: toy-base" in done.err
    assert "accept the terms there" in done.err
    assert "set HF_TOKEN" in done.err
    assert (home.models / "parts/toy-a/files/a.bin").read_bytes() == ADAPTER
    monkeypatch.setenv("HF_TOKEN", SECRET)
    done = fetch("toy-a")
    assert done.code == 0
    assert SECRET not in done.err
    assert in_layout(home, "toy-a") == expected("a.bin", ADAPTER)


@pytest.mark.slow
def test_a_killed_fetch_goes_on_where_it_was(cards: Path, home: Home, server: Server) -> None:
    server.serve("/a.bin", Answer(ADAPTER, etag='"1"', pace_s=0.05), Answer(ADAPTER, etag='"1"'))
    part = home.models / "parts/toy-a/files/.a.bin.part"
    with started("models", "fetch", "toy-a", YES) as process:
        wait_for(lambda: part.exists() and part.stat().st_size > 0, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert fetch("toy-a").code == 0
    assert in_layout(home, "toy-a") == expected("a.bin", ADAPTER)
    ranges = [seen.headers.get("range") for seen in server.asked("/a.bin")]
    assert ranges[0] is None
    assert str(ranges[1]).startswith("bytes=")


def test_wrong_bytes_are_refused_and_the_next_mirror_is_taken(cards: Path, home: Home, server: Server) -> None:
    bad = toy.http(server, "bad.bin", ADAPTER, sha256=sha256(b"other"))
    bad["files"][0]["path"] = "a.bin"
    toy.write(cards, [], [toy.part("toy-a", bad)])
    done = fetch("toy-a", YES)
    assert done.code == 1
    assert "not the expected file" in done.err
    assert not list((home.models / "parts/toy-a/files").iterdir())
    toy.write(cards, [], [toy.part("toy-a", bad, toy.http(server, "a.bin", ADAPTER))])
    assert fetch("toy-a").code == 0
    assert in_layout(home, "toy-a") == expected("a.bin", ADAPTER)


@pytest.mark.parametrize("revision", [COMMIT, COMMIT[:7], "main"])
def test_files_are_asked_for_at_the_commit_that_a_revision_means(
    cards: Path, there: ModelHub, home: Home, revision: str
) -> None:
    mirror = toy.hub("somebody/base", *toy.BASE_LISTING, revision=revision)
    toy.write(cards, [], [toy.part("toy-base", mirror)])
    assert fetch("toy-a", YES).code == 0
    assert all(COMMIT in asked.path for asked in there.asked if "/resolve/" in asked.path or "/tree/" in asked.path)
    assert [one.revision for one in weight_store.look(card("toy-a"), home)] == [None, COMMIT]


def test_a_revision_that_is_not_there_is_told(cards: Path) -> None:
    toy.write(cards, [], [toy.part("toy-base", toy.hub("somebody/base", "config.json", revision="abcdef0"))])
    done = fetch("toy-a", YES)
    assert done.code == 1
    assert "somebody/base has no revision abcdef0" in done.err


def test_what_only_the_user_has_is_told_first_and_taken_from_a_folder(
    cards: Path, home: Home, server: Server, tmp_path: Path
) -> None:
    local = {"kind": "local", "how": "Make it with the authors' tool."}
    toy.write(cards, [], [toy.part("toy-base", local, own=["config.json", "*.index.json", "*.bin", "tokenizer.model"])])
    done = fetch("toy-a", YES)
    assert done.code == 1
    assert done.err.index("Make it with the authors' tool.") < done.err.index("toy-a (1 kB) from http")
    assert "mudata models fetch toy-a --from [PART=]FOLDER" in done.err
    for path, data in BASE.items():
        (tmp_path / "mine" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / path).write_bytes(data)
    done = fetch("toy-a", "--from", f"toy-base={tmp_path / 'mine'}")
    assert done.code == 0, done.err
    assert in_layout(home, "toy-a") == expected("a.bin", ADAPTER)
    assert len(server.asked("/a.bin")) == 1


def lay_out(folder: Path, files: dict[str, bytes]) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


@pytest.mark.parametrize("below", [".", "somewhere/deep"])
def test_a_folder_in_the_published_layout_is_linked_also_nested(
    cards: Path, home: Home, there: ModelHub, server: Server, tmp_path: Path, below: str
) -> None:
    mine = lay_out(tmp_path / "mine" / below, expected("a.bin", ADAPTER) | {"base/notes.txt": b"no"})
    assert fetch("toy-a", YES, "--from", tmp_path / "mine").code == 0
    assert in_layout(home, "toy-a") == expected("a.bin", ADAPTER)
    assert (home.models / "toy-a/a.bin").resolve() == (mine / "a.bin").resolve()
    assert not there.asked
    assert not server.seen
    assert [one.revision for one in weight_store.look(card("toy-a"), home)] == [None, None]


def test_weights_of_the_other_format_count_where_the_folder_is_named_as_the_part(
    cards: Path, home: Home, server: Server, tmp_path: Path
) -> None:
    index = json.dumps({"weight_map": {"a": "model-00001-of-00001.safetensors"}}).encode()
    files = {"config.json": b"{}", "model-00001-of-00001.safetensors": SHARD, "model.safetensors.index.json": index}
    lay_out(tmp_path / "mine" / "base", files)
    done = fetch("toy-a", YES, "--from", tmp_path / "mine", "--offline")
    assert "toy-a (1 kB) is not among them" in done.err
    done = fetch("toy-a", "--from", tmp_path / "mine")
    assert done.code == 0
    here = in_layout(home, "toy-a")
    assert here["base/model-00001-of-00001.safetensors"] == SHARD
    assert here["base/tokenizer.model"] == b"words", "a small file that the folder lacks comes from the mirror"
    assert "base/pytorch_model-00001-of-00001.bin" not in here


def test_a_cache_of_hugging_face_is_recognised(cards: Path, home: Home, there: ModelHub, tmp_path: Path) -> None:
    from huggingface_hub import snapshot_download

    snapshot_download("somebody/base", cache_dir=tmp_path / "cache", endpoint=there.url)
    asked = len([a for a in there.asked if "/resolve/" in a.path])
    done = fetch("toy-a", YES, "--from", tmp_path / "cache")
    assert done.code == 0, done.err
    assert in_layout(home, "toy-a") == expected("a.bin", ADAPTER)
    assert len([a for a in there.asked if "/resolve/" in a.path]) == asked
    assert [one.revision for one in weight_store.look(card("toy-a"), home)] == [None, COMMIT]


def test_of_a_cache_the_revision_of_the_card_counts_not_the_newest(cards: Path, home: Home, tmp_path: Path) -> None:
    mirror = toy.hub("somebody/base", *toy.BASE_LISTING, revision=COMMIT[:7])
    toy.write(cards, [], [toy.part("toy-base", mirror)])
    snapshots = tmp_path / "hub" / "models--somebody--base" / "snapshots"
    lay_out(snapshots / COMMIT, BASE)
    lay_out(snapshots / ("f" * 40), BASE | {"tokenizer.model": b"other words"})
    assert fetch("toy-a", YES, "--from", tmp_path / "hub").code == 0
    assert in_layout(home, "toy-a") == expected("a.bin", ADAPTER)


def test_the_home_s_own_folders_can_be_given_without_harm(cards: Path, home: Home) -> None:
    assert fetch("toy-a", YES).code == 0
    here = home.models / "parts" / "toy-base" / "files"
    done = fetch("toy-a", "--from", f"toy-base={here}", "--from", f"toy-base={home.models / 'toy-a' / 'base'}")
    assert done.code == 0
    assert in_layout(home, "toy-a") == expected("a.bin", ADAPTER)


def test_nothing_is_guessed_between_two_parts(cards: Path, tmp_path: Path) -> None:
    twins = [toy.part(name, toy.hub("somebody/base", *toy.BASE_LISTING)) for name in ("toy-one", "toy-two")]
    toy.write(cards, [toy.model("toy-twins", layout={"one": "toy-one", "two": "toy-two"})], twins)
    mine = lay_out(tmp_path / "mine", BASE)
    done = fetch("toy-twins", YES, "--offline", "--from", mine)
    assert done.code == 1
    assert f"may be any of toy-one, toy-two: say which with --from PART={mine}" in done.err
    done = fetch("toy-twins", "--offline", "--from", f"toy-one={mine}", "--from", f"toy-two={mine}")
    assert done.code == 0, done.err


def test_a_shard_that_a_folder_lacks_is_not_overlooked(cards: Path, tmp_path: Path) -> None:
    index = json.dumps({"weight_map": {"a": "pytorch_model-00001-of-00001.bin", "b": "pytorch_model-2.bin"}}).encode()
    lay_out(tmp_path / "mine", expected("a.bin", ADAPTER) | {"base/pytorch_model.bin.index.json": index})
    done = fetch("toy-a", YES, "--offline", "--from", tmp_path / "mine")
    assert done.code == 2
    assert "toy-base (1 kB) is not among them" in done.err


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"notes.txt": b"x"}, "There is, for instance: notes.txt."),
        ({"a/model.safetensors.index.json": b"[]"}, "Nothing of use in"),
        ({"a/model.safetensors.index.json": b'{"weight_map": 3}'}, "Nothing of use in"),
        ({}, "There are no files at all."),
        (None, "There is no "),
    ],
)
def test_a_folder_without_weights_is_told(
    cards: Path, tmp_path: Path, files: dict[str, bytes] | None, said: str
) -> None:
    if files is not None:
        lay_out(tmp_path / "mine", files).mkdir(exist_ok=True)
    done = fetch("toy-a", YES, "--from", tmp_path / "mine")
    assert done.code == 1
    assert said in done.err


def test_asking_a_model_whose_weights_are_not_here_says_what_to_run(cards: Path) -> None:
    with pytest.raises(ModelError, match=r"toy-a \(1 kB\), toy-base \(1 kB\)\.\nRun: mudata models fetch toy-a\n"):
        registry.create("toy-a")
    assert fetch("toy-b", YES).code == 0
    with pytest.raises(ModelError, match=r"The weights of toy-a are not here: toy-a \(1 kB\)\."):
        registry.create("toy-a")


def test_a_model_gets_its_folder_unless_another_is_given(cards: Path, home: Home, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    assert fetch("toy-a", YES).code == 0
    shutil.rmtree(home.models / "toy-a")
    assert registry.create("toy-a").folder == home.models / "toy-a"  # type: ignore[attr-defined]
    assert in_layout(home, "toy-a") == expected("a.bin", ADAPTER)
    given = registry.create("toy-b", checkpoint=str(tmp_path))
    assert given.folder == tmp_path  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_part_that_was_changed_is_told_and_fetched_again(cards: Path, home: Home) -> None:
    assert fetch("toy-a", YES).code == 0
    for path in ("toy-a/files/a.bin", "toy-base/files/pytorch_model-00001-of-00001.bin"):
        file = home.models / "parts" / path
        file.write_bytes(b"!" + file.read_bytes()[1:])
        os.utime(file, ns=(1, 1))
    with pytest.raises(ModelError, match=r"toy-a \(1 kB, changed since it came\)"):
        registry.create("toy-a")
    assert fetch("toy-a").code == 0
    assert in_layout(home, "toy-a") == expected("a.bin", ADAPTER)


def test_other_weights_are_another_identity_and_another_place_is_not(
    cards: Path, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fetch("toy-a", YES).code == 0
    said = identity("toy-a", {})
    assert str(said["options"]).startswith("{'checkpoint': 'toy-a@")
    copy = lay_out(tmp_path / "copy", expected("a.bin", ADAPTER))
    assert identity("toy-a", {"checkpoint": str(copy)}) == said
    shutil.move(home.root, tmp_path / "moved")
    monkeypatch.setenv("MUDATA_HOME", str(tmp_path / "moved"))
    assert identity("toy-a", {}) == said
    (copy / "a.bin").write_bytes(ADAPTER[:150_000] + b"!" + ADAPTER[150_001:])
    assert identity("toy-a", {"checkpoint": str(copy)}) != said


def test_a_whole_repository_comes_without_copies_in_other_formats_and_is_used(
    cards: Path, home: Home, there: ModelHub
) -> None:
    pytest.importorskip("torch")
    whole = toy.model("toy-whole", family="clap", checkpoint="somebody/whole", revision="main")
    toy.write(cards, [whole], [])
    assert identity("toy-whole", {})["options"] == {"checkpoint": "somebody/whole", "revision": "main"}
    assert fetch("toy-whole", YES).code == 0
    wanted = {path: WHOLE[path] for path in ("config.json", "model.safetensors", "README.md")}
    assert in_layout(home, "toy-whole") == wanted
    assert registry.create("toy-whole").checkpoint == str(home.models / "toy-whole")  # type: ignore[attr-defined]
    assert str(identity("toy-whole", {})["options"]).startswith("{'checkpoint': 'toy-whole@")
    del there.repos["somebody/whole"]["model.safetensors"]
    shutil.rmtree(home.models)
    assert fetch("toy-whole").code == 0
    assert "pytorch_model.bin" in in_layout(home, "toy-whole")


def test_where_links_are_impossible_files_are_copied(cards: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(1, "no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    monkeypatch.setattr(os, "link", refuse)
    for _ in range(2):
        assert fetch("toy-a", YES).code == 0
        assert in_layout(home, "toy-a") == expected("a.bin", ADAPTER)
    assert not any(path.is_symlink() for path in (home.models / "toy-a").rglob("*"))


def test_what_cannot_fit_is_not_begun(cards: Path, there: ModelHub) -> None:
    toy.write(cards, [], [toy.part("toy-base", toy.hub("somebody/base", *toy.BASE_LISTING), size="9000000 GB")])
    done = fetch("toy-a", YES)
    assert done.code == 2
    assert "toy-a needs 9000000.0 GB more" in done.err
    assert not there.asked


@pytest.mark.parametrize(
    ("name", "said"), [("random", "random has no weights to fetch"), ("toy", "No model named 'toy'")]
)
def test_models_without_weights_are_told(cards: Path, name: str, said: str) -> None:
    done = fetch(name)
    assert done.code == 2
    assert said in done.err


def test_an_old_pickle_is_made_mappable_once(cards: Path, home: Home, server: Server) -> None:
    torch = pytest.importorskip("torch")
    import io

    buffer = io.BytesIO()
    torch.save({"w": torch.arange(6.0)}, buffer, _use_new_zipfile_serialization=False)
    old = toy.http(server, "old.bin", buffer.getvalue())
    toy.write(cards, [], [toy.part("toy-a", old)])
    done = fetch("toy-a", YES)
    assert "old.bin is an old pickle" in done.err
    assert (home.models / "toy-a/old.bin.mapped.safetensors").exists()
    before = identity("toy-a", {})
    assert "old pickle" not in fetch("toy-a").err
    (home.models / "parts/toy-a/files/old.bin.mapped.safetensors").unlink()
    assert identity("toy-a", {}) == before


@pytest.mark.slow
def test_the_table_says_what_is_here_and_fits_a_page(cards: Path, home: Home) -> None:
    (cards / "models/toy-a.yaml").touch()
    assert fetch("toy-a", YES).code == 0
    done = spawned("models")
    assert done.code == 0
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 120
    names = [line.split()[0] for line in lines[2:]]
    survey = ["qwen-audio", "ltu", "salmonn-7b", "modaverse", "anygpt", "chatmusician", "m2ugen", "mu-llama"]
    assert names[:8] == survey
    rows = {row["name"]: row for row in json.loads(typed("models", "--json").out)}
    assert (rows["toy-a"]["downloaded"], rows["toy-b"]["downloaded"], rows["ltu"]["downloaded"]) == (
        "yes",
        "part",
        "no",
    )
    assert rows["ltu"]["survey"]["row"] == 2
    assert rows["random"]["installed"] is True
    page = typed("models", "info", "toy-b").out
    assert "toy-base in base/: what toy-base is" in page
    assert f"from huggingface somebody/base@{COMMIT}" not in page
    assert f"huggingface somebody/base@{COMMIT}" in page
    assert "downloaded:             part" in page


@pytest.mark.parametrize(
    ("printed", "gpu"),
    [
        ("81559, 79000\n", (85.5, 82.8)),
        ("24576, 1000\n16384, 16000\n", (17.2, 16.8)),
        ("[N/A], [N/A]\n", None),
        ("", None),
    ],
)
def test_the_memory_of_gpus_is_asked_of_nvidia_smi(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    printed: str,
    gpu: tuple[float, float] | None,
) -> None:
    (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\nprintf '{printed}'\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    seen = hardware.look().gpu
    assert (seen and (seen.total_gb, seen.free_gb)) == (gpu and pytest.approx(gpu, abs=0.1))


@pytest.mark.parametrize(
    ("gpu_gb", "ram_gb", "fits"),
    [(24, 16, "GPU"), (12, 64, "RAM"), (None, 32, "RAM"), (None, 17, "RAM, bf16"), (8, 8, "no"), (None, None, "no")],
)
def test_where_a_model_fits(gpu_gb: float | None, ram_gb: float | None, fits: str) -> None:
    gpu, ram = (hardware.Memory(128.0, gb) if gb else None for gb in (gpu_gb, ram_gb))
    assert hardware.Machine(gpu, ram).fits(card("chatmusician")) == fits


@pytest.mark.parametrize("free_gb", [8.0, 15.4, 15.6, 28.0, 29.1])
@pytest.mark.parametrize("name", ["chatmusician", "ltu", "salmonn-13b"])
def test_the_table_and_the_check_before_loading_agree(
    monkeypatch: pytest.MonkeyPatch, name: str, free_gb: float
) -> None:
    pytest.importorskip("torch")
    monkeypatch.setattr(hardware, "free_ram", lambda: int(free_gb * 1e9))
    table = hardware.Machine(None, hardware.ram()).fits(card(name))
    for dtype, answers in (("fp32", {"RAM"}), ("bf16", {"RAM", "RAM, bf16"})):
        try:
            hardware.check(name, card(name), None, device="cpu", dtype=dtype)
        except ModelError:
            assert table not in answers
        else:
            assert table in answers


def test_weights_that_are_here_bound_what_a_card_says(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(1000))
    footprint = hardware.Footprint.of(card("chatmusician"), tmp_path)
    assert footprint == hardware.Footprint(half=2000, full=4000)
