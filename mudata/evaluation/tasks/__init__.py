"""Questions: what a task asks of which clips, in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.tasks.prompts import Prompt
    from mudata.evaluation.tasks.sample_selection import SampleRequest, select
    from mudata.evaluation.tasks.samples import Sample, SampleSet
    from mudata.evaluation.tasks.task import Task, bind

__all__ = ["Prompt", "Sample", "SampleRequest", "SampleSet", "Task", "bind", "select"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Prompt": "prompts",
        "Sample": "samples",
        "SampleRequest": "sample_selection",
        "SampleSet": "samples",
        "Task": "task",
        "bind": "task",
        "select": "sample_selection",
    },
)
