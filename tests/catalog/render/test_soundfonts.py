"""Finding a soundfont: given, named, installed; what is none is refused."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from mudata.catalog.render import soundfonts
from mudata.errors import AudioError, MissingSoundfont


def soundfont(path: Path, body: bytes = b"LIST") -> Path:
    path.write_bytes(b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"sfbk" + body)
    return path


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.delenv("MUDATA_SOUNDFONT", raising=False)
    (folder := tmp_path / "sf2").mkdir()
    monkeypatch.setattr(soundfonts, "FOLDERS", (folder,))
    return folder


def test_given_then_named_then_installed(
    nothing_installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = soundfont(nothing_installed / "b.sf2", b"1")
    assert soundfonts.find().path == installed
    named = soundfont(tmp_path / "named.sf2", b"2")
    monkeypatch.setenv("MUDATA_SOUNDFONT", str(named))
    assert soundfonts.find().path == named
    given = soundfont(tmp_path / "given.sf3", b"3")
    found = soundfonts.find(given)
    assert (found.path, found.name) == (given, "given.sf3")
    assert found.sha256 == hashlib.sha256(given.read_bytes()).hexdigest()
    assert "not known" in found.licence


def test_known_ones_come_first_with_their_licence(nothing_installed: Path) -> None:
    soundfont(nothing_installed / "a.sf2")
    known = soundfont(nothing_installed / "TimGM6mb.sf2")
    with known.open("ab") as file:
        file.truncate(5_969_788)
    assert (soundfonts.find().name, soundfonts.find().licence) == ("TimGM6mb.sf2", "GPL-2.0")


def test_a_file_that_changed_is_read_anew(tmp_path: Path) -> None:
    path = soundfont(tmp_path / "x.sf2", b"1")
    before = soundfonts.find(path).sha256
    soundfont(path, b"22")
    assert soundfonts.find(path).sha256 != before


def test_none_at_all_tells_what_to_install() -> None:
    with pytest.raises(MissingSoundfont, match="no soundfont on this machine") as refused:
        soundfonts.find()
    assert "apt-get install timgm6mb-soundfont" in str(refused.value)
    assert "GPL-2.0" in str(refused.value)


def test_a_path_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingSoundfont, match=r"gone\.sf2 cannot be read: No such file"):
        soundfonts.find(tmp_path / "gone.sf2")


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\4\0\0\0WAVE", b"ID3 whatever it is, no soundfont"])
def test_what_is_no_soundfont_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.sf2").write_bytes(content)
    with pytest.raises(AudioError, match="is no soundfont") as refused:
        soundfonts.find(tmp_path / "x.sf2")
    assert refused.value.reason == "not_a_soundfont"


def test_one_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = soundfont(tmp_path / "x.sf2", b"0" * 100)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(AudioError, match="cut short: 50 bytes of 112"):
        soundfonts.find(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.sf2")
    with pytest.raises(AudioError, match="is no file"):
        soundfonts.find(tmp_path / "x.sf2")


def test_the_home_of_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUDATA_SOUNDFONT", "~nobody-of-this-name/x.sf2")
    with pytest.raises(MissingSoundfont, match="cannot be found"):
        soundfonts.find()
