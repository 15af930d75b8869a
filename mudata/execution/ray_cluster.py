"""A Ray cluster: found, connected to, and each of its machines looked at before work is given to them.

Ray itself refuses what joins with another Ray or Python. What it does not see is told here: a machine without mudata,
or with another one, one that does not see the home or may not write there, a clock that is off. What a clip becomes
depends on libraries too; where these differ between machines, it is said.
"""

from __future__ import annotations

import os
import re
import socket
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.errors import ArgumentError, ClusterError, MissingExtra
from mudata.execution.home_mark import home_mark
from mudata.execution.node_probe import LIBRARIES, ProbedNode, node_probe, probed
from mudata.memory import A_PROCESS
from mudata.safe_text import text_of
from mudata.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from mudata.home import Home
    from mudata.narration import Progress

ANSWERS_S = 60
"""Seconds within which each machine has to answer: a worker process of Ray starts in two to ten on a busy one."""

_LISTENS_S = 10
"""Seconds within which the address has to take a connection. Ray tries for two minutes where nobody is, and then ends
the whole process (2.60)."""

_CLOCK_S = 5
"""Seconds by which clocks may differ before it is said; machines that ask a time server differ by a hundredth."""

_CLIENT = re.compile(r"ray://([^/:@\s]+):(\d{1,5})")

_ADDRESS = re.compile(r"(?:ray://)?([^/:@\s]+):(\d{1,5})")


def check_address(on: str) -> str:
    """`on` itself, if it is 'ray' or 'ray://HOST:PORT'. Raises ArgumentError."""
    if on != "ray" and not _CLIENT.fullmatch(on):
        raise ArgumentError(
            f"{on!r} is no place where work can be done.",
            "Known: local (processes of this machine), ray (the cluster that this machine belongs to, or RAY_ADDRESS),"
            " ray://HOST:PORT (the Ray Client of a cluster; the port is 10001 as a rule).",
        )
    return on


@dataclass(frozen=True)
class ClusterNode:
    """A machine of the cluster."""

    id: str
    host: str
    cpus: float
    memory: float
    """Bytes that Ray gives to tasks which ask for memory."""
    gpus: float

    @property
    def takes_work(self) -> bool:
        """Whether there is a core, and room for a process that decodes."""
        return self.cpus >= 1 and self.memory >= A_PROCESS


@dataclass(frozen=True)
class RayCluster:
    """The cluster that this process is connected to, as long as it lives."""

    address: str

    def nodes(self) -> list[ClusterNode]:
        """The machines that are alive now."""
        found = [(node, node["Resources"]) for node in ray_module().nodes() if node["Alive"]]
        return [
            ClusterNode(
                id=node["NodeID"],
                host=f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})",
                cpus=has.get("CPU", 0.0),
                memory=has.get("memory", 0.0),
                gpus=has.get("GPU", 0.0),
            )
            for node, has in found
        ]

    def cores(self) -> float:
        """Cores of the machines that take work now."""
        return sum(node.cpus for node in self.nodes() if node.takes_work)

    def require_nodes(self, home: Home, progress: Progress) -> None:
        """Look at every machine with a core: it has to have this mudata, to see the home and to be able to write there.

        Raises ClusterError that names the first one which does not, or where none has room for a process; says whose
        clock or libraries differ from those here.
        """
        nodes = [node for node in self.nodes() if node.cpus >= 1]
        if not any(node.takes_work for node in nodes):
            raise ClusterError(
                f"No machine of the cluster at {self.address} has a core and {A_PROCESS >> 20} MiB of memory to give.",
                "`ray status` shows what there is; ray start --address HEAD --num-cpus N --memory BYTES adds one.",
            )
        for found in self._probed(nodes, home):
            require_node(found, home)
            for note in differences(found):
                progress.say(note)

    def _probed(self, nodes: Sequence[ClusterNode], home: Home) -> list[ProbedNode]:
        """What each machine says of itself, all asked at once."""
        ray = ray_module()
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        mark = home_mark(home)
        probe = ray.remote(num_cpus=0, max_retries=0)(node_probe())
        asked_s = time.time()
        asked = {
            node: probe.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node.id, soft=False)).remote(
                mark.path, mark.word, list(LIBRARIES)
            )
            for node in nodes
        }
        found = []
        for node, answer in asked.items():
            try:
                found.append(probed(node.host, ray.get(answer, timeout=ANSWERS_S), asked_s))
            except (ray.exceptions.TaskUnschedulableError, ray.exceptions.NodeDiedError):
                continue  # it died since Ray listed it, and gets no work
            except ray.exceptions.RayError as error:
                raise ClusterError(
                    f"{node.host}, a machine of the cluster, does not answer: {briefly(error)}",
                    "`ray status` shows the machines that there are; `ray stop` on that one takes it away.",
                ) from error
        return found


def require_node(node: ProbedNode, home: Home) -> None:
    """Raises ClusterError where a machine cannot do the work."""
    if node.mudata != __version__:
        what = f"has mudata {node.mudata}" if node.mudata else "has no mudata"
        raise ClusterError(
            f"{node.host}, a machine of the cluster, {what}; here it is {__version__}.",
            f"Install the same one there: pip install 'mudata-music[cluster]=={__version__}'.",
        )
    if not node.sees:
        raise ClusterError(
            f"{node.host}, a machine of the cluster, does not see {home.root}, the home here.",
            "Put MUDATA_HOME on a file system that all machines mount at the same path.",
        )
    if node.unwritable:
        raise ClusterError(
            f"{node.host}, a machine of the cluster, cannot write to {home.root}: {node.unwritable}.",
            "Ray's workers run as the user who started Ray there: that one needs the permission, and the disk room.",
        )


