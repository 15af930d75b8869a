"""METEOR, BERTScore and the CLAP score, against countings by hand and by plain numpy; no weights are downloaded."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mudata.catalog.audio.stored_clip import StoredClip
from mudata.errors import EvaluationError, MissingExtra, ModelError, UnknownName
from mudata.evaluation.metrics.scored import Metric, ScoredAnswer
from mudata.evaluation.scoring.extras import meteor
from mudata.evaluation.scoring.extras.extra_metrics import EXTRAS, parse

SAID = "a slow sad fast loud piano guitar drums song with and plays ##s ##ing the"


def clip(number: int, said: str | None, *gold: str, **more: str) -> ScoredAnswer:
    return ScoredAnswer(f"d/{number}", "d", gold, said, **more)


def scored(name: str, items: list[ScoredAnswer], audio: dict[str, StoredClip] | None = None, **options: str) -> Any:
    told: list[float] = []
    (metric,), provenance = EXTRAS[name].columns(items, options, audio, told.append)
    assert sum(told) == pytest.approx(len(items))  # a bar that comes to its end
    assert isinstance(metric, Metric)
    assert metric.metric == EXTRAS[name].metric
    assert metric.interval
    assert metric.low is None or metric.low <= metric.value <= metric.high
    return metric, provenance


# ------------------------------------------------------------------------------------- the command line's words


def test_an_extra_is_named_with_its_options() -> None:
    extra, options = parse("bertscore:model=some/where,layer=9")
    assert (extra, options) == (EXTRAS["bertscore"], {"model": "some/where", "layer": "9"})
    assert parse("meteor") == (EXTRAS["meteor"], {})


def test_unknown_extras_and_options_are_told() -> None:
    with pytest.raises(UnknownName, match=r"No extra score named 'metoer'\. Did you mean 'meteor'"):
        parse("metoer")
    with pytest.raises(EvaluationError, match=r"'layer' cannot be read\.\nWrite them as in bertscore:batch=8"):
        parse("bertscore:layer")
    with pytest.raises(UnknownName, match=r"No option of bertscore_f named 'lair'\. Did you mean 'layer'"):
        EXTRAS["bertscore"].columns([], {"lair": "1"})
    with pytest.raises(EvaluationError, match="'nine' is no int, which layer of bertscore_f is"):
        EXTRAS["bertscore"].columns([], {"layer": "nine"})


def without(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    real = builtins.__import__

    def importing(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] in packages:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", importing)


@pytest.mark.parametrize("name", ["bertscore", "clap"])
def test_without_their_packages_the_pip_line_is_told(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    without(monkeypatch, "torch", "transformers")
    with pytest.raises(MissingExtra, match=r"needs the package 'to?r.*\nRun: pip install 'mudata-music\[captions\]'"):
        EXTRAS[name].columns([clip(0, "a", "a")], {})


# ------------------------------------------------------------------------------------- METEOR


def test_meteor_counts_words_stems_and_order() -> None:
    metric, provenance = scored("meteor", [clip(0, "Slow guitars play", "A slow guitar, piano playing")])
    p, r = 3 / 3, 3 / 5  # all three words match, in two pieces
    expected = 10 * p * r / (r + 9 * p) * (1 - 0.5 * (2 / 3) ** 3)
    assert metric.value == pytest.approx(expected)
    assert provenance["wordnet"] is None
    assert "exact, stem; no WordNet" in metric.recipe


def test_meteor_takes_the_best_reference_and_zero_for_failures() -> None:
    both, _ = scored("meteor", [clip(0, "slow piano", "loud drums", "slow piano"), clip(1, None, "x")])
    best, _ = scored("meteor", [clip(0, "slow piano", "slow piano")])
    assert both.value == pytest.approx(best.value / 2)
    assert both.n == 2


class TinyWordNet:
    """Knows one synonym."""

    def synsets(self, word: str) -> list[Any]:
        return [self] if word == "calm" else []

    def lemmas(self) -> list[Any]:
        return [self]

    def name(self) -> str:
        return "quiet"

    def get_version(self) -> str:
        return "3.0"


def test_meteor_uses_wordnet_where_it_is_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    items = [clip(0, "calm song", "quiet song")]
    plain, _ = scored("meteor", items)
    monkeypatch.setattr(meteor, "wordnet", TinyWordNet)
    rich, provenance = scored("meteor", items)
    assert rich.value > plain.value
    assert "WordNet 3.0 synonyms" in rich.recipe
    assert provenance["wordnet"] == "3.0"


# ------------------------------------------------------------------------------------- BERTScore

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT of three layers that knows a few words."""
    folder = tmp_path_factory.mktemp("bert")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *SAID.split()]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    transformers.BertTokenizerFast(vocab={word: i for i, word in enumerate(vocabulary)}).save_pretrained(folder)
    torch.manual_seed(3)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=24,
        max_position_embeddings=20, initializer_range=0.5,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(folder)
    return folder


