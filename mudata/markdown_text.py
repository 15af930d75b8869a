"""Text that others wrote as text in a line of Markdown (CommonMark 0.31, GitHub's tables): none of its signs is obeyed.

Addresses stay addresses, as far as they hold no sign that Markdown or HTML would take for its own.
"""

from __future__ import annotations

import re

from mudata.safe_text import printable

_ADDRESS = r"(https?://[^\s\\`*\[\](){}<>|\"']+)"
_SIGNS = r"([\\`*_\[\]<>#|~&])"
_OPENS_A_LIST = r"^([-+](?=\s)|\d{1,9}(?=[.)](?:\s|$)))"


def markdown_text(words: str) -> str:
    r"""One line of Markdown that shows the words as they are.

    >>> markdown_text("1. *a* &lt;\n- https://example.org/a_b <i>")
    '1\\. \\*a\\* \\&lt; - https://example.org/a_b \\<i\\>'
    """
    line = printable(" ".join(words.split()))
    pieces = re.split(_ADDRESS, line)
    text = "".join(piece if odd % 2 else re.sub(_SIGNS, r"\\\1", piece) for odd, piece in enumerate(pieces))
    return re.sub(_OPENS_A_LIST, lambda found: f"{found[1]}\\" if found[1].isdigit() else f"\\{found[1]}", text)
