"""Kaggle's own client: made when it is needed,
asked again when the host is busy, its errors told as ours.

It authenticates and prints when it is imported, so it is imported late; callers keep its prints
away. KAGGLE_API_TOKEN, KAGGLE_USERNAME with KAGGLE_KEY, and kaggle.json mean what they mean to the
client; without any of them it is tried whether the set is open to all.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mudata.catalog.fetch.transfer import retry_after
from mudata.errors import FetchError, NeedsToken, Offline, from_os_error
from mudata.json_files import WRONG_SHAPE, as_type
from mudata.safe_text import keep_secret

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.catalog.cards.mirrors import KaggleMirror

_TRIES = 5
_BUSY = frozenset({429, 500, 502, 503, 504})
_PAUSE_S = 1.0
"""Before a busy host is asked again, if it does not say when."""
_LONGEST_S = 120.0
"""A host that asks for a longer pause is given up."""
_PAGE = 200
"""Files per page of a listing: the most that the host gives."""


class KaggleClient:
    """One set, at one version if the card says which; errors name the card."""

    def __init__(self, mirror: KaggleMirror, card: str, *, offline: bool) -> None:
        self.mirror, self.card, self.offline = mirror, card, offline
        self.dataset = mirror.dataset + (f"/{mirror.version}" if mirror.version else "")

    @functools.cached_property
    def listing(self) -> list[str]:
        """The paths of all files of the set."""
        paths: list[str] = []
        token: str | None = None
        while token or not paths:
            names, token = self.ask(functools.partial(self._page, token), "the list of files")
            paths += names
            if not paths and not token:
                raise self.absent("files")
        return paths

    def _page(self, token: str | None, api: Any) -> tuple[list[str], str | None]:
        """The names on one page of the list, and what the next is asked for with."""
        page = api.dataset_list_files(self.dataset, token, _PAGE)
        if page.error_message:
            raise FetchError(f"Kaggle lists no files of {self.dataset}: {page.error_message}")
        return as_type([file.name for file in page.dataset_files], list[str]), page.next_page_token

    def nothing_left(self, folder: Path, what: str) -> FetchError:
        """The error for a file that the client should have left, and did not."""
        return FetchError(
            f"Kaggle's client ended well, but {what} of {self.dataset} is not in {folder}.",
            "Install a version of the client that mudata was tested with: pip install kaggle==2.2.5",
        )

    def ask(self, action: Callable[[Any], Any], what: str) -> Any:
        """Let the client act; its errors as ours. A host that is busy is asked again."""
        if self.offline:
            raise Offline(
                f"{what} of Kaggle's {self.dataset} is not here, and the network is forbidden.",
                "Run the same command without --offline and MUDATA_OFFLINE.",
            )
        tries = 0
        while True:
            try:
                return action(self._api)
            except (OSError, *WRONG_SHAPE) as error:  # what requests raises are OSErrors
                tries += 1
                response = getattr(error, "response", None)
                status = getattr(response, "status_code", None)
                pause = 0.0
                if response is not None:
                    asked = retry_after(response.headers)
                    pause = _PAUSE_S if asked is None else asked
                    response.close()
                if status not in _BUSY or tries == _TRIES or pause > _LONGEST_S:
                    raise self._explained(error, status, what) from error
            time.sleep(pause)

    @functools.cached_property
    def _api(self) -> Any:
        """Kaggle's client, with the credentials of the moment, or with none."""
        name = "kaggle.api.kaggle_api_extended"
        with contextlib.suppress(SystemExit):  # before 2.2.4 the package authenticates too, once this module is whole
            importlib.import_module(name)
        api = sys.modules[name].KaggleApi()
        with contextlib.suppress(SystemExit):  # how the client says that there are no credentials
            api.authenticate()
        for name in ("key", "token"):
            keep_secret(api.config_values.get(name))
        return api

    def _explained(self, error: Exception, status: int | None, what: str) -> Exception:
        """An error of the client as ours."""
        if status in (401, 403):
            return self._needs_token()
        if status == 404:
            return self.absent(what)
        if isinstance(error, OSError) and (known := from_os_error(error)):
            return known
        return FetchError(
            f"Kaggle does not give {what} of {self.dataset}: {f'it answers {status}' if status else error}.",
            "What has arrived is kept; the same command goes on from there.",
        )

    def absent(self, what: str) -> FetchError:
        """The error for something that the set does not have."""
        version = f" version {self.mirror.version}" if self.mirror.version else ""
        return FetchError(
            f"Kaggle's {self.mirror.dataset}{version} has no {what}.",
            f"Correct `dataset: {self.mirror.dataset}`, `version:` or `files:` in the card {self.card!r}; "
            f"see https://www.kaggle.com/datasets/{self.mirror.dataset}.",
        )

    def _needs_token(self) -> NeedsToken:
        page = f"https://www.kaggle.com/datasets/{self.mirror.dataset}"
        if self._api.config_values.get("auth_method") or os.environ.get("KAGGLE_API_TOKEN"):
            return NeedsToken(
                f"Kaggle does not give {self.dataset} to the owner of these credentials.",
                f"Log in at {page}: it must exist, and some sets want their terms accepted there. If the token is "
                "out of date, make a new one at https://www.kaggle.com/settings and set KAGGLE_API_TOKEN to it.",
            )
        return NeedsToken(
            f"Kaggle does not give {self.dataset} to those who are not logged in.",
            "Make a token at https://www.kaggle.com/settings (Generate New Token), set KAGGLE_API_TOKEN to it "
            "(or KAGGLE_USERNAME and KAGGLE_KEY, or keep kaggle.json where Kaggle's client looks for it), and run "
            f"the same command again. {page} shows the set's own terms.",
        )
