"""What an answer means: each rule on answers of its kind, and what holds for any text at all."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mudata.catalog.cards import loader
from mudata.evaluation.align.aligner import align
from mudata.evaluation.align.alignment import RULES, Alignment, Shown
from mudata.evaluation.align.clauses import ROLES
from mudata.evaluation.align.explain import clauses
from mudata.evaluation.align.label_set import LabelEntry, LabelSet, resolve

GENRES = LabelSet(
    "single",
    (
        LabelEntry("blues", "Blues", ("blues", "蓝调"), foreign=("蓝调",)),
        LabelEntry("classical", "Classical", ("classical", "classical music"), hyponyms=("baroque",)),
        LabelEntry("country", "Country", ("country",)),
        LabelEntry("hiphop", "Hip-Hop", ("hiphop", "Hip-Hop", "hip hop", "rap"), hyponyms=("trap",)),
        LabelEntry(
            "jazz", "Jazz", ("jazz", "爵士", "ジャズ", "재즈"), hyponyms=("bebop",), foreign=("爵士", "ジャズ", "재즈")
        ),
        LabelEntry("metal", "Metal", ("metal", "heavy metal", "金属"), foreign=("金属",)),
        LabelEntry("pop", "Pop", ("pop",), synonyms=("chart music",), hyponyms=("synth-pop",)),
        LabelEntry("rnb", "R&B", ("R&B", "rhythm and blues")),
        LabelEntry(
            "rock", "Rock", ("rock", "rock and roll", "摇滚", "rock música"), hyponyms=("punk",), foreign=("摇滚",)
        ),
    ),
    guards=("classical guitar", "metal guitar", "in the country", "pop filter"),
    compounds=(("rockabilly", ("rock", "country")), ("rap rock", ("hiphop",))),
)
MOODS = LabelSet(
    "multi", tuple(LabelEntry(x, x, (x,)) for x in ("calm", "dark", "emotion", "happy", "sad", "uplifting"))
)
MOODS_SYNONYMS = LabelSet(
    "multi", (LabelEntry("happy", "happy", ("happy",), ("joyful",)), LabelEntry("sad", "sad", ("sad",)))
)
KEYS = LabelSet("single", tuple(LabelEntry(x, x, (x,)) for x in ("C major", "C# major", "C minor", "Bb major")))
LETTERS = Shown(letters=True)
PROMPT = Shown(
    "Listen to the music. Which genre is it? Choose one of: blues, classical, country, hip-hop, jazz, metal, pop, R&B, "
    "rock.\nExample 1: blues\nExample 2: jazz"
)


def verdict(answer: str, label_set: LabelSet = GENRES, shown: Shown = PROMPT) -> str:
    found = align(answer, label_set, shown)
    return " ".join([found.status, *found.labels])


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("rock", "rock"),
        ("  Hip-Hop. ", "hiphop"),
        ("hiphop", "hiphop"),
        ("HIP HOP", "hiphop"),
        ("hip_hop", "hiphop"),
        ("hip - hop", "hiphop"),
        ("It is rap, clearly rap", "hiphop"),
        ("rock'n'roll", "rock"),
        ("Rock & Roll", "rock"),
        ("r&b", "rnb"),
        ("RnB", "rnb"),
        ("R and B", "rnb"),
        ("R&amp;B", "rnb"),
        ("rap-rock", "hiphop"),
        ("['jazz']", "jazz"),
        ("<rock>", "rock"),
        ("1. blues", "blues"),
        ("\\boxed{jazz}", "jazz"),
        ("<answer>jazz</answer>", "jazz"),
        ("<b>jazz</b><br/>", "jazz"),
        ("[INST] <<SYS>> [/INST] jazz </s><|im_end|>", "jazz"),
        ("<think>blues or rock? The answer is blues</think>jazz", "jazz"),
        ("blues or rock? The answer is blues</think>jazz", "jazz"),
        ("\uff52\uff4f\uff43\uff4b", "rock"),  # full-width letters
        ("ro\u200bck", "rock"),  # a zero-width space
        ("\u202erock\u202c", "rock"),  # written from right to left
        ("\x00rock\x07", "rock"),
        ("rock\u0301?", "OOV"),  # another letter
        ("rock\ud800", "rock"),
        ("ROCK MÚSICA", "rock"),
        ("rock mu\u0301sica", "rock"),  # the accent as a mark of its own
        ("这首歌是爵士乐", "jazz"),
        ("这是一首rock歌曲", "rock"),
        ("このジャンルはジャズです", "jazz"),
        ("이 곡은 재즈입니다", "jazz"),
        ("rock with a bebop solo", "rock"),  # strict evidence beats lenient evidence
        ("A guitar plays in the country style of the metal guitar", "OOV"),
        ("a very popular song", "OOV"),
        ("Rocksteady jazzy metallic poppy countryside", "OOV"),
        ("…", "OOV"),
    ],
)
def test_labels_are_whole_words_in_any_dress(answer: str, label: str) -> None:
    assert verdict(answer) == (label if label == "OOV" else f"ALIGNED {label}")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("It's not rock, it is metal", "ALIGNED metal"),
        ("It isn’t rock — it’s metal", "ALIGNED metal"),
        ("I don't think it's rock. It's jazz.", "ALIGNED jazz"),
        ("I don't think this is jazz", "NEGATED_ONLY"),
        ("It does not sound like rock; it sounds like pop.", "ALIGNED pop"),
        ("This isn't jazz, blues or rock. It's country!", "ALIGNED country"),
        ("neither blues nor jazz, but rock", "ALIGNED rock"),
        ("rock, not pop", "ALIGNED rock"),
        ("rock rather than pop", "ALIGNED rock"),
        ("Rather than rock, this is metal.", "ALIGNED metal"),
        ("Unlike blues, jazz swings.", "ALIGNED jazz"),
        ("It is more like jazz than blues", "ALIGNED jazz"),
        ("It is less like rock than pop", "ALIGNED pop"),
        ("not so much rock as metal", "ALIGNED metal"),
        ("everything except country", "NEGATED_ONLY"),
        ("anything but country", "NEGATED_ONLY"),
        ("This is far from jazz", "NEGATED_ONLY"),
        ("a country song without any rock influences", "ALIGNED country"),
        ("It lacks the swing of jazz, it is more of a blues", "ALIGNED blues"),
        ("Rock is not the genre; it is metal.", "ALIGNED metal"),
        ("Blues and jazz can be ruled out. The genre is country.", "ALIGNED country"),
        ("Is it rock? No, it is jazz.", "ALIGNED jazz"),
        ("Maybe not jazz, more like blues", "ALIGNED blues"),
        ("这首歌不是摇滚，是金属", "ALIGNED metal"),
        ("Es ist kein Rock, sondern Metal", "ALIGNED metal"),
    ],
)
def test_what_is_denied_is_no_evidence_for_it(answer: str, said: str) -> None:
    assert verdict(answer) == said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("not only jazz but also blues", "MULTI blues jazz"),
        ("It is not just pop.", "ALIGNED pop"),
        ("nothing but blues", "ALIGNED blues"),
        ("It can't be anything but jazz", "ALIGNED jazz"),
        ("This is no doubt jazz, without a doubt", "ALIGNED jazz"),
        ("No, jazz.", "ALIGNED jazz"),
        ("no vocals, instrumental jazz", "ALIGNED jazz"),
        ("I cannot hear any drums, so this is classical.", "ALIGNED classical"),
        ("You cannot miss the rap groove", "ALIGNED hiphop"),
        ("It is impossible not to dance to this pop track", "ALIGNED pop"),
        ("jazz without drums", "ALIGNED jazz"),
    ],
)
def test_not_every_no_denies(answer: str, said: str) -> None:
    assert verdict(answer) == said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("The genre is unknown.", "REFUSAL"),
        ("Unknown", "REFUSAL"),
        ("N/A", "REFUSAL"),
        ("none of the above", "REFUSAL"),
        ("I'm sorry, but I can't listen to audio files.", "REFUSAL"),
        ("As an AI language model, I cannot process audio.", "REFUSAL"),
        ("There is not enough information.", "REFUSAL"),
        ("No audio was provided.", "REFUSAL"),
        ("I don't know", "REFUSAL"),
        ("No specific genre can be heard", "REFUSAL"),
        ("I'm not sure, but it is no rock", "REFUSAL"),
        ("无法确定", "REFUSAL"),
        ("It's hard to tell, but I'd go with jazz", "ALIGNED jazz"),
        ("The genre isn't specified, however it might be rock", "ALIGNED rock"),
        ("It's hard to tell, but I'd go with jazz or blues", "REFUSAL_WITH_MENTION"),
        ("I cannot determine the genre. Sounds: drums, jazz", "REFUSAL_WITH_MENTION"),
        ("The artist is unknown, but the genre is rock.", "ALIGNED rock"),
        ("An unknown artist plays jazz.", "ALIGNED jazz"),
        ("The tempo is not specified. It's a country song.", "ALIGNED country"),
        ("It does not contain vocals; it's a jazz piece.", "ALIGNED jazz"),
        ("I don't know much, but this is country", "ALIGNED country"),
        ("I cannot identify the singer; a country song", "ALIGNED country"),
        ("It is unclear what the singer says, but it is a pop track", "ALIGNED pop"),
    ],
)
def test_refusals_are_about_the_question(answer: str, said: str) -> None:
    assert verdict(answer) == said


def test_what_the_prompt_asks_for_may_be_refused() -> None:
    tools = LabelSet("single", (LabelEntry("flute", "flute", ("flute",)), LabelEntry("piano", "piano", ("piano",))))
    answer = "The instrument is not specified."
    assert verdict(answer, tools, Shown("Which instrument plays?")) == "REFUSAL"
    assert verdict(answer, GENRES) == "OOV"


@pytest.mark.parametrize(
    ("answer", "said", "rule"),
    [
        ("I first thought rock, but the final answer is: metal", "ALIGNED metal", "anchor"),
        (
            "Options: blues, classical, country, rap, jazz, metal, pop, rnb, rock. Answer: jazz",
            "ALIGNED jazz",
            "anchor",
        ),
        ("The genre is jazz because of the blues scale", "ALIGNED jazz", "anchor"),
        ("rock, yet I would say metal", "ALIGNED metal", "anchor"),
        ("Of rock and pop this is most likely pop", "ALIGNED pop", "anchor"),
        ("I'd classify it as blues, though country is near", "ALIGNED blues", "anchor"),
        ("Some rock. Genre: Blues, Funk, Soul", "MULTI blues rock", "list"),
        ("The genre is pop. It could be rock as well.", "MULTI pop rock", "hedge"),
        ("classical with elements of blues and jazz", "ALIGNED classical", "primary"),
        ("jazz with blues and rock influences", "ALIGNED jazz", "primary"),
        ("A mix of jazz and blues with hints of rock", "MULTI blues jazz rock", "hedge"),
        ("Either metal or pop.", "MULTI metal pop", "hedge"),
        ("pop rock", "MULTI pop rock", "list"),
        ("a rockabilly tune", "MULTI country rock", "compound"),
        ("blues, classical, country, rap, jazz, metal, pop, rock", "ECHO_ALL", "echo_all"),
        ("punk", "HYPONYM rock", "lenient"),
        ("punk or trap", "MULTI hiphop rock", "lenient_several"),
        ("chart music", "SYNONYM pop", "lenient"),
        ("It is not punk", "NEGATED_ONLY", "negated"),
        ("rock " * 100, "DEGENERATE", "degenerate"),
        ("0.1s-0.2s, " * 30, "DEGENERATE", "degenerate"),
        ("<think>It may be jazz", "EMPTY", "empty"),
        (" \n\t", "EMPTY", "empty"),
    ],
)
def test_each_rule_decides_its_own_answers(answer: str, said: str, rule: str) -> None:
    assert verdict(answer) == said
    assert align(answer, GENRES, PROMPT).rule_id == rule


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (PROMPT.prompt, "ECHO_PROMPT"),
        (f"user\n{PROMPT.prompt}\nassistant\n", "ECHO_PROMPT"),
        ("listen to the music: which genre is it?", "ECHO_PROMPT"),
        ("Example 7: rock", "ECHO_PROMPT"),
        ("Blues (1), jazz (2)", "ECHO_PROMPT"),  # the examples, read back
        (f"{PROMPT.prompt}\nrock", "ALIGNED rock"),
        ("Example 1: blues\nAnswer: rock", "ALIGNED rock"),
        ("Which genre is it? A polka.", "OOV"),
        ("For example, jazz", "ALIGNED jazz"),
    ],
)
def test_the_prompt_read_back_is_no_answer(answer: str, said: str) -> None:
    assert verdict(answer) == said


@pytest.mark.parametrize("letter", ["C", "(C)", "C.", "C)", " **C** ", "Ｃ", "C: country", "option C", "Country (C)"])
@pytest.mark.parametrize("frame", ["{}", "The answer is {}", "<think>A or B</think>{}"])
def test_a_letter_is_an_option_where_letters_were_shown(letter: str, frame: str) -> None:
    assert verdict(frame.format(letter), GENRES, LETTERS) == "ALIGNED country"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("Option A is wrong. The answer is C.", "ALIGNED country"),
        ("The answer is C because of the blues scale", "ALIGNED country"),
        ('{"answer": "C"}', "ALIGNED country"),
        ("(C) jazz", "CONFLICT"),
        ("(A) or (B)", "MULTI blues classical"),
        ("A guitar plays", "OOV"),
        ("The answer is A guitar piece", "OOV"),
        ("Classical", "ALIGNED classical"),
        ("D minor chords, jazz", "ALIGNED jazz"),
        ("c", "ALIGNED country"),
        ("not (C)", "OOV"),
        ("Z", "OOV"),
        ("A: blues B: classical C: country D: rap E: jazz F: metal G: pop H: rnb I: rock", "ECHO_ALL"),
    ],
)
def test_letters_are_read_with_care(answer: str, said: str) -> None:
    assert verdict(answer, GENRES, LETTERS) == said


def test_letters_follow_the_order_shown() -> None:
    assert verdict("B", GENRES, Shown(options=("rock", "jazz"), letters=True)) == "ALIGNED jazz"
    assert verdict("B", GENRES, Shown(options=("rock", "jazz"))) == "OOV"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("happy, uplifting; not sad", "SET happy uplifting"),
        ("Emotion: happy", "SET happy"),
        ("{'emotion': 'dark, sad'}", "SET dark sad"),
        ("full of emotion", "SET emotion"),
        ("not sad", "NEGATED_ONLY"),
        ("unhappy", "OOV"),
    ],
)
def test_many_labels_are_a_set_when_many_were_asked_for(answer: str, said: str) -> None:
    assert verdict(answer, MOODS) == said
    assert align(answer, MOODS).label is None


def test_a_set_may_have_lenient_labels_only() -> None:
    assert verdict("joyful", MOODS_SYNONYMS) == "SYNONYM happy"
    assert verdict("joyful and sad", MOODS_SYNONYMS) == "SET sad"


@pytest.mark.parametrize("key", KEYS.ids)
def test_a_sharp_is_part_of_a_word(key: str) -> None:
    assert verdict(f"It is in {key}.", KEYS) == f"ALIGNED {key}"
    assert verdict(key.replace("#", "♯"), KEYS) == f"ALIGNED {key}"


def test_a_failure_is_an_error() -> None:
    assert align(None, GENRES).status == "ERROR"


def test_evidence_is_told_in_places_of_the_raw_answer() -> None:
    text = "<s>It’s not ＲＯＣＫ, but Hip-Hop; metal guitar. The final answer: rap"
    found = align(text, GENRES)
    said = [(text[span.start : span.end], span.role, span.label) for span in found.spans]
    assert said == [
        ("ＲＯＣＫ", "negative", "rock"),
        ("Hip-Hop", "positive", "hiphop"),
        ("metal guitar", "guard", None),
        ("rap", "positive", "hiphop"),
    ]
    assert (found.positives, found.negatives) == (("hiphop",), ("rock",))


def test_words_that_might_have_been_labels_are_kept() -> None:
    found = align("The genre is electronic, deep house and a bit of polka.", GENRES)
    assert found.oov_terms == ("electronic", "deep house", "bit", "polka")


def test_a_foreign_word_is_flagged() -> None:
    assert align("金属", GENRES).flags == ("non_english",)
    assert align("metal", GENRES).flags == ()


# ------------------------------------------------------------------------------------ any text

_SOME = """blues jazz rock metal hip-hop rap punk bebop not no never isn't but it is or and, with elements of the answer
is genre: unknown sorry cannot determine . , ; ? ! more like than rather unlike (C) C. Example 1: 金属 不是 ß ı é R&B
&amp; classical guitar rockabilly <think> </think> <s> Ｃ polka piano"""
WORDS = st.sampled_from([*_SOME.split(), "\n", "\u200b"])
TEXTS = st.one_of(
    st.text(),
    st.text(st.characters(categories=["Cs", "Cf", "Mn", "Lo", "Ll", "Lu", "Po"])),
    st.lists(WORDS, max_size=30).map(" ".join),
)
SHOWN = st.sampled_from([Shown(), PROMPT, LETTERS, Shown(PROMPT.prompt, ("rock", "jazz"), letters=True)])


def fold(text: str) -> str:
    """Letters and digits in one case, 'and' in one spelling."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).replace("&amp;", "&")
    return "".join(c for c in plain.replace("and", "&").replace("'n'", "&") if c.isalnum() or c == "&")


