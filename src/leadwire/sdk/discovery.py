"""Find the account's region: ask one regional host after another."""

from typing import Any, Final

import msgspec

from leadwire.sdk import errors
from leadwire.sdk.answers import UnexpectedShape
from leadwire.sdk.calls import operation_call
from leadwire.sdk.flow import carry_out
from leadwire.sdk.hosts import REGIONS, Origin, origin_of, reported_origin
from leadwire.sdk.options import Options
from leadwire.sdk.shared import Flow, Shared

_OPERATION: Final = "UserByAccessKey.Get"


def find_origin(options: Options, shared: Shared) -> Flow[Origin]:
    """The host for these keys. Any region may answer; a region that refuses them is skipped.

    Raises HostNotFound if all refuse, and the last NoAnswer if none was reached.
    """
    once = msgspec.structs.replace(
        options, retry=msgspec.structs.replace(options.retry, retries=min(options.retry.retries, 1))
    )
    unreached: errors.SdkError | None = None
    refused = 0
    for host in REGIONS.values():
        try:
            done = yield from carry_out(
                operation_call(_OPERATION, _read_origin), once, shared, origin_of(host)
            )
        except errors.KeysRefused:
            refused += 1
        except (errors.NoAnswer, errors.ServerFault, errors.AnswerUnreadable) as error:
            unreached = error
        else:
            return done.result
    if unreached is not None and not refused:
        raise unreached
    raise errors.HostNotFound(
        "No regional host accepts the keys. Check them, or pass host=: a region's host name, "
        "or the URL of a leadwire server."
    )


def _read_origin(tree: Any) -> Origin:  # noqa: ANN401  # any JSON
    urls = tree.get("LSQCommonServiceURLs") if isinstance(tree, dict) else None
    origin = reported_origin(urls.get("api")) if isinstance(urls, dict) else None
    if origin is None:
        raise UnexpectedShape
    return origin
