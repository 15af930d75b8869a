"""A toy exam of eight tones, asked by inspect of a model that answers by rote: `python inspect_toy.py FOLDER`.

Two epochs in both formats of logs, and one epoch with options in an order that inspect draws. The sixth item fails.
"""

import sys

import inspect_ai
from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig, ModelAPI, ModelOutput, modelapi
from inspect_ai.scorer import choice
from inspect_ai.solver import multiple_choice, solver

INSTRUMENTS = ["violin", "flute", "drums", "piano"]
SAID = ["ANSWER: A", "I think it is B.\n\nANSWER: B", "ANSWER: C", ""]


@modelapi("toy")
class ByRote(ModelAPI):
    def __init__(self, model_name, base_url=None, api_key=None, config=GenerateConfig(), **args):  # noqa: B008
        super().__init__(model_name, base_url, api_key, [], config)

    async def count_tokens(self, input, config=None):
        return 10  # inspect's own count fetches a table of tokens

    async def generate(self, input, tools, tool_choice, config):
        number = int(input[-1].text.split("in clip ")[1].split("?")[0])
        return ModelOutput.from_content(self.model_name, SAID[number % 4])


@solver
def failing_on(sample_id):
    async def solve(state, generate):
        if state.sample_id == sample_id:
            raise ValueError("the toy model fails here")
        return state

    return solve


def samples():
    for n in range(8):
        shown = INSTRUMENTS[n % 4 :] + INSTRUMENTS[: n % 4]
        asked = {"input": f"Which instrument plays in clip {n}?", "choices": shown, "target": "ABCD"[(n * 3) % 4]}
        yield Sample(id=f"tone{n:02}", metadata={"audio": f"clips/tone{n:02}.wav"}, **asked)


shuffled = MemoryDataset(list(samples()), name="toy")
shuffled.shuffle_choices(seed=3)
twice = {"solver": [failing_on("tone05"), multiple_choice()], "epochs": 2, "fail_on_error": False}
TASKS = {
    "epochs": Task(MemoryDataset(list(samples()), name="toy"), scorer=choice(), **twice),
    "shuffled": Task(shuffled, solver=[multiple_choice()], scorer=choice()),
}
for name, task in TASKS.items():
    for form in ("eval", "json"):
        folder = f"{sys.argv[1]}/{name}-{form}"
        inspect_ai.eval(task, model="toy/by-rote", log_format=form, log_dir=folder, display="none")