def by_hand(folder: Path, layer: int, answer: str, reference: str) -> float:
    """F1 of one pair from the weights: BERT's layers, and all matches, in plain numpy."""
    from safetensors.numpy import load_file

    weights = load_file(folder / "model.safetensors")
    words = {word: i for i, word in enumerate((folder / "vocab.txt").read_text().split("\n"))}

    def normed(x: np.ndarray, name: str) -> np.ndarray:
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return x * weights[f"{name}.LayerNorm.weight"] + weights[f"{name}.LayerNorm.bias"]

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def embedded(text: str) -> np.ndarray:
        ids = [words[word] for word in ["[CLS]", *text.split(), "[SEP]"]]
        table = "embeddings.{}_embeddings.weight".format
        x = weights[table("word")][ids] + weights[table("position")][: len(ids)] + weights[table("token_type")][0]
        x = normed(x, "embeddings")
        for i in range(layer):
            at = f"encoder.layer.{i}"
            q, k, v = (
                linear(x, f"{at}.attention.self.{part}").reshape(-1, 2, 8).swapaxes(0, 1)
                for part in ("query", "key", "value")
            )
            attention = np.exp(q @ k.swapaxes(1, 2) / np.sqrt(8))
            attention /= attention.sum(-1, keepdims=True)
            heard = (attention @ v).swapaxes(0, 1).reshape(-1, 16)
            x = normed(x + linear(heard, f"{at}.attention.output.dense"), f"{at}.attention.output")
            wide = linear(x, f"{at}.intermediate.dense")
            wide = wide * 0.5 * (1 + np.vectorize(_erf)(wide / np.sqrt(2)))
            x = normed(x + linear(wide, f"{at}.output.dense"), f"{at}.output")
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    cosine = embedded(answer) @ embedded(reference).T
    p, r = cosine.max(1)[1:-1].mean(), cosine.max(0)[1:-1].mean()
    return float(2 * p * r / (p + r))


def _erf(x: float) -> float:
    import math

    return math.erf(x)


PAIRS = [
    ("a slow sad piano", "slow piano and drums"),
    ("loud", "the sad song with a guitar"),
    ("the drums and the guitar and the piano", "fast"),
    ("a song", "a song"),
]


@pytest.mark.parametrize("layer", [0, 1, 3])
def test_bertscore_is_what_numpy_counts(bert: Path, layer: int) -> None:
    for pair in PAIRS:
        metric, _ = scored("bertscore", [clip(0, *pair)], model=str(bert), layer=str(layer), device="cpu")
        assert metric.value == pytest.approx(by_hand(bert, layer, *pair), abs=2e-6)


def test_bertscore_does_not_depend_on_the_batch(bert: Path) -> None:
    items = [clip(i, *pair) for i, pair in enumerate(PAIRS * 3)]
    one, many = (
        scored("bertscore", items, model=str(bert), layer="2", device="cpu", batch=batch)[0] for batch in ("1", "7")
    )
    assert one.value == pytest.approx(many.value, abs=1e-6)
    assert one.value == pytest.approx(np.mean([by_hand(bert, 2, *pair) for pair in PAIRS]), abs=2e-6)


def test_bertscore_of_the_same_text_is_one_and_of_no_text_zero(bert: Path) -> None:
    options = {"model": str(bert), "layer": "2", "device": "cpu"}
    assert scored("bertscore", [clip(0, "slow piano", "slow piano")], **options)[0].value == pytest.approx(1)
    assert scored("bertscore", [clip(0, None, "slow piano"), clip(1, " ", "a")], **options)[0].value == 0
    several, _ = scored("bertscore", [clip(0, "slow piano", "loud drums", "slow piano")], **options)
    assert several.value == pytest.approx(1)


