"""The rules by id, in words: what `rule_id` of an alignment means."""

from __future__ import annotations

ALIGNER = "aligner-1"
"""Name of these rules; it changes when an answer could be read differently."""

RULES: dict[str, str] = {
    "error": "there is no answer: the model or the clip failed",
    "empty": "nothing is left but space and markup",
    "degenerate": "the answer ends in a loop",
    "letter": "the answer gives the letter of one option",
    "letter_conflict": "the letter means one option and the text beside it another",
    "letters": "the answer gives letters of several options",
    "echo_prompt": "the answer reads the prompt back and adds nothing",
    "echo_examples": "the answer lists the examples of the prompt",
    "echo_all": "at least 80 % of the labels are listed, and none is chosen",
    "refusal": "the answer says that it cannot tell, and means no label",
    "refusal_echo": "the answer says that it cannot tell, and lists the labels",
    "refusal_mention": "the answer says that it cannot tell, and names a label elsewhere",
    "exact": "the whole answer is one label",
    "single": "one label is meant, however often it is said",
    "anchor": "several labels are said, and the last final answer ('the answer is ...') names one of them alone",
    "primary": "one label is meant; the others only colour it ('X with elements of Y')",
    "hedge": "several labels are meant, joined by words such as 'either', 'or', 'blend', 'could be'",
    "list": "several labels are meant",
    "compound": "one phrase means several labels",
    "set": "many labels may be meant, and these are",
    "lenient": "no label is said, but a word that is nearly or a kind of one",
    "lenient_several": "no label is said, but words that are nearly or a kind of several",
    "negated": "every label that is said is denied",
    "oov": "no word of the answer is in the vocabulary",
}
