"""Servers that speak OpenAI's chat protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.chat.client import ChatServer, NoReply
    from mudata.evaluation.chat.rate_limit import Pace, RetryPolicy

__all__ = ["ChatServer", "NoReply", "Pace", "RetryPolicy"]
__getattr__, __dir__ = lazy_names(
    __name__, {"ChatServer": "client", "NoReply": "client", "Pace": "rate_limit", "RetryPolicy": "rate_limit"}
)