def test_bertscore_is_rescaled_with_a_given_baseline_only(bert: Path) -> None:
    options = {"model": str(bert), "layer": "2", "device": "cpu"}
    items = [clip(i, *pair) for i, pair in enumerate(PAIRS)]
    raw, _ = scored("bertscore", items, **options)
    assert "not rescaled" in raw.recipe
    rescaled, provenance = scored("bertscore", items, baseline="0.25", **options)
    assert rescaled.value == pytest.approx((raw.value - 0.25) / 0.75)
    assert "rescaled with baseline 0.25" in rescaled.recipe
    assert provenance["baseline"] == 0.25
    empty, _ = scored("bertscore", [clip(0, "", "a")], baseline="0.25", **options)
    assert empty.value == 0


def test_bertscore_says_which_weights_and_layer_it_read(bert: Path, tmp_path: Path) -> None:
    metric, said = scored("bertscore", [clip(0, "a", "a")], model=str(bert), layer="1", device="cpu")
    assert (said["layer"], said["texts_cut"], said["device"]) == (1, 0, "cpu")
    assert len(said["weights_sha256"]) == 64
    assert f"layer 1, weights sha256 {said['weights_sha256'][:12]}" in metric.recipe
    model = transformers.BertModel.from_pretrained(bert)
    with torch.no_grad():
        model.embeddings.word_embeddings.weight[5, 0] += 1
    model.save_pretrained(tmp_path)
    transformers.AutoTokenizer.from_pretrained(bert).save_pretrained(tmp_path)
    _, other = scored("bertscore", [clip(0, "a", "a")], model=str(tmp_path), layer="1", device="cpu")
    assert other["weights_sha256"] != said["weights_sha256"]


def test_texts_longer_than_the_encoder_are_cut_and_counted(bert: Path) -> None:
    metric, said = scored("bertscore", [clip(0, "drums " * 50, "a song")], model=str(bert), layer="1", device="cpu")
    assert said["texts_cut"] == 1
    assert metric.value == pytest.approx(by_hand(bert, 1, ("drums " * 18).strip(), "a song"), abs=2e-6)


def test_layers_and_models_that_are_not_there_are_told(bert: Path, tmp_path: Path) -> None:
    items = [clip(0, "a", "a")]
    with pytest.raises(EvaluationError, match=r"Which layer of .* is not known\.\nGive it .* layer=9"):
        scored("bertscore", items, model=str(bert))
    with pytest.raises(EvaluationError, match=r"has layers 0 to 3, and no 4"):
        scored("bertscore", items, model=str(bert), layer="4")
    with pytest.raises(ModelError, match=r"encoder .*nothing' cannot be loaded"):
        scored("bertscore", items, model=str(tmp_path / "nothing"), layer="1")
    with pytest.raises(EvaluationError, match="baseline 1 leaves no room"):
        scored("bertscore", items, model=str(bert), layer="1", baseline="1")
    with pytest.raises(EvaluationError, match="nothing to score"):
        scored("bertscore", [], model=str(bert), layer="1")


# ------------------------------------------------------------------------------------- the CLAP score


@pytest.fixture(scope="module")
def clap(tmp_path_factory: pytest.TempPathFactory) -> str:
    from tiny_clap import write_clap

    return str(write_clap(tmp_path_factory.mktemp("clap"), fusion=False))


@pytest.mark.slow
def test_the_clap_score_is_the_cosine_of_sound_and_caption(clap: str, tone: Any, tmp_path: Path) -> None:
    from mudata.evaluation.models.clap import Clap

    files = {f"d/{i}": tone(tmp_path / f"{i}.wav", rate=48000, hz=220.0 * (i + 1)) for i in range(3)}
    items = [clip(0, "a low tone", "x"), clip(1, "a high tone " * 300, "x"), clip(2, None, "x"), clip(3, "gone", "x")]
    sounds = {clip_id: StoredClip(path=path, rate=48000) for clip_id, path in files.items()}
    metric, provenance = scored("clap", items, sounds, model=clap, device="cpu", batch="2")
    assert metric.n == 3
    assert provenance["without_audio"] == 1
    model = Clap(clap, device="cpu")
    model.load()
    from mudata.catalog.audio.clip import load

    expected = [model.similarity([load(files[c.clip_id], 48000)], [c.answer or ""])[0] for c in items[:2]]
    assert metric.value == pytest.approx((sum(expected) + 0) / 3, abs=1e-5)
    assert all(-1 <= cosine <= 1 for cosine in expected)
    with pytest.raises(EvaluationError, match="none of these clips is here"):
        scored("clap", items, {}, model=clap, device="cpu")
