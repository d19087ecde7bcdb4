# Made by scripts/sdk from leadwire/testing/aio/controls.py: change that file instead.
"""Requests to the control interface."""

from typing import Any

import httpx2
import msgspec

from leadwire.testing.errors import ControlRefused, NotMet, ServerFailed
from leadwire.testing.shapes import Call

_SECONDS = 60


class Controls:
    """Asks the control interface at *url* with its *token*."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"X-Leadwire-Controls": token}
        # No proxy of the environment: the server is on this machine, or in this network.
        self._http = httpx2.Client(
            base_url=f"{url}/__leadwire/",
            headers=headers,
            timeout=_SECONDS,
            trust_env=False,
            verify=url.startswith("https:"),  # to read the machine's certificates takes 20 ms
        )
        self.url = url
        self.token = token

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        **query: str | int,
    ) -> Any:  # noqa: ANN401  # any JSON
        """The JSON of an answer.

        Raises ControlRefused for an error, NotMet for an expectation that was not met, and
        ServerFailed if nothing answers.
        """
        content = None if body is None else msgspec.json.encode(body)
        return self.send(method, path, content, "application/json", query)

    def send(
        self,
        method: str,
        path: str,
        content: bytes | None,
        content_type: str,
        query: dict[str, str | int],
    ) -> Any:  # noqa: ANN401  # any JSON
        """As ``ask``, with the body as it is."""
        headers = {} if content is None else {"Content-Type": content_type}
        try:
            answer = self._http.request(
                method, path, content=content, headers=headers, params=query
            )
        except httpx2.HTTPError as error:
            raise ServerFailed(f"No answer from {self.url}: {type(error).__name__}.") from None
        try:
            value = msgspec.json.decode(answer.content)
        except msgspec.DecodeError:
            value = None
        if answer.is_success and value is not None:
            return value
        if not isinstance(value, dict) or not isinstance(value.get("error"), dict):
            raise ControlRefused(
                f"{self.url} answered {answer.status_code} to {method} {path}. Was the server "
                "started with --controls?"
            )
        raise _error_of(value)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


def _error_of(value: dict[str, Any]) -> Exception:
    error = value["error"]
    if error.get("code") == "not_met":
        found = msgspec.convert(value.get("calls", []), list[Call])
        nearest = msgspec.convert(value.get("nearest", []), list[Call])
        return NotMet(error["message"], calls=found, nearest=nearest)
    at = f" ({error['at']})" if error.get("at") else ""
    return ControlRefused(f"{error.get('message', '')}{at} {error.get('fix', '')}".strip())
