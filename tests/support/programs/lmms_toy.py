"""A toy exam of eight tones, asked by lmms-eval of a model that answers by rote: `python lmms_toy.py FOLDER`."""

import json
import os
import sys
from pathlib import Path

INSTRUMENTS = ["violin", "flute", "drums", "piano"]
SAID = ["A", "It is B, I think.", "C. violin", ""]
TASK = """
task: toy_exam
dataset_path: json
dataset_kwargs: {data_files: {test: toy.jsonl}}
test_split: test
output_type: generate_until
doc_to_visual: !function toy_words.visual
doc_to_text: !function toy_words.text
doc_to_target: answer
process_results: !function toy_words.process
generation_kwargs: {max_new_tokens: 16}
metric_list: [{metric: toy_accuracy, aggregation: !function toy_words.mean, higher_is_better: true}]
metadata: {version: 1.0}
"""
WORDS = """
def visual(doc):
    return []


def text(doc, lmms_eval_specific_kwargs=None):
    listed = [f"{letter}. {option}" for letter, option in zip("ABCD", doc["choices"])]
    return "\\n".join([doc["question"], *listed, "Answer with the letter."])


def process(doc, results):
    right = float(results[0].strip()[:1] == doc["answer"])
    return {"toy_accuracy": {"question_id": doc["id"], "prediction": results[0], "correct": right}}


def mean(results):
    return sum(result["correct"] for result in results) / len(results)
"""
folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
os.chdir(folder)
Path("toy_exam.yaml").write_text(TASK)
Path("toy_words.py").write_text(WORDS)
sys.path.insert(0, str(folder))
with Path("toy.jsonl").open("w") as file:
    for n in range(8):
        shown = INSTRUMENTS[n % 4 :] + INSTRUMENTS[: n % 4]
        asked = {"id": f"tone{n:02}", "question": f"Which instrument plays in clip {n}?", "choices": shown}
        file.write(json.dumps(asked | {"answer": "ABCD"[(n * 3) % 4]}) + "\n")
from lmms_eval.models.simple import dummy  # noqa: E402 - the folder it works in comes first


def by_rote(self, requests):
    return [SAID[int(request.args[0].split("in clip ")[1].split("?")[0]) % 4] for request in requests]


dummy.Dummy.generate_until = by_rote
sys.argv = ["lmms-eval", "--model", "dummy", "--tasks", "toy_exam", "--include_path", ".", "--log_samples",
            "--output_path", "out"]  # fmt: skip
from lmms_eval.__main__ import cli_evaluate  # noqa: E402

cli_evaluate()
