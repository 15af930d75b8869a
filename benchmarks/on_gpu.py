"""All that needs a GPU, in one command, and its table in the README: `make gpu`.

    python benchmarks/on_gpu.py                 # half an hour on one GPU with 24 GB or more; nothing is fetched
    python benchmarks/on_gpu.py --no-tests --model ltu --rounds 1

The tests marked `gpu`, the reference bundles in fp32 on the device (`gpu_oracles`), and models of published size with
random weights in bf16 beside the plain loop (`gpu_eval`). The table stands between two marks in the README; it says on
which device, when and of which commit. Where there is no GPU, nothing is run or written, and that is said.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- gpu: written by make gpu -->\n", "<!-- /gpu -->"
MODELS = ("salmonn-7b", "mu-llama", "qwen2-audio")


def ran(name: str, *words: str) -> dict[str, Any]:
    """What a benchmark prints as JSON. Raises SystemExit where it fails for another reason than wrong ids."""
    command = [sys.executable, str(ROOT / "benchmarks" / name), "--json", *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    try:
        printed: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise SystemExit(f"{name} ended with {done.returncode} and printed no JSON.") from None
    return printed


def table(measured: dict[str, Any], oracles: dict[str, Any], when: str) -> str:
    """Markdown of what `gpu_eval --json` and `gpu_oracles --json` say."""
    bars = measured["bars"]
    lines = [
        f"On {measured['device']}, {when}; the bars: {bars['faster']:g} times the plain loop, busy {bars['busy']:.0%}, "
        f"agree {bars['agree']:.0%}.",
        "",
        "| model, random weights | batch | clips/s | tokens/s | plain, clips/s | faster | busy | device GB | agree |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in measured["rows"]:
        busy, agree = (_share(row[key]) for key in ("busy", "agree"))
        memory = "n/a" if row["device_bytes"] is None else f"{row['device_bytes'] / 1e9:.1f}"
        speed = f"{row['clips_per_s']:.2f} | {row['tokens_per_s']:.0f} | {row['plain_clips_per_s']:.2f}"
        rest = f"{row['faster']:.1f} | {busy} | {memory} | {agree}"
        lines.append(f"| {row['model']} | {row['batch']} | {speed} | {rest} |")
    right = sum(counts["right"] for counts in oracles.values())
    cases = sum(counts["cases"] for counts in oracles.values())
    lines += ["", f"Reference bundles in fp32 on the device: {right} of {cases} cases have the authors' ids."]
    return "\n".join(lines)


def _share(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.0%}"


def written(page: str, text: str) -> str:
    """The page with the text between its marks. Raises SystemExit where it has none."""
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise SystemExit(f"README.md lacks its marks {BEGIN.strip()} and {END}.")
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}{text}\n{END}{rest.partition(END)[2]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", nargs="+", default=MODELS)
    parser.add_argument("--rounds", default="3")
    parser.add_argument("--no-tests", action="store_true", help="leave out pytest -m gpu")
    args = parser.parse_args()
    import torch

    if not torch.cuda.is_available():
        print("There is no GPU that torch can use here: nothing was run, and README.md is as it was.", file=sys.stderr)
        raise SystemExit(2)
    marked = [sys.executable, "-m", "pytest", "-q", "-m", "gpu"]
    tests = 0 if args.no_tests else subprocess.run(marked, cwd=ROOT, check=False).returncode
    oracles = ran("gpu_oracles.py")
    measured = ran("gpu_eval.py", "--rounds", args.rounds, "--dtype", "bf16", "--model", *args.model)
    asked = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    text = table(measured, oracles, f"{datetime.now(UTC):%Y-%m-%d}, commit {commit or 'unknown'}")
    page = ROOT / "README.md"
    page.write_text(written(page.read_text(), text))
    print(text)
    raise SystemExit(tests)


if __name__ == "__main__":
    main()