def differences(node: ProbedNode) -> list[str]:
    """What is said of a machine, and no reason to stop."""
    notes = []
    if abs(node.skew_s) > _CLOCK_S:
        way = "fast" if node.skew_s > 0 else "slow"
        notes.append(
            f"{node.host}: its clock is {abs(node.skew_s):,.0f} s {way}. Times of files made there are off by that;"
            " nothing is corrected. A time server on all machines mends it."
        )
    if node.libraries:
        told = ", ".join(f"{name} {there or 'is missing'} (here {here})" for name, there, here in node.libraries)
        notes.append(f"{node.host}: other libraries than here: {told}. Clips made there may differ in their last bits.")
    return notes


def connect(on: str) -> RayCluster:
    """Connect this process to a cluster, or find that it is already; `on` as in `check_address`.

    'ray' is the cluster in RAY_ADDRESS (which Ray sets inside of a job), else the one of this machine. A connection
    lasts as long as the process, so that workers stay warm between one step and the next; one that the caller made by
    `ray.init` is used as it is.

    Raises ArgumentError, MissingExtra, and ClusterError where there is no cluster, or one of other versions.
    """
    check_address(on)
    ray = ray_module()
    address = on if on != "ray" else os.environ.get("RAY_ADDRESS", "").strip() or "auto"
    if ray.is_initialized():
        if on != "ray" and _connected.get("to") != on:
            raise ClusterError(
                f"This process is connected to another Ray cluster than {on}.",
                "Leave out the address to use that one, or call ray.shutdown() first.",
            )
        return RayCluster(_connected.get("to", "this process"))
    if place := _ADDRESS.fullmatch(address):
        _require_listening(address, place[1], int(place[2]))
    try:
        _init(ray, address)
    except (Exception, SystemExit) as error:  # the latter where something else than Ray listens
        ray.shutdown()
        raise _not_connected(address, error) from error
    _hush()
    _connected["to"] = address
    return RayCluster(address)


def _init(ray: ModuleType, address: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they say, the error says
        try:
            ray.init(address=address, log_to_driver=False, logging_level="CRITICAL")
        except ConnectionAbortedError:  # a busy head needs more than the half minute that Ray Client gives it
            ray.shutdown()
            ray.init(address=address, log_to_driver=False, logging_level="CRITICAL")


_connected: dict[str, str] = {}
"""The address that this process connected to, under 'to'."""


def _hush() -> None:
    """Ray prints what happens to workers and machines on stdout, where data are, whatever `log_to_driver` says (2.60).
    It has no switch for that; here it comes as an exception, too."""
    from ray._private import worker

    if hasattr(worker, "print_to_stdstream"):
        worker.print_to_stdstream = lambda *_, **__: None


def ray_module() -> ModuleType:
    """The package ray, with its reports of usage switched off. Raises MissingExtra."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise MissingExtra("Work on a cluster (--on ray)", "ray", "cluster") from error
    return ray


def _require_listening(address: str, host: str, port: int) -> None:
    try:
        socket.create_connection((host, port), timeout=_LISTENS_S).close()
    except (OSError, OverflowError) as error:
        raise ClusterError(f"No Ray cluster at {address}: {text_of(error)}.", _START) from error


_START = (
    "`ray status` on its head tells whether it runs; `ray start --head` starts one, `ray start --address HOST:6379`"
    " adds a machine to it, and --ray-client-server-port of the head is the port of ray://."
)

_REFUSED = (
    "A cluster that wants a token refuses who sends none, and `ray start` wants one unasked where it finds one: set"
    " RAY_AUTH_MODE=token, with the cluster's token in ~/.ray/auth_token or in RAY_AUTH_TOKEN."
    " Else it may be the wrong port: 6379 as a rule for RAY_ADDRESS, 10001 for ray://."
)


def _not_connected(address: str, error: BaseException) -> ClusterError:
    said = text_of(error)
    where = "on this machine" if address == "auto" else f"at {address}"
    if "ersion mismatch" in said or "versions differ" in said:
        told = [f"{name} {', here '.join(re.findall(f'{name}: ([0-9.]+)', said))}" for name in ("Ray", "Python")]
        return ClusterError(
            f"The Ray cluster {where} has other versions: {'; '.join(told)}.",
            "Ray needs the same Ray and the same Python on all machines, to the last number.",
        )
    if address == "auto":
        return ClusterError(f"No Ray cluster {where}: {briefly(error)}", _START)
    return ClusterError(f"What listens {where} is no Ray cluster that takes this process: {briefly(error)}", _REFUSED)


def briefly(error: BaseException) -> str:
    """The first line of what Ray says, and the last one, which of a traceback is what happened."""
    lines = [line.strip() for line in text_of(error).splitlines() if line.strip()] or [type(error).__name__]
    return " ... ".join(dict.fromkeys((lines[0], lines[-1])))
