#!/usr/bin/env bash
# Expected: a model that fails on half of the questions is at most half right.
# Happens: with fail_on_error=False inspect leaves failed samples out of the score: of four
#   questions a model answers two, fails at two, and has accuracy 1.0. The log tells
#   total_samples 4 and completed_samples 2, the status is "success".
# Seen on 2026-11-30 with inspect-ai 0.3.285:
#   accuracy 1.0, 2 of 4 samples completed, status success
# Matters: models fail on clips that are long, stereo or silent, and the more often, the higher
#   their score on the rest; scores of two models are then of different questions.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -qq inspect-ai==0.3.285
cat >exam.py <<'EOF'
import sys
from importlib.metadata import version

import inspect_ai
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig, ModelAPI, ModelOutput, modelapi
from inspect_ai.scorer import match
from inspect_ai.solver import generate


@modelapi("toy")
class EverySecond(ModelAPI):
    def __init__(self, model_name, base_url=None, api_key=None, config=GenerateConfig(), **args):
        super().__init__(model_name, base_url, api_key, [], config)

    async def count_tokens(self, input, config=None):
        return 10

    async def generate(self, input, tools, tool_choice, config):
        if "odd" in input[-1].text:
            raise ValueError("this clip is too long")
        return ModelOutput.from_content(self.model_name, "rock")


asked = [Sample(input=f"Genre of the {('even', 'odd')[n % 2]} clip {n}?", target="rock") for n in range(4)]
task = inspect_ai.Task(MemoryDataset(asked), solver=[generate()], scorer=match(), fail_on_error=False)
(log,) = inspect_ai.eval(task, model="toy/every-second", log_dir="logs", display="none")
accuracy = log.results.scores[0].metrics["accuracy"].value
done, of = log.results.completed_samples, log.results.total_samples
print(f"inspect-ai {version('inspect-ai')}: accuracy {accuracy}, {done} of {of} samples completed, status {log.status}")
if (accuracy, done, of) != (1.0, 2, 4):
    sys.exit("This has changed: failed samples count.")
EOF
venv/bin/python exam.py
