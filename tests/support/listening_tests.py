"""Small listening tests of every kind, made by hand: their sounds, texts that try to break pages, and links."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from mudata.evaluation.listening import rater_links
from mudata.evaluation.listening.listening_test import (
    PREFERENCE,
    Aspect,
    ExclusionRule,
    ListeningTest,
    RaterPlan,
    Stimulus,
    System,
    TestKind,
    Trial,
    folder_of,
)

if TYPE_CHECKING:
    from mudata.home import Home

SECRETS = ("gtzan-blues", "qwen-secret-model", "run-0123abc", "human reference")
"""Names of clips, models, runs and roles that no rater may find anywhere."""
SECONDS = 0.4
TEXTS = (
    "A slow piano piece\r\nwith a calm mood.",
    "<script>document.title = 'owned'</script><img src=x onerror=alert(1)> {rater} {{ 7 * 7 }} \u202e",
    "Fast drums & a loud guitar, " + "with a long solo over a walking bass line, " * 45,
    "一段安静的钢琴曲。",
)
_WORDS = {"en": "Does it fit?", "de": "Passt es?", "es": "¿Encaja?", "zh": "是否符合？"}
_ENDS = {
    "en": ("not at all", "fully"),
    "de": ("gar nicht", "ganz"),
    "es": ("nada", "del todo"),
    "zh": ("完全不", "完全"),
}
_TITLES = {"en": "Correctness", "de": "Richtigkeit", "es": "Corrección", "zh": "正确性"}
_MORE = {"en": "Detail", "de": "Detail", "es": "Detalle", "zh": "细节"}


def listening_test(
    name: str,
    kind: TestKind,
    *,
    raters: int = 2,
    rated: int = 3,
    scale: tuple[int, int] = (1, 5),
    seconds: float = SECONDS,
    **more: object,
) -> ListeningTest:
    """A sealed test: one practice trial, `rated` trials and one check for each rater."""
    aspects = (
        tuple(Aspect(name=n, title=t, question=_WORDS, ends=_ENDS) for n, t in (("fit", _TITLES), ("detail", _MORE)))
        if kind == "mos"
        else (Aspect(name=PREFERENCE, title=_TITLES, question=_WORDS, ends=_ENDS),)
    )
    sha256 = hashlib.sha256(sound(seconds)).hexdigest()
    stimuli = [
        Stimulus(name=f"s{i:02}x{kind}.flac", clip_id=f"{SECRETS[0]}/{i}", seconds=seconds, gain_db=-3.0, sha256=sha256)
        for i in range(raters * (rated + 2) * 2)
    ]
    plans = []
    for number in range(raters):
        trials = []
        for i, role in enumerate(["practice", *["rated"] * (rated - 1), "check", "rated"]):
            at = 2 * (number * (rated + 2) + i)
            sounds = tuple(one.name for one in stimuli[at : at + (2 if kind == "pairwise" else 1)])
            texts = () if role == "check" else tuple(TEXTS[(i + k) % 4] for k in range(2 if kind == "texts" else 1))
            expected: Mapping[str, str] = {}
            if role == "check":
                expected = {a.name: str(scale[0] + 1) if kind == "mos" else "D" for a in aspects}
            trials.append(
                Trial(
                    id=f"t{number}{i}{kind}",
                    role=role,  # type: ignore[arg-type]
                    item_id=f"{SECRETS[0]}/{i}",
                    stimuli=sounds,
                    texts=texts,
                    systems=tuple((SECRETS[1], SECRETS[3])[: len(texts)]),
                    described=0 if kind == "pairwise" else None,
                    expected=expected,
                )
            )
        plans.append(RaterPlan(rater=f"r{number + 1:02}", trials=tuple(trials)))
    values = {"minutes": 4.0, "design": {}, "power": {}} | more
    return ListeningTest(
        name=name,
        kind=kind,
        seed=0,
        split="half",
        part="test",
        scale=scale if kind == "mos" else None,
        aspects=aspects,
        systems=(
            System(name=SECRETS[1], role="model", run=SECRETS[2]),
            System(name=SECRETS[3], role="reference"),
        ),
        stimuli=tuple(stimuli),
        raters=tuple(plans),
        rule=ExclusionRule(failed_checks=1, least_share=0.5),
        **values,  # type: ignore[arg-type]
    ).sealed()


@cache
def sound(seconds: float) -> bytes:
    """A tone as FLAC."""
    file = io.BytesIO()
    wave = 0.1 * np.sin(2 * np.pi * 330 * np.arange(round(seconds * 8000)) / 8000)
    soundfile.write(file, wave, 8000, format="FLAC")
    return file.getvalue()


def on_disk(home: Home, test: ListeningTest) -> Path:
    """The folder of a test with its links and tiny sounds."""
    folder = folder_of(home, test.name)
    (folder / "stimuli").mkdir(parents=True)
    for stimulus in test.stimuli:
        (folder / "stimuli" / stimulus.name).write_bytes(sound(stimulus.seconds))
    rater_links.write(folder, test)
    test.write(folder)
    return folder
