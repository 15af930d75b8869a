"""What other programs read in files that mudata exported: `python read_exported.py PROGRAM FILE` prints it as JSON."""

import json
import sys


def inspect(file):
    from inspect_ai.log import read_eval_log

    log = read_eval_log(file)
    return {
        "score": log.results.scores[0].metrics["accuracy"].value,
        "samples": [[one.id, one.epoch, one.output.completion, bool(one.error)] for one in log.samples],
    }


def mteb(file):
    from pathlib import Path

    from mteb.results import TaskResult

    result = TaskResult.from_disk(Path(file))
    return {"score": result.get_score(), "splits": result.eval_splits}


def lmms_eval(file):
    from lmms_eval.baselines.loader import load_baseline

    scores, results = load_baseline(file, "name")
    return {"score": sum(scores.values()) / len(scores), "of": results["results"]["name"]["accuracy,none"]}


print(json.dumps({"inspect": inspect, "mteb": mteb, "lmms-eval": lmms_eval}[sys.argv[1]](sys.argv[2])))
