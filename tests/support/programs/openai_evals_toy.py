"""A toy exam of eight tones, asked by OpenAI's evals of a model that answers by rote.

`python openai_evals_toy.py FOLDER`
"""

import json
import os
import sys
from pathlib import Path

os.environ |= {"OPENAI_API_KEY": "none", "EVALS_THREADS": "1", "EVALS_SEQUENTIAL": "1"}
INSTRUMENTS = ["violin", "flute", "drums", "piano"]
SAID = ["(A)", "It is (B).", "violin", ""]


class Said:
    def __init__(self, text):
        self.text = text

    def get_completions(self):
        return [self.text]


class ByRote:
    """Answers by rote; the sixth is an error."""

    def __init__(self, **more):
        pass

    def __call__(self, prompt, **more):
        from evals.record import default_recorder, record_sampling

        number = int(prompt[-1]["content"].split("in clip ")[1].split("?")[0])
        if number == 5:
            failed = "the toy model fails here"
            default_recorder().record_error(failed, ValueError(failed))
            return Said("")
        record_sampling(prompt=prompt, sampled=[SAID[number % 4]])
        return Said(SAID[number % 4])


def main(folder):
    for name in ("evals", "completion_fns", "data/toy"):
        (folder / "registry" / name).mkdir(parents=True)
    (folder / "registry" / "completion_fns" / "toy.yaml").write_text("by-rote: {class: 'openai_evals_toy:ByRote'}\n")
    (folder / "registry" / "evals" / "toy.yaml").write_text(
        "toy: {id: toy.test.v1, metrics: [accuracy]}\n"
        "toy.test.v1: {class: 'evals.elsuite.basic.match:Match', args: {samples_jsonl: toy/samples.jsonl}}\n"
    )
    with (folder / "registry" / "data" / "toy" / "samples.jsonl").open("w") as file:
        for n in range(8):
            shown = INSTRUMENTS[n % 4 :] + INSTRUMENTS[: n % 4]
            listed = "\n".join(f"({letter}) {option}" for letter, option in zip("ABCD", shown, strict=True))
            asked = {"role": "user", "content": f"Which instrument plays in clip {n}?\n{listed}"}
            file.write(json.dumps({"input": [asked], "ideal": f"({'ABCD'[(n * 3) % 4]})"}) + "\n")
    from evals.cli.oaieval import main as oaieval

    sys.argv = ["oaieval", "by-rote", "toy", "--registry_path", str(folder / "registry"), "--record_path",
                str(folder / "toy.jsonl")]  # fmt: skip
    oaieval()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
