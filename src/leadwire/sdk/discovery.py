"""Finding the account's region: UserByAccessKey.Get, asked of one regional host after another."""

from typing import Any, Final

import msgspec

from leadwire.sdk import errors
from leadwire.sdk.answers import Unshaped
from leadwire.sdk.calls import operation_call
from leadwire.sdk.flow import carry_out
from leadwire.sdk.hosts import REGIONS, Origin, origin_of, told_origin
from leadwire.sdk.options import Options
from leadwire.sdk.shared import Flow, Shared

_OPERATION: Final = "UserByAccessKey.Get"


def find_origin(options: Options, shared: Shared) -> Flow[Origin]:
    """The host to call. Any region may answer; those that refuse the keys are passed over.

    Raises HostNotFound when all do, and the last NoAnswer when none could be reached.
    """
    once = msgspec.structs.replace(
        options, retry=msgspec.structs.replace(options.retry, retries=min(options.retry.retries, 1))
    )
    unreached: errors.SdkError | None = None
    refused = 0
    for host in REGIONS.values():
        try:
            told = yield from carry_out(
                operation_call(_OPERATION, _told), once, shared, origin_of(host)
            )
        except errors.KeysRefused:
            refused += 1
        except (errors.NoAnswer, errors.ServerFault, errors.AnswerUnreadable) as error:
            unreached = error
        else:
            return told
    if unreached is not None and not refused:
        raise unreached
    raise errors.HostNotFound(
        "No regional host knows the keys. Check them, or pass host=: a region's host name, or the "
        "URL of a leadwire server."
    )


def _told(tree: Any) -> Origin:  # noqa: ANN401  # any JSON
    urls = tree.get("LSQCommonServiceURLs") if isinstance(tree, dict) else None
    origin = told_origin(urls.get("api")) if isinstance(urls, dict) else None
    if origin is None:
        raise Unshaped
    return origin
