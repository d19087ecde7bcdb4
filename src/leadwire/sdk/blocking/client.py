# Made by scripts/sdk from leadwire/sdk/aio/client.py: change that file instead.
"""The blocking client: its options, its resources, and the driver of its flows."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx2
import msgspec

from leadwire.clock import Clock, IdSource, SystemClock
from leadwire.sdk.blocking.activities import Activities
from leadwire.sdk.blocking.activity_types import ActivityTypes
from leadwire.sdk.blocking.companies import Companies
from leadwire.sdk.blocking.fields import Fields
from leadwire.sdk.blocking.files import Files
from leadwire.sdk.blocking.later import Later
from leadwire.sdk.blocking.leads import Leads
from leadwire.sdk.blocking.lists import Lists
from leadwire.sdk.blocking.mails import Mails
from leadwire.sdk.blocking.notes import Notes
from leadwire.sdk.blocking.opportunities import Opportunities
from leadwire.sdk.blocking.products import Products
from leadwire.sdk.blocking.raw import RawClient
from leadwire.sdk.blocking.sales import Sales
from leadwire.sdk.blocking.tasks import Tasks
from leadwire.sdk.blocking.users import Users
from leadwire.sdk.blocking.webhooks import Webhooks
from leadwire.sdk.blocking.wire import Wire
from leadwire.sdk.call_log import CallLog, log_from_environment
from leadwire.sdk.calls import Call, raw_call
from leadwire.sdk.discovery import find_origin
from leadwire.sdk.errors import Misuse
from leadwire.sdk.flow import carry_out
from leadwire.sdk.hooks import Hook, Notice, notify
from leadwire.sdk.hosts import Origin
from leadwire.sdk.keys import KeysIn
from leadwire.sdk.options import ANSWER_BYTES_MAX_DEFAULT, TIMEOUT_SECONDS_DEFAULT, options_of
from leadwire.sdk.pace import Pace, Throttle
from leadwire.sdk.retries import RetryPolicy
from leadwire.sdk.runtime import (
    SharedIds,
)
from leadwire.sdk.setup import Arguments, set_up
from leadwire.sdk.shared import Done, Flow, Shared, Wait
from leadwire.sdk.transport import ProxySetting, Verify
from leadwire.version import __version__

T = TypeVar("T")


class Client:
    """Calls LeadSquared or a leadwire server. Safe to share between threads.

    *host* is a region's name or host name, or the URL of a leadwire server. Host and keys come from
    the arguments; else from the *profile*, or the profile that LEADWIRE_PROFILE names, in
    ``~/.config/leadwire/profiles.toml``; else from LEADWIRE_API_HOST, LEADWIRE_ACCESS_KEY and
    LEADWIRE_SECRET_KEY. Both keys come from one place. With *discover* the first call asks
    LeadSquared's regions, one after another, for the account's host. *keys_in* says whether the
    keys travel in headers (default) or in the query. Only ``later`` needs *async_key*, or
    LEADWIRE_ASYNC_KEY.

    *timeout* limits each attempt as a whole, in seconds: connecting, sending and receiving. None
    waits for ever. *retries* is a number or a RetryPolicy. *headers* are sent with every call.
    *hooks* run before and after each attempt. An answer with more than *answer_bytes_max* bytes,
    after decompression, fails the call. *pace* sets the rate, and is never exceeded: a plan's name,
    calls per 5 seconds, or a Pace. Without it the client learns a limit when the API names one.
    *call_log* records every attempt; the client does not close it. Without it LEADWIRE_LOG decides.
    *transport* replaces the network. *proxy* sets a proxy; *verify* sets the trusted certificates:
    a CA file, a folder, an SSLContext, or False. With *trust_env* the environment may name a proxy.

    Make calls through the resources: ``leads``, ``fields``, ``activities``, ``activity_types``,
    ``tasks``, ``lists``, ``notes``, ``opportunities``, ``products``, ``sales``, ``companies``,
    ``mails``, ``files``, ``users``, ``webhooks``, and ``later`` for asynchronous calls.

    Raises KeysMissing or Misuse for invalid options. Constructing a client sends nothing.
    """

    _origins: list[Origin]

    def __init__(  # noqa: PLR0913  # documented above; all are optional
        self,
        *,
        host: str | None = None,
        profile: str | None = None,
        discover: bool = False,
        access_key: str | None = None,
        secret_key: str | None = None,
        async_key: str | None = None,
        keys_in: KeysIn = "header",
        timeout: float | None = TIMEOUT_SECONDS_DEFAULT,  # named like httpx's timeout
        retries: int | RetryPolicy | None = None,
        headers: Mapping[str, str] | None = None,
        hooks: Sequence[Hook] = (),
        answer_bytes_max: int = ANSWER_BYTES_MAX_DEFAULT,
        pace: str | int | Pace | None = None,
        call_log: CallLog | None = None,
        transport: httpx2.BaseTransport | None = None,
        proxy: ProxySetting = None,
        verify: Verify = True,
        trust_env: bool = True,
        clock: Clock | None = None,
        ids: IdSource | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._origins = []
        given = Arguments(
            host=host, profile=profile, discover=discover, access_key=access_key,
            secret_key=secret_key, async_key=async_key, keys_in=keys_in, timeout=timeout,
            retries=retries, headers=headers, hooks=hooks, answer_bytes_max=answer_bytes_max,
            pace=pace, call_log=call_log, transport=transport, proxy=proxy, verify=verify,
            trust_env=trust_env,
        )  # fmt: skip
        # From here on no local variable holds a secret, so a traceback cannot show one.
        del host, access_key, secret_key, async_key, headers, proxy
        setup = set_up(given, httpx2.BaseTransport)
        if isinstance(setup, Misuse):
            raise setup
        self._options = setup.options
        self._origins += [setup.origin] if setup.origin else []
        clock = clock or SystemClock()
        # The client opened this log itself, so the client closes it.
        self._own_log = None if call_log else log_from_environment()
        self._wire = Wire(
            setup.keys, transport=transport, proxy=setup.proxy, verify=setup.verify,
            trust_env=trust_env, clock=clock,
        )  # fmt: skip
        self._shared = Shared(
            keys=setup.keys,
            throttle=Throttle(setup.pace),
            clock=clock,
            ids=ids or SharedIds(),
            user_agent=f"leadwire/{__version__} httpx2/{httpx2.__version__}",
            call_log=call_log or self._own_log,
        )
        self._kept: list[Done[Any]] | None = None
        self._sleep = sleep
        self._discovering = threading.Lock()
        self._make_resources()

    def _make_resources(self) -> None:
        self.leads = Leads(self)
        self.fields = Fields(self)
        self.activities = Activities(self)
        self.activity_types = ActivityTypes(self)
        self.tasks = Tasks(self)
        self.lists = Lists(self)
        self.notes = Notes(self)
        self.opportunities = Opportunities(self)
        self.users = Users(self)
        self.products = Products(self)
        self.sales = Sales(self)
        self.companies = Companies(self)
        self.mails = Mails(self)
        self.files = Files(self)
        self.webhooks = Webhooks(self)
        self.later = Later(self)

    def with_options(
        self,
        *,
        timeout: float | msgspec.UnsetType | None = msgspec.UNSET,
        retries: int | RetryPolicy | msgspec.UnsetType = msgspec.UNSET,
        headers: Mapping[str, str] | None = None,
        hooks: Sequence[Hook] = (),
        answer_bytes_max: int | msgspec.UnsetType = msgspec.UNSET,
    ) -> Self:
        """The same client with other options, for one call or many.

        ``client.with_options(timeout=5, retries=0).leads.get(lead_id)``. Both share connections,
        pace and call log; closing one closes both. *headers* and *hooks* are added to the client's;
        a header replaces another of the same name.
        """
        options = options_of(
            self._options, timeout=timeout, retries=retries, headers=headers, hooks=hooks,
            answer_bytes_max=answer_bytes_max,
        )  # fmt: skip
        del headers  # may hold the caller's secrets
        if isinstance(options, str):
            raise Misuse(options)
        return self._copy(_options=options)

    @property
    def with_raw_response(self) -> RawClient:
        """The same methods, which return a RawResponse: status, headers, body and ``parse()``.

        ``client.with_raw_response.leads.get(lead_id)``. A refusal raises as ever.
        """
        return RawClient(self)

    def keeping(self, kept: list[Done[Any]]) -> Self:
        """The same client, which also adds each successful answer to *kept*."""
        return self._copy(_kept=kept)

    def _copy(self, **members: object) -> Self:
        client = object.__new__(type(self))  # keeps a subclass
        client.__dict__.update(self.__dict__, **members)
        client._make_resources()
        return client

    def raw(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: object = None,
        repeatable: bool | None = None,
    ) -> Any:  # noqa: ANN401  # any JSON
        """Call any path, such as ``/v2/LeadManagement.svc/Lead.Create``. Returns the decoded body.

        Keys, pace, retries, errors and log work as in any other call. Set *repeatable* if a POST
        may be sent again after its answer was lost.
        """
        return self.run(raw_call(method, path, query=query, body=body, repeatable=repeatable))

    def run(self, call: Call[T]) -> T:
        """Send *call* and return its result. Every resource uses it. Raises an SdkError."""
        if not self._origins:
            self._discover()
        flow = carry_out(call, self._options, self._shared, self._origins[0])
        done = self._drive(flow)
        if self._kept is not None:
            self._kept.append(done)
        return done.result

    def pause(self, seconds: float) -> None:
        """Wait as the client does between attempts. For resources that poll."""
        self._sleep(seconds)

    def host(self) -> str:
        """The URL that calls go to. Finds the account's region if it is not known yet."""
        if not self._origins:
            self._discover()
        return str(self._origins[0])

    def _discover(self) -> None:
        with self._discovering:
            if not self._origins:
                self._origins.append(self._drive(find_origin(self._options, self._shared)))

    def _drive(self, flow: Flow[T]) -> T:
        """Do what the flow asks for, until it returns or raises."""
        self._wire.check_open()
        try:
            step = next(flow)
            while True:
                if isinstance(step, Wait):
                    self._sleep(step.seconds)
                    step = flow.send(None)
                elif isinstance(step, Notice):
                    notify(step)
                    step = flow.send(None)
                else:
                    step = flow.send(self._wire.send(step))
        except StopIteration as done:
            result: T = done.value
            return result
        finally:
            # Let the flow leave the rate queue and record the interrupted attempt.
            flow.close()

    def close(self) -> None:
        """Close every connection. A call log passed by the caller stays open."""
        self._wire.close()
        if self._own_log is not None:
            self._own_log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        host = self._origins[0] if self._origins else "host not known yet"
        return f"{type(self).__name__}({host})"
