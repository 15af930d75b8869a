"""Second opinions: extra columns that cost nothing twice, lose nothing, and never touch the headline."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from answered import IDS, answered, metric, read_lines
from bars import Bars
from shell import typed
from small_corpus import Corpus

import mudata
from mudata.errors import EvaluationError, ModelError, UnknownName
from mudata.evaluation.align.label_set import LabelEntry, LabelSet
from mudata.evaluation.scoring import score
from mudata.evaluation.scoring.opinions.embedding import SentenceEncoder
from mudata.evaluation.scoring.opinions.llm_judge import PROMPT, JudgeServer, read
from mudata.evaluation.scoring.opinions.opinion import AnswerToRead

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home

SAID = ["Low.", "low or high", "deep and rumbling", "high", "high", None]  # right: low, mid, high, low, mid, high


@pytest.fixture
def run(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    (tmp_path / "cards").mkdir()
    Corpus(home, tmp_path / "cards", monkeypatch).halves()
    return answered(home, tmp_path, dict(zip(IDS, SAID, strict=True)))


def opinion(run: Run, name: str) -> dict[str, Any]:
    (found,) = [one for one in run.scores["opinions"] if one["opinion"] == name]
    return dict(found)


# ------------------------------------------------------------------------------------ likelihoods


def test_the_likeliest_option_is_read_from_what_the_runner_kept(run: Run) -> None:
    before = metric(run, "accuracy")
    lines = [
        {"clip_id": clip_id, "options": ["low", "mid", "high"], "loglik": values, "tokens": [1, 4, 1]}
        for clip_id, values in zip(IDS, [[-1, -9, -9], [-2, -4, -3], [-3, -8, -3], [-2, -9, -1]], strict=False)
    ]
    (run.folder / "rankings.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    score.score(run)
    by_sum, by_mean = run.scores["opinions"]
    assert (by_sum["accuracy"], by_sum["n"], by_sum["asked"], by_sum["labelled"]) == (pytest.approx(1 / 6), 6, 4, 3)
    assert by_sum["agreement"] == pytest.approx(3 / 4)  # low, nothing for a tie as for 'deep', high; not 'low or high'
    assert by_mean["accuracy"] == pytest.approx(2 / 6)  # the four tokens of in-between are the likeliest each
    assert by_mean["detail"]["rule"].endswith("per token")
    assert (by_sum["low"], by_sum["high"], by_sum["clusters"]) == (None, None, 3)
    assert by_sum["interval"] == "none: 3 clusters are too few"
    assert metric(run, "accuracy") == before


# ------------------------------------------------------------------------------------------ judge


class Chat:
    """A loopback server of chat completions. `replies` are (status, body, headers) or a function of the prompt."""

    def __init__(self) -> None:
        self.replies: list[Any] = []
        self.seen: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                chat.seen.append(said)
                chat.keys.append(self.headers.get("Authorization"))
                status, body, headers = chat.next(said["messages"][0]["content"])
                self.send_response(status if self.path == "/v1/chat/completions" else 404)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.httpd.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.httpd.server_address[1]}/v1"
        self.thread = threading.Thread(target=self.httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def next(self, prompt: str) -> tuple[int, bytes, dict[str, str]]:
        if self.replies:
            given = self.replies.pop(0)
            return given if isinstance(given, tuple) else (200, completion(given), {})
        answer = prompt.split("-----\n")[1]
        return 200, completion(json.dumps({"label": "low" if "deep" in answer or "Low" in answer else "high"})), {}


def completion(text: str | None) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    made = Chat()
    monkeypatch.setattr("mudata.evaluation.scoring.opinions.llm_judge.PAUSE_S", 0.01)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    yield made
    made.httpd.shutdown()
    made.httpd.server_close()
    made.thread.join()


@pytest.mark.slow
def test_a_judge_reads_each_different_answer_once(run: Run, chat: Chat) -> None:
    before = metric(run, "accuracy")
    bars = Bars()
    asked = score.ask_secondary_scorer(run, JudgeServer(chat.url, "some-model"), bars)
    assert bars.done == {f"judge reads {run.id}": 4}
    assert asked == len(chat.seen) == 4  # of five answers two are the same, and a failure is nobody's to read
    assert all((said["temperature"], said["model"]) == (0, "some-model") for said in chat.seen)
    first = chat.seen[0]["messages"][0]["content"]
    assert "Low." in first
    assert "low, in-between, high" in first
    score.score(run)
    found = opinion(run, "judge")
    assert (found["accuracy"], found["n"], found["asked"]) == (pytest.approx(1 / 6), 6, 5)
    assert found["agreement"] == pytest.approx(3 / 5)
    assert (found["detail"]["model"], found["detail"]["prompt"]) == ("some-model", PROMPT)
    assert len(found["detail"]["prompt_sha256"]) == 64
    assert metric(run, "accuracy") == before
    scores = (run.folder / "scores.json").read_bytes()
    assert score.ask_secondary_scorer(run, JudgeServer(chat.url, "some-model")) == 0
    score.score(run)
    assert len(chat.seen) == 4
    assert (run.folder / "scores.json").read_bytes() == scores


@pytest.mark.slow
def test_another_model_is_another_opinion(run: Run, chat: Chat) -> None:
    score.ask_secondary_scorer(run, JudgeServer(chat.url, "one"))
    assert score.ask_secondary_scorer(run, JudgeServer(chat.url, "two")) == 4
    score.score(run)
    assert opinion(run, "judge")["detail"]["model"] == "two"


def test_what_was_read_before_a_failure_is_kept(run: Run, chat: Chat) -> None:
    chat.replies = ['{"label": "low"}', '{"label": null}', (401, b"who are you", {})]
    with pytest.raises(
        EvaluationError, match=r"refused with status 401: who are you\.\nCheck --judge-url.*MUDATA_JUDGE_KEY"
    ):
        score.ask_secondary_scorer(run, JudgeServer(chat.url, "m"))
    path = run.folder / "opinions" / "judge.jsonl"
    assert [line["label"] for line in read_lines(path)] == ["low", None]
    with path.open("ab") as file:
        file.write(b'{"key": "tor')
    chat.seen.clear()
    assert score.ask_secondary_scorer(run, JudgeServer(chat.url, "m")) == len(chat.seen) == 2
    assert len(read_lines(path)) == 4


def test_a_busy_server_is_given_its_time(run: Run, chat: Chat) -> None:
    busy = (429, b"", {"Retry-After": "0.02"})
    chat.replies = [busy, (503, b"", {}), (502, b"<html>", {}), '{"label": "low"}']
    assert score.ask_secondary_scorer(run, JudgeServer(chat.url, "m")) == 4
    assert len(chat.seen) == 7


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ((429, b"", {"Retry-After": "3600"}), "busy: status 429; it asks to wait 3600 s"),
        ((500, b"", {"Retry-After": "tomorrow"}), "busy: status 500"),
        ((200, b'{"choices": []}', {}), "its reply is no chat completion"),
        ((200, b"<html>", {}), "malformed: the reply is no JSON object: '<html>'"),
    ],
)
def test_a_server_that_stays_away_is_told(run: Run, chat: Chat, reply: Any, why: str) -> None:
    chat.replies = [reply] * 3
    with pytest.raises(EvaluationError, match=rf"cannot be had: {why}\.\nWhat was judged is kept"):
        score.ask_secondary_scorer(run, JudgeServer(chat.url, "m", tries=3))


def test_nobody_there_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mudata.evaluation.scoring.opinions.llm_judge.PAUSE_S", 0.0)
    with pytest.raises(EvaluationError, match=r"cannot be had: unreachable: .*refused"):
        score.ask_secondary_scorer(run, JudgeServer("http://127.0.0.1:9/v1", "m", tries=2))


def test_the_key_is_sent_and_kept_nowhere(run: Run, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "other-secret")
    monkeypatch.setenv("MUDATA_JUDGE_KEY", "secret-123")
    score.ask_secondary_scorer(run, JudgeServer(chat.url, "m"))
    score.score(run)
    assert set(chat.keys) == {"Bearer secret-123"}
    assert not any(b"secret" in path.read_bytes() for path in run.folder.rglob("*") if path.is_file())
    assert JudgeServer("http://me:secret@host/v1/?key=secret", "m").detail["url"] == "http://host/v1"


LABELS = LabelSet("single", (LabelEntry("hiphop", "Hip-Hop", ("hiphop",)), LabelEntry("rock", "rock", ("rock",))))


@pytest.mark.parametrize(
    ("reply", "label", "problem"),
    [
        ('{"label": "rock"}', "rock", None),
        ('{"label": "hip-hop"}', "hiphop", None),
        ('Here you are:\n```json\n{"label": " HIPHOP "}\n```', "hiphop", None),
        ('{"label": null}', None, None),
        ('{"thought": "x"} {"label": "rock"}', "rock", None),
        ('{"label": "metal"}', None, "no such label"),
        ('{"label": ["rock"]}', None, "no such label"),
        ("rock", None, "no JSON"),
        ("{label: rock}", None, "no JSON"),
        ("I cannot choose.", None, "no JSON"),
        ("", None, "no JSON"),
    ],
)
def test_only_a_label_in_json_is_a_label(reply: str, label: str | None, problem: str | None) -> None:
    view = read(reply, AnswerToRead("k", "an answer", LABELS, "genre"))
    assert (view.label, view.more.get("problem"), view.more["reply"]) == (label, problem, reply)


@pytest.mark.slow
def test_questions_with_many_answers_have_no_second_opinion(run: Run, home: Home, tmp_path: Path, chat: Chat) -> None:
    other = answered(home, tmp_path, dict(zip(IDS, SAID, strict=True)), task="mood")
    with pytest.raises(EvaluationError, match="asks to tag; second opinions are for questions with one right label"):
        score.ask_secondary_scorer(other, JudgeServer(chat.url, "m"))
    assert other.scores["opinions"] == []


# -------------------------------------------------------------------------------------- embedding


def encoder(folder: Path, pooling: str = "mean_tokens") -> Path:
    """A tiny random BERT in the layout of sentence-transformers."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *["the", "of", "this", "music", "is", "low", "high", "in", "between", "pitch", ".", "-"],
    ]
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizerFast(vocab={word: i for i, word in enumerate(words)}).save_pretrained(folder)
    torch.manual_seed(3)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    transformers.BertModel(config).save_pretrained(folder)
    (folder / "1_Pooling").mkdir()
    modes = {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": False, f"pooling_mode_{pooling}": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(modes))
    return folder


def test_the_nearest_label_is_found_whatever_the_answer_says(run: Run, tmp_path: Path) -> None:
    folder = encoder(tmp_path / "encoder")
    asked = score.ask_secondary_scorer(run, SentenceEncoder(str(folder), template="{label}"))
    score.score(run)
    found = opinion(run, "embedding")
    assert (asked, found["asked"], found["labelled"]) == (4, 5, 5)
    lines = read_lines(run.folder / "opinions" / "embedding.jsonl")
    assert {line["label"] for line in lines} <= {"low", "mid", "high"}
    assert lines[-1]["label"] == "high"  # the answer is the label, word for word
    assert lines[-1]["cosine"] == pytest.approx(1.0, abs=1e-5)
    assert len(found["detail"]["weights_sha256"]["model.safetensors"]) == 64
    assert (found["detail"]["pooling"], found["detail"]["template"]) == ("mean", "{label}")
    assert score.ask_secondary_scorer(run, SentenceEncoder(str(folder), template="{label}")) == 0
    assert score.ask_secondary_scorer(run, SentenceEncoder(str(folder))) == 4


def test_padding_does_not_change_an_embedding(tmp_path: Path) -> None:
    one = SentenceEncoder(str(encoder(tmp_path / "encoder")))
    asks = [
        AnswerToRead(str(i), text, LABELS, "genre")
        for i, text in enumerate(["low", "high pitch in between . the music"])
    ]
    together = [view.more["cosine"] for view in one.views(asks)]
    assert together == pytest.approx([next(one.views([ask])).more["cosine"] for ask in asks], abs=1e-5)


def test_an_encoder_that_cannot_be_used_is_refused(run: Run, tmp_path: Path) -> None:
    folder = encoder(tmp_path / "encoder", "max_tokens")
    with pytest.raises(ModelError, match="pools in a way that is not known here"):
        score.ask_secondary_scorer(run, SentenceEncoder(str(folder)))
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"has no \*\.safetensors"):
        score.ask_secondary_scorer(run, SentenceEncoder(str(folder)))


