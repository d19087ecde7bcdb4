"""Requests to the receivers of webhooks: their address, headers, signature and answer."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol
from urllib.parse import quote, urlencode

from leadwire.background.addresses import AddressRefused, Target, resolve
from leadwire.calls.redaction.redactor import Redactor
from leadwire.clock import Clock
from leadwire.crm.webhooks.queue import Attempt, Due
from leadwire.crm.webhooks.webhooks import Header, Webhook
from leadwire.errors import LeadwireError
from leadwire.operations.webhooks import EVENT_OF_KIND
from leadwire.settings import Settings
from leadwire.version import __version__
from leadwire.webhook_signature import Key, signature_headers

if TYPE_CHECKING:
    import httpx2

FORM: Final = "application/x-www-form-urlencoded"
FORM_FIELD: Final = "payload"
_PROBE_SECONDS_MAX: Final = 5
_RESOLVERS: Final = 4
_PROBLEM_CHARACTERS_MAX: Final = 300
_SUCCESSES: Final = range(200, 300)
_MS: Final = 1_000_000
_URL_SAFE: Final = "!#$%&'()*+,/:;=?@[]~"
"""Characters of a URL that are sent as they were written. Others are percent-encoded."""


_log = logging.getLogger("leadwire.background.webhooks")


class Probed(NamedTuple):
    """The result of a probe. Both members are empty if the receiver responds.

    *refused* says why the address is forbidden. *notice* says what the receiver failed to do.
    """

    refused: str = ""
    notice: str = ""


class _Answered(NamedTuple):
    status_code: int
    body: bytes
    is_cut: bool


class Posts(Protocol):
    async def send(self, due: Due, payload: str) -> Attempt:
        """Post *payload* to the webhook of *due*. Returns a failure in the attempt."""
        ...


class Sender:
    """Sends from one event loop. Follows no redirect, uses no proxy, and keeps no connection.

    An address for which *is_own* holds may be private: a receiver in this server itself.
    """

    def __init__(
        self, settings: Settings, *, clock: Clock, is_own: Callable[[str], bool] | None = None
    ) -> None:
        self._settings = settings
        self._is_own = is_own
        self._clock = clock
        self._client: httpx2.AsyncClient | None = None
        # Slow look-ups of names must not use up the threads that calls wait for.
        self._resolver = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="webhook-resolver")

    async def close(self) -> None:
        self._resolver.shutdown(wait=False, cancel_futures=True)
        if self._client is not None:
            await self._client.aclose()

    async def send(self, due: Due, payload: str) -> Attempt:
        """Post *payload* to the webhook of *due*. Returns a failure in the attempt."""
        webhook = due.webhook
        body = payload.encode()
        if webhook.content_type == FORM:
            body = urlencode({FORM_FIELD: payload}).encode()
        started_ms, started_ns = self._clock.now_ms(), self._clock.elapsed_ns()
        headers = _headers(webhook.headers)
        headers |= {"Content-Type": f"{webhook.content_type}; charset=utf-8"}
        event = EVENT_OF_KIND[due.event].name
        headers |= signature_headers(
            _key_of(webhook),
            delivery_id=due.delivery_id,
            at_seconds=started_ms // 1000,
            event=event,
            body=body,
        )
        query = {"entityType": "webhook", "entityId": webhook.webhook_id, "eventType": event}
        answered, problem = _Answered(0, b"", is_cut=False), ""
        try:
            async with asyncio.timeout(self._settings.webhook_timeout_seconds):
                target = await self._target(webhook.url)
                answered = await self._request("POST", target, headers, body, query)
        except TimeoutError:
            problem = f"No complete answer within {self._settings.webhook_timeout_seconds} s."
        except LeadwireError as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001  # an attempt that fails, not a worker
            _log.exception("delivery %s could not be sent", due.delivery_id)
            problem = f"The request could not be sent: {type(error).__name__}."
        redactor = Redactor(webhook.secrets)
        return Attempt(
            started_on=started_ms,
            duration_ms=(self._clock.elapsed_ns() - started_ns) // _MS,
            status_code=answered.status_code,
            problem=redactor.text(problem),
            answer=redactor.body(answered.body, self._settings.webhook_answer_bytes_max),
            answer_cut=answered.is_cut,
        )

    async def probe(self, url: str, headers: Sequence[Header]) -> Probed:
        """Check that a receiver responds: by HEAD, else by a POST without a body."""
        seconds = min(self._settings.webhook_timeout_seconds, _PROBE_SECONDS_MAX)
        status_code = 0
        try:
            async with asyncio.timeout(seconds):
                target = await self._target(url)
                for method in ("HEAD", "POST"):
                    answered = await self._request(method, target, _headers(headers), b"", {})
                    status_code = answered.status_code
                    if status_code in _SUCCESSES:
                        return Probed()
        except AddressRefused as error:
            return Probed(refused=str(error))
        except TimeoutError:
            return Probed(notice=f"The receiver did not answer within {seconds} s.")
        except LeadwireError as error:
            return Probed(notice=Redactor(h.value for h in headers).text(str(error)))
        return Probed(notice=f"The receiver answered {status_code} where 200 was expected.")

    async def _target(self, url: str) -> Target:
        allowed = self._settings.webhook_private_addresses or (
            self._is_own is not None and self._is_own(url)
        )
        return await resolve(url, private_addresses=allowed, executor=self._resolver)

    async def _request(
        self,
        method: str,
        target: Target,
        headers: Mapping[str, str],
        body: bytes,
        query: Mapping[str, str],
    ) -> _Answered:
        """Send one request. Raises Unreachable if no address gives an HTTP answer."""
        import httpx2  # noqa: PLC0415  # takes a while to import, and few accounts need it

        url = target.url
        whole = "&".join(filter(None, (url.query, urlencode(query))))
        path = quote((url.path or "/") + (f"?{whole}" if whole else ""), safe=_URL_SAFE).encode()
        failed: Exception | None = None
        for address in target.addresses:
            # Connect to the checked address. Send the name in the Host header, and compare it with
            # the certificate.
            to = httpx2.URL(scheme=url.scheme, host=address, port=target.port, raw_path=path)
            request = httpx2.Request(
                method,
                to,
                headers={"Host": url.netloc.encode("idna").decode(), **headers},
                content=body,
                extensions={"sni_hostname": target.host},
            )
            try:
                return await self._exchange(request)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                failed = error  # the next address may answer
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise _unreachable(error) from None
        raise _unreachable(failed)

    async def _exchange(self, request: "httpx2.Request") -> _Answered:
        response = await self._opened().send(request, stream=True)
        kept = bytearray()
        try:
            if request.method != "HEAD":
                async for chunk in response.aiter_raw():
                    kept += chunk
                    if len(kept) > self._settings.webhook_answer_bytes_max:
                        break
        finally:
            await response.aclose()
        limit = self._settings.webhook_answer_bytes_max
        return _Answered(response.status_code, bytes(kept[:limit]), len(kept) > limit)

    def _opened(self) -> "httpx2.AsyncClient":
        if self._client is None:
            import httpx2  # noqa: PLC0415  # see above

            # Its log lines would print whole URLs, whose queries may hold a receiver's secrets.
            logging.getLogger("httpx2").setLevel(logging.WARNING)
            self._client = httpx2.AsyncClient(
                trust_env=False,  # a proxy would connect to an unchecked address
                follow_redirects=False,
                timeout=self._settings.webhook_timeout_seconds,
                # Two names may share an address, and must not share a connection.
                limits=httpx2.Limits(max_keepalive_connections=0),
            )
        return self._client


class Unreachable(LeadwireError):
    """The receiver gave no answer; the text says why."""


def _unreachable(error: Exception | None) -> Unreachable:
    reason = str(error).strip() or type(error).__name__
    return Unreachable(f"No answer: {reason[:_PROBLEM_CHARACTERS_MAX]}")


def _headers(headers: Sequence[Header]) -> dict[str, str]:
    """The headers of a request, by lower-case name. A webhook's own replace the standard ones."""
    return {
        "user-agent": f"leadwire/{__version__}",
        "accept": "*/*",
        "accept-encoding": "identity",  # no decompression: an answer could expand to gigabytes
        **{header.name.lower(): header.value for header in headers},
    }


def _key_of(webhook: Webhook) -> Key:
    key = Key.of(webhook.secret)
    assert key is not None  # noqa: S101  # checked when the webhook was saved
    return key