SPELLINGS = {
    entry.id: {fold(spelling) for spelling in (*entry.strict, *entry.synonyms, *entry.hyponyms)}
    for entry in GENRES.entries
}
for phrase, ids in GENRES.compounds:
    for label in ids:
        SPELLINGS[label].add(fold(phrase))


@given(TEXTS, SHOWN)
@settings(max_examples=400, deadline=None)
@pytest.mark.slow
def test_any_text_is_read_alike_twice_and_spans_spell_their_labels(text: str, shown: Shown) -> None:
    found = align(text, GENRES, shown)
    assert found == align(text, GENRES, shown)
    assert found.rule_id in RULES
    assert list(found.spans) == sorted(found.spans, key=lambda s: (s.start, s.end, s.role, s.label or ""))
    for span in found.spans:
        assert 0 <= span.start < span.end <= len(text)
        if span.role in ("positive", "negative", "lenient"):
            said = fold(text[span.start : span.end]).replace("n", "&") if span.label == "rnb" else None
            assert fold(text[span.start : span.end]) in SPELLINGS[str(span.label)] or said == "r&b"
    assert (found.label is None) == (found.status != "ALIGNED")
    json.dumps(found.record())


@settings(deadline=None)
@given(TEXTS, SHOWN, st.permutations(GENRES.entries))
@pytest.mark.slow
def test_the_order_of_labels_changes_nothing_but_their_order(text: str, shown: Shown, order: list[LabelEntry]) -> None:
    if shown.letters and not shown.options:
        shown = Shown(shown.prompt, GENRES.ids, letters=True)
    one, other = (
        align(text, GENRES, shown),
        align(text, LabelSet("single", tuple(order), GENRES.guards, GENRES.compounds), shown),
    )

    def unordered(found: Alignment) -> tuple[object, ...]:
        labels = (frozenset(found.labels), frozenset(found.positives), frozenset(found.negatives))
        return found.status, found.rule_id, labels, found.spans, found.oov_terms, found.flags, found.normalized

    assert unordered(one) == unordered(other)
    assert list(other.labels) == sorted(other.labels, key=[e.id for e in order].index)


