"""Text that others wrote: no key comes through, nothing that a terminal obeys, and all else to the letter."""

from __future__ import annotations

import base64
import html
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
import small_corpus
from shell import typed

import mudata
from mudata.errors import ModelError
from mudata.evaluation.run import Run
from mudata.evaluation.run_records import AnswerRecord
from mudata.safe_text import MASK, escaped, keep_secret, masked, printable, safe_values, without_keys_of_others
from mudata.table import Table

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.home import Home

KEY = "sk-Ab+/\"9&x_secret'<>"


@pytest.mark.parametrize(
    "form",
    [
        lambda key: key,
        lambda key: f"Authorization: Bearer {key}",
        quote,
        lambda key: quote(key, safe=""),
        lambda key: quote(key, safe="").lower().replace("ab", "Ab"),
        quote_plus,
        html.escape,
        json.dumps,
        lambda key: json.dumps(json.dumps({"key": key})),
        repr,
        lambda key: "".join(f"%{ord(sign):02X}" for sign in key),
        lambda key: "".join(f"\\u{ord(sign):04X}" for sign in key),
        lambda key: "".join(f"&#{ord(sign)};" for sign in key),
        lambda key: "".join(f"&#x{ord(sign):X};" for sign in key),
        *(lambda key, user=user: base64.b64encode(f"{user}:{key}".encode()).decode() for user in ("", "u", "me")),
        *(lambda key, n=n: base64.urlsafe_b64encode(f"{n * 'u'}{key}x".encode()).decode() for n in range(3)),
    ],
)  # fmt: skip
def test_a_key_that_was_sent_is_masked_in_every_form(form: Callable[[str], str]) -> None:
    keep_secret(KEY)
    said = form(KEY)
    assert MASK in masked(f"you sent {said}, did you?")
    assert "secret" not in masked(said)
    assert masked(f"you sent {said}, did you?").startswith("you sent ")


LONG = "sk-Ab0_cdefgh12345678"


@pytest.mark.parametrize(
    "form",
    [
        str.lower, str.upper, " ".join, "\u200b".join, "\0".join, "\xad".join, lambda key: str(list(key)),
        lambda key: f"{key[:10]}\r\n{key[10:]}", lambda key: f"{key[:8]}\x1b{key[8:]}",
        lambda key: key.encode().hex(), lambda key: key.encode().hex(" ").upper(),
        lambda key: ", ".join(map(hex, key.encode())), lambda key: "".join(f"\\{ord(sign):03o}" for sign in key),
        lambda key: "".join(f"\\u{{{ord(sign):x}}}" for sign in key),
        lambda key: "".join(f"%25{ord(sign):02x}" for sign in key),
        lambda key: "".join(f"={ord(sign):02X}" for sign in key),
        lambda key: base64.encodebytes(50 * b"x" + key.encode()).decode(),
    ],
)  # fmt: skip
def test_a_long_key_is_masked_spelt_out_wrapped_and_hidden(form: Callable[[str], str]) -> None:
    keep_secret(LONG)
    assert masked(f"you sent {form(LONG)}, did you?").startswith("you sent ")
    assert MASK in masked(f"you sent {form(LONG)}, did you?")
    assert "345678" not in masked(form(LONG)).replace(" ", "")


def test_a_placeholder_is_no_sentence() -> None:
    keep_secret("notneeded")
    assert masked("It is Not Needed; notneeded.") == "It is Not Needed; [key]."


def test_what_only_resembles_a_key_stays() -> None:
    keep_secret(KEY)
    text = f"{KEY[:-3]} 100 % & \\ sk-Ab"
    assert masked(text) == text


def test_placeholders_of_servers_without_keys_are_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "EMPTY")
    keep_secret("none")
    assert masked("EMPTY, none") == "EMPTY, none"


def test_keys_in_the_environment_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_abcdefghij")
    assert masked("token hf_abcdefghij expired") == "token [key] expired"