# ---------------------------------------------------------------------------------- the command line


@pytest.mark.slow
def test_the_command_asks_once_and_keeps_the_column(run: Run, chat: Chat) -> None:
    words = ("score", run.id, "--opinion", "judge", "--judge-url", chat.url, "--judge-model", "m", "--json")
    done = typed(*words)
    assert f"{run.id}: judge read 4 answers" in done.err
    assert json.loads(done.out)["opinions"][0]["opinion"] == "judge"
    assert f"{run.id}: judge read 0 answers" in typed(*words).err
    in_python = mudata.score(run.id, opinion="judge", judge_url=chat.url, judge_model="m")
    assert in_python["opinions"][0]["asked"] == 5
    with pytest.raises(EvaluationError, match="In Python: judge_url and judge_model"):
        mudata.score(run.id, opinion="judge")
    with pytest.raises(UnknownName, match="No opinion named 'me'"):
        mudata.score(run.id, opinion="me")
    assert json.loads(typed("score", run.id, "--json").out)["opinions"][0]["asked"] == 5
    wrong = typed("score", "--opinion", "judge")
    assert (wrong.code, "--opinion judge needs --judge-url and --judge-model." in wrong.err) == (2, True)


@pytest.mark.slow
def test_further_scores_of_captions_are_kept_until_answers_change(home: Home, run: Run, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="asks to classify, and meteor is for captions"):
        score.add_extra_metric(home, run, "meteor")
    other = answered(home, tmp_path, dict(zip(IDS, SAID, strict=True)), task="caption")
    assert typed("score", other.id, "--extra", "meteor").code == 0
    assert mudata.score(other.id, extra="meteor") == other.scores
    value = metric(other, "meteor")
    assert other.scores["captions"]["extras"]["meteor"]["nltk"]
    assert other.scores["datasets"]["tones"]["metrics"][-1]["metric"] == "meteor"
    before = (other.folder / "scores.json").read_bytes()
    score.score(other)
    assert (other.folder / "scores.json").read_bytes() == before
    kept = json.loads((other.folder / "extras" / "meteor.json").read_text())
    (of_old,) = kept["metrics"]
    kept["metrics"] = [
        {key: of_old[key] for key in of_old if key not in ("clusters", "interval")} | {"low": 0, "high": 1}
    ]
    (other.folder / "extras" / "meteor.json").write_text(json.dumps(kept))  # as mudata 0.1.0 wrote it
    told = score.score(other)["metrics"][-1]
    assert (told["metric"], told["value"], told["low"], told["high"]) == ("meteor", value, None, None)
    assert told["interval"] == "none: computed by an older version, ask for it again"
    (other.folder / "extras" / "meteor.json").write_text("{")
    with pytest.raises(EvaluationError, match=r"meteor\.json cannot be read.*\nRemove it"):
        score.score(other)
    typed("score", other.id, "--extra", "meteor")
    assert metric(other, "meteor") == value
    answers = other.folder / "answers.jsonl"
    answers.write_bytes(answers.read_bytes().replace(b"Low.", b"A low tone."))
    score.score(other)
    assert "meteor" not in {m["metric"] for m in other.scores["metrics"]}
