"""A toy exam of eight tones, asked twice by evalscope of a model that answers by rote.

`python evalscope_toy.py FOLDER`
"""

import csv
import sys
from pathlib import Path

from evalscope import TaskConfig, run_task
from evalscope.api.model import GenerateConfig, Model, ModelAPI, ModelOutput

INSTRUMENTS = ["violin", "flute", "drums", "piano"]
SAID = ["ANSWER: A", "I think it is B.\n\nANSWER: B", "ANSWER: C", ""]


class ByRote(ModelAPI):
    def __init__(self, model_name, base_url=None, api_key=None, config=GenerateConfig(), **more):  # noqa: B008
        super().__init__(model_name, base_url, api_key, config)

    def generate(self, input, tools, tool_choice, config):
        number = int(input[-1].text.split("in clip ")[1].split("?")[0])
        if number == 5:
            raise ValueError("the toy model fails here")
        return ModelOutput.from_content(model=self.model_name, content=SAID[number % 4])


folder = Path(sys.argv[1])
(folder / "items").mkdir(parents=True)
with (folder / "items" / "toy_val.csv").open("w", newline="") as file:
    table = csv.writer(file)
    table.writerow(["id", "question", "A", "B", "C", "D", "answer"])
    for n in range(8):
        shown = INSTRUMENTS[n % 4 :] + INSTRUMENTS[: n % 4]
        table.writerow([f"tone{n:02}", f"Which instrument plays in clip {n}?", *shown, "ABCD"[(n * 3) % 4]])
run_task(
    TaskConfig(
        model=Model(ByRote("by-rote"), GenerateConfig()),
        datasets=["general_mcq"],
        dataset_args={"general_mcq": {"local_path": str(folder / "items"), "subset_list": ["toy"]}},
        work_dir=str(folder / "out"),
        no_timestamp=True,
        repeats=2,
        ignore_errors=True,
        eval_batch_size=1,
    )
)