@settings(deadline=None)
@given(TEXTS, st.sampled_from(["polka", "slow", "piano"]))
def test_an_unrelated_word_makes_no_label_of_what_was_none(text: str, word: str) -> None:
    if align(text, GENRES).status == "OOV":
        assert align(f"{text} {word}", GENRES).status != "ALIGNED"
        assert align(f"{word} {text}", GENRES).status != "ALIGNED"


@settings(deadline=None)
@given(st.lists(st.sampled_from(GENRES.ids), min_size=1, max_size=4), st.sampled_from([", ", " or ", " and "]))
def test_what_is_only_denied_is_never_meant(labels: list[str], between: str) -> None:
    for start in ("It is not ", "Neither ", "This isn't ", "anything but ", "No "):
        found = align(start + between.join(labels), GENRES)
        assert (found.status, found.positives) == ("NEGATED_ONLY", ())


@settings(deadline=None)
@given(st.sampled_from(GENRES.entries))
def test_every_spelling_means_its_label(entry: LabelEntry) -> None:
    for spelling in entry.strict:
        assert align(spelling, GENRES).label == entry.id
        assert align(f"It is {spelling}!", GENRES).label == entry.id


CRAFTED = [
    "rock blues ", "does not contain any ", "example 1: rock\n", "unknown jazz. ", "金属", "&", "<think>", "(A) ",
    "<think></think>", "~~rock~~", "[THINK]", "is ", "no ", "rock, ", "rock elements ", "with ", "genre ",
    "genre is ", "answer:\n", "\n", "if rock ", "would be rock if ", "they are wrong, ",
    "rock they are wrong, ", "rock is wrong ", "unknown genre ", "cannot determine ", "rock 10% ", "✓ ",
    "> rock ", "? no ", "perhaps ", "not so much rock as ", "more rock than ", ". ", "1.", "' ", "rock\u0301",
    "不是摇滚", "ロックでも", "록도 ", "nicht ", "\u202e", "|", "{\"genre\": \"rock\", ", "too heavy for ", "isn't ",
    "rock or ", "rock & ", "-", "\x00",
]  # fmt: skip
"""Pieces that repeated make the worst of each part of the reading."""


