"""A Ray cluster of three nodes on this machine, small and without its dashboard: one for all tests of a process."""

from __future__ import annotations

import gc
import os
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

NODE = {
    "num_cpus": 1,
    "memory": 2 << 30,  # bytes that tasks may ask for; nothing takes them
    "object_store_memory": 80 << 20,  # Ray takes no less than 75 MB
    "include_dashboard": False,
}
"""What each machine of the cluster says that it has."""


@dataclass(frozen=True)
class ThreeNodes:
    """A cluster that runs, and nobody is connected to."""

    cluster: Any
    """The `ray.cluster_utils.Cluster`."""
    address: str
    """HOST:PORT, as RAY_ADDRESS has it."""
    client: str
    """ray://HOST:PORT, of its Ray Client."""

    def add_node(self, **changed: Any) -> Any:
        """Start a further node; what comes back goes to `remove_node`."""
        with _starting():
            return self.cluster.add_node(**NODE | changed)

    def remove_node(self, node: Any) -> None:
        """Kill a node and what runs there."""
        self.cluster.remove_node(node, allow_graceful=False)


@contextmanager
def three_nodes(count: int = 3, **changed: Any) -> Iterator[ThreeNodes]:
    """Start the cluster, or one of another `count`; it is gone afterwards. Its workers import what this process can
    import. `changed` is of all nodes, beside NODE."""
    import ray
    from ray.cluster_utils import Cluster

    with TemporaryDirectory(prefix="ray-", dir="/tmp") as folder, socket.socket() as free:  # sockets have short paths
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        with _starting():
            head = (
                NODE | changed | {"temp_dir": folder, "ray_client_server_port": port, "dashboard_agent_listen_port": 0}
            )
            cluster = Cluster(initialize_head=True, head_node_args=head)
        nodes = ThreeNodes(cluster, cluster.address, f"ray://127.0.0.1:{port}")
        try:
            for _ in range(count - 1):
                nodes.add_node(**changed)
            yield nodes
        finally:
            ray.shutdown()
            cluster.shutdown()


@contextmanager
def _starting() -> Iterator[None]:
    """Ray leaves files open as it starts its processes, of which Python warns."""
    with mock.patch.dict(os.environ, _environment()), warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


def _environment() -> dict[str, str]:
    """Of the nodes. They ask for no token: nobody else is on this machine's loopback."""
    path = os.pathsep.join(str(Path(folder).absolute()) for folder in sys.path if folder)
    return {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "PYTHONPATH": path}