@pytest.mark.parametrize(
    "text",
    [
        "a\nb\r\nc\td",
        "é שלום مرحبا 音楽",
        "👩\u200d👩\u200d👧",
        "ك\u200cت",
        "\u200fعربي",
        "a\u00a0b\u3000c",
        "e\u0301",
        "",
    ],
)
def test_what_people_write_stays_to_the_letter(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("sign", [*map(chr, range(9)), *"\x0b\x1b\x7f\x85\x9b\u202e\u2066\r"])
def test_what_a_terminal_obeys_does_not(sign: str) -> None:
    assert printable(f"a{sign}b") == "a\ufffdb"


def test_json_stays_json_and_says_the_same() -> None:
    value = {"a": "\x7f\x9b\u202e\x1b\n", "é": ["音"]}
    text = escaped(json.dumps(value, ensure_ascii=False))
    assert text.isprintable()
    assert "音" in text
    assert json.loads(text) == value
    assert safe_values({"\x1b": ["\x00", 1, None]}) == {"\ufffd": ["\ufffd", 1, None]}


def test_errors_are_safe_whoever_made_their_text() -> None:
    keep_secret(KEY)
    error = ModelError(f"The server said \x1b[2J{KEY}.", f"Look at {KEY}.")
    assert str(error) == "The server said \ufffd[2J[key].\nLook at [key]."


def test_what_a_server_says_is_kept_without_the_key(home: Home) -> None:
    keep_secret(KEY)
    run = Run(home.make(home.runs / "r"))
    record = AnswerRecord(
        key="k", item_id="d/1", answer=f"low\n{KEY} \x1b[31m音\t", error=None, seconds=0.0, heard_s=0.0, batch=1,
        notes={"finish_reason": KEY},
    )  # fmt: skip
    run.append([record])
    raw = (run.folder / "answers.jsonl").read_text()
    assert KEY not in raw
    assert "\\u001b" not in raw
    assert run.answers()["d/1"].answer == "low\n[key] \ufffd[31m音\t"
    assert run.answers()["d/1"].notes == {"finish_reason": MASK}


def test_nothing_of_an_answer_reaches_a_terminal_through_sql() -> None:
    query = "SELECT chr(27) || '[31m' || chr(8238) || chr(155) AS x, ['a', chr(7)] AS y"
    table, document = typed("sql", query), typed("sql", query, "--json")
    assert all(line.isprintable() for line in table.out.splitlines())
    assert "\ufffd[31m\ufffd\ufffd" in table.out
    assert all(line.isprintable() for line in document.out.splitlines())
    assert json.loads(document.out) == [{"x": "\x1b[31m\u202e\x9b", "y": ["a", "\x07"]}]
    assert typed("sql", query, "--csv").out.splitlines()[1].startswith("\x1b[31m")
    assert typed("sql", f"SELECT error('{chr(27)}[2J')").err.splitlines()[0].isprintable()


ODD = "a\x1b[31m\u202e\x9bb"
"""A text in the words of a terminal, which must never be read as such."""


@pytest.fixture
def unstripped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text comes as a terminal would get it: for other streams click takes colours out."""
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)


@pytest.mark.usefixtures("unstripped")
@pytest.mark.parametrize(
    "words",
    [
        ("sql", f'SELECT 1 AS "{ODD}"'),
        ("sql", f"EXPLAIN SELECT '{ODD}'"),
        ("sql", "SELECT 'a\rb' AS x"),
        ("list", ODD),
        ("list", f"--{ODD}"),
        (ODD,),
        ("verify", f"gtzan/{ODD}"),
        ("align", f"rock {ODD}", "--labels", "gtzan:genre"),
        ("align", f"rock {ODD}", "--labels", "gtzan:genre", "--json"),
        ("models", "info", ODD),
        ("rm", ODD),
    ],
)
def test_nothing_that_is_typed_or_asked_is_obeyed(words: tuple[str, ...]) -> None:
    done = typed(*words)
    assert all(line.isprintable() for line in (done.out + done.err).splitlines()), done


@pytest.mark.usefixtures("unstripped")
def test_nothing_of_a_card_is_obeyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """YAML holds no control characters but those that turn the writing around."""
    shown = "\u202eddo"
    text = small_corpus.CARD.format(name="odd", audio="yes", note="").replace("Twelve tones", shown)
    (tmp_path / "odd.yaml").write_text(text.replace("Nobody.", shown).replace("Sines", shown))
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path))
    for words in (("list",), ("info", "odd"), ("cite", "odd")):
        done = typed(*words)
        assert "\ufffdddo" in done.out
        assert "\u202e" not in done.out + done.err
    assert "\u202e" not in str(mudata.info("odd")) + repr(mudata.info("odd")) + repr(mudata.cards())


def test_names_of_columns_are_as_safe_as_cells() -> None:
    table = Table([{ODD: 1}], title=ODD)
    assert all(line.isprintable() for line in repr(table).splitlines())
    assert "\x1b" not in table._repr_html_()


@pytest.mark.parametrize(
    "text",
    [
        "the key of C sharp minor, a basic progression of 12345678901234567890 chords",
        "a sk-learn-based-transcription-system and task-1234567890123456789012",
        "bearer of good news; Basic electronic/house/techno in 4/4; hf_model; ?key=minor&bpm=120",
    ],
)
def test_what_is_no_key_of_others_stays(text: str) -> None:
    assert without_keys_of_others(text) == text


def test_keys_of_others_are_found_in_a_time_that_grows_with_the_text() -> None:
    started = time.process_time()
    for text in ("sk-", "sk-a", "Bearer ", "api_key: ", "?key=", "_", "bearer a", "aaaa"):
        without_keys_of_others(text * 50_000)
    assert time.process_time() - started < 5
