"""Servers that speak OpenAI's chat protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.chat.client import ChatServer, NoReply
    from mudata.evaluation.chat.rate_limit import Pace, RetryPolicy
    from mudata.evaluation.chat.server_pool import PooledServer, ServerPool

__all__ = ["ChatServer", "NoReply", "Pace", "PooledServer", "RetryPolicy", "ServerPool"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "ChatServer": "client",
        "NoReply": "client",
        "Pace": "rate_limit",
        "PooledServer": "server_pool",
        "RetryPolicy": "rate_limit",
        "ServerPool": "server_pool",
    },
)