@pytest.mark.parametrize("piece", CRAFTED)
@pytest.mark.slow
def test_a_long_answer_takes_time_in_proportion(piece: str) -> None:
    shown = Shown(PROMPT.prompt, letters=True)

    def seconds(length: int, before: str) -> float:
        text = before + piece * (length // len(piece))
        begin = time.process_time()
        align(text, GENRES, shown)
        return time.process_time() - begin

    for before in ("", "rock " + " " * 2_000):
        short = min(seconds(4_000, before) for _ in range(3))
        long = min(seconds(64_000, before) for _ in range(3))
        assert long < 32 * short + 0.05  # 16 times the length; quadratic would be 256 times


@pytest.mark.slow
def test_a_megabyte_in_one_line_is_read() -> None:
    for piece in ("rock is not jazz, ", "\ud800", "\x00", "\u202erock\u202c ", "摇滚rock록ロック "):
        text = piece * (1_000_000 // len(piece))
        found = align(text, GENRES, PROMPT)
        assert all(0 <= span.start < span.end <= len(text) for span in found.spans)


_PIECES = """jazz|Rock|metal|pop|The genre of the given music is jazz.|it is|I think|the answer is|sounds like|hip-hop|
people say|gave rise to|secondary|final|wait, actually,|I'm not sure, but|C|(B)|option C|the|song|music"""
SENTENCES = st.lists(st.sampled_from([*CRAFTED, *_PIECES.replace("\n", "").split("|")]), max_size=12).map(" ".join)


@given(SENTENCES, SHOWN)
@settings(max_examples=300, deadline=None)
@pytest.mark.slow
def test_sentences_of_cues_are_read_alike_and_every_verdict_names_its_clause(text: str, shown: Shown) -> None:
    found = align(text, GENRES, shown)
    assert found == align(text, GENRES, shown)
    assert found.rule_id in RULES
    for span in found.spans:
        assert 0 <= span.start < span.end <= len(text)
    if found.label:
        assert found.clause_role or "letter" in found.flags or found.rule_id in ("number", "misspelt")
    if found.clause:
        assert 0 <= found.clause[0] < found.clause[1] <= len(text)
    assert {row["role"] for row in clauses(text, GENRES, shown)[0]} <= set(ROLES)


@given(SENTENCES)
@settings(max_examples=300, deadline=None)
@pytest.mark.slow
def test_the_short_way_comes_to_the_same_as_the_long_one(text: str) -> None:
    found, (_, long) = align(text, GENRES), clauses(text, GENRES)
    assert (found.status, found.labels, found.rule_id, found.spans) == (
        long.status,
        long.labels,
        long.rule_id,
        long.spans,
    )
    assert (found.flags, found.clause_role) == (long.flags, long.clause_role)


SAID = ["It's not rock, it is metal", "C", "blues, jazz, rock", "金属", "unknown", "ｒｏｃｋ &amp; roll", "polka"]


def _digest() -> str:
    found = [align(one, GENRES, shown).record() for one in SAID for shown in (PROMPT, LETTERS)]
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


@pytest.mark.parametrize("seed", ["0", "1"])
@pytest.mark.slow
def test_another_process_reads_alike(seed: str) -> None:
    code = "import test_aligner; print(test_aligner._digest())"
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": here},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == _digest()


# ------------------------------------------------------------------------------ published answers


@pytest.mark.shared
@pytest.mark.parametrize(
    ("model", "accuracy", "coverage"),
    [("qwen", 73.8, 95), ("qwen2", 63.1, 100), ("mullama", 15.2, 73), ("ltu", 1.0, 9)],
)
def test_published_genre_answers_score_as_they_should(shared: Path, model: str, accuracy: float, coverage: int) -> None:
    said = json.loads((shared / f"data/answers/cmi-bench/{model}_GTZAN.jsonl").read_text())
    genres = resolve(loader.load("gtzan").labels["genre"])
    found = [align(one["response"], genres, Shown(one["question"])) for one in said]
    gold = [align(one["correct_answer"], genres).label for one in said]
    right = sum(a.label == g for a, g in zip(found, gold, strict=True))
    assert (len(said), round(100 * right / len(said), 1)) == (290, accuracy)
    assert 100 * sum(a.status == "ALIGNED" for a in found) // len(said) == pytest.approx(coverage, abs=1)


@pytest.mark.shared
@pytest.mark.parametrize(("model", "micro_f1"), [("qwen2", 0.172), ("mullama", 0.059)])
def test_published_mood_answers_score_as_they_should(shared: Path, model: str, micro_f1: float) -> None:
    """With the bare tags, as the published figures were made; the card knows more spellings."""
    said = json.loads((shared / f"data/answers/cmi-bench/{model}_MTG_emotion.jsonl").read_text())
    gold = [set(one["correct_answer"].split(", ")) for one in said]
    tags = LabelSet("multi", tuple(LabelEntry(tag, tag, (tag,)) for tag in sorted(set.union(*gold))))
    found = [set(align(one["response"], tags, Shown(one["question"])).labels) for one in said]
    hits = sum(len(a & g) for a, g in zip(found, gold, strict=True))
    assert (len(said), len(tags.ids)) == (4231, 56)
    assert round(2 * hits / sum(map(len, [*found, *gold])), 3) == micro_f1
