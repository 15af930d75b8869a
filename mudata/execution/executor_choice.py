"""The place where work is done, by the name that a user gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.execution.local_processes import LocalProcesses
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.execution.executor import Executor
    from mudata.home import Home


def executor_on(on: str | None, home: Home, *, workers: int | None = None, progress: Progress = SILENT) -> Executor:
    """What runs functions: 'local' or None here, 'ray' and 'ray://HOST:PORT' on a cluster, whose machines are looked at
    now. `workers` is how many processes, or tasks of Ray, work at a time [default: as many as there are cores].

    Raises ArgumentError for another name, and MissingExtra and ClusterError as `ray_cluster.connect` and
    `RayCluster.require_nodes` do.
    """
    if on in (None, "local"):
        return LocalProcesses(workers)
    from mudata.execution.ray_cluster import connect  # ray: half a second
    from mudata.execution.ray_tasks import RayTasks

    cluster = connect(on)
    cluster.require_nodes(home, progress)
    return RayTasks(cluster, home, workers)
