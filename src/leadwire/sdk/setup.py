"""Check the arguments of a client. Every fault is a Misuse that says what to write."""

import ssl
from typing import Any, NamedTuple

import httpx2
import msgspec

from leadwire.sdk.account import account_of
from leadwire.sdk.call_log import CallLog
from leadwire.sdk.errors import HostMissing, Misuse
from leadwire.sdk.hosts import Origin, host_missing, origin_of
from leadwire.sdk.keys import KeyPair
from leadwire.sdk.options import Options, options_of
from leadwire.sdk.pace import Pace
from leadwire.sdk.retries import RetryPolicy
from leadwire.sdk.transport import ProxySetting, checked_proxy, proxy_secrets, trust


class Setup(NamedTuple):
    """The checked options of a client. The ``repr`` shows no secret."""

    keys: KeyPair
    origin: Origin | None
    """None if the region is looked up with the first call."""
    options: Options
    pace: Pace
    proxy: ProxySetting
    verify: ssl.SSLContext | bool

    def __repr__(self) -> str:
        return f"Setup({self.origin}, …)"


class Arguments(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of a client as they were passed, of any type. The ``repr`` shows none."""

    host: Any
    profile: Any
    discover: Any
    access_key: Any
    secret_key: Any
    async_key: Any
    keys_in: Any
    timeout: Any
    retries: Any
    headers: Any
    hooks: Any
    answer_bytes_max: Any
    pace: Any
    call_log: Any
    transport: Any
    proxy: Any
    verify: Any
    trust_env: Any

    def __repr__(self) -> str:
        return "Arguments(…)"


def set_up(given: Arguments, transport_kind: type) -> Setup | Misuse:
    """The client's setup, or the first fault.

    The fault is returned without frames, not raised: their variables hold the keys.
    """
    try:
        return _set_up(given, transport_kind)
    except Misuse as error:
        return type(error)(*error.args)


def _set_up(given: Arguments, transport_kind: type) -> Setup:
    _check_types(given, transport_kind)
    account = account_of(
        host=given.host,
        profile=given.profile,
        access_key=given.access_key,
        secret_key=given.secret_key,
        async_key=given.async_key,
        keys_in=given.keys_in,
    )
    if isinstance(account, Misuse):
        raise account
    if not (account.host or given.discover):
        raise HostMissing(host_missing(given.profile))
    proxy = checked_proxy(given.proxy)
    defaults = Options(
        timeout_seconds=None,
        retry=RetryPolicy(),
        mask=account.keys.mask.also((), *proxy_secrets(proxy, trust_env=given.trust_env)),
        takes_coroutines=issubclass(transport_kind, httpx2.AsyncBaseTransport),
    )
    options = options_of(
        defaults,
        timeout=given.timeout,
        retries=given.retries,
        headers=given.headers,
        hooks=given.hooks,
        answer_bytes_max=given.answer_bytes_max,
    )
    if isinstance(options, str):
        raise Misuse(options)
    return Setup(
        keys=account.keys,
        origin=origin_of(account.host) if account.host else None,
        options=options,
        pace=Pace.of(given.pace),
        proxy=proxy,
        verify=trust(given.verify),
    )


def _check_types(given: Arguments, transport_kind: type) -> None:
    for name in ("discover", "trust_env"):
        if not isinstance(getattr(given, name), bool):
            raise Misuse(f"{name} must be True or False.")
    if given.discover and given.host:
        raise Misuse("Pass host= or discover=True, not both.")
    if not isinstance(given.call_log, CallLog | None):
        raise Misuse("call_log must be a CallLog, such as CallLog(JsonLinesSink('calls.jsonl')).")
    if not isinstance(given.transport, transport_kind | None):
        kind = transport_kind.__name__
        other = "AsyncClient" if issubclass(transport_kind, httpx2.BaseTransport) else "Client"
        raise Misuse(f"transport must be an httpx2.{kind}. {other} takes the other kind.")
