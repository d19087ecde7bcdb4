"""Recording calls that nobody waits for: those that were accepted and are carried out later."""

from typing import Final

from leadwire.calls.draft import Answer, Draft
from leadwire.calls.headers import NONE, HeaderRule
from leadwire.calls.metrics import CallMetrics
from leadwire.calls.redaction.redaction import Redaction
from leadwire.calls.store import CallStore
from leadwire.clock import Clock
from leadwire.errors import RecordingError

_NO_HEADERS: Final = HeaderRule(NONE, 0)
"""Nobody sent such a call just now, and nobody gets its answer."""


class Keeper:
    """For the event loop's thread."""

    def __init__(
        self,
        store: CallStore,
        metrics: CallMetrics,
        *,
        clock: Clock,
        body_bytes_max: int,
        redaction: Redaction,
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._clock = clock
        self._body_bytes_max = body_bytes_max
        self._redaction = redaction

    async def keep(self, draft: Draft, answer: Answer) -> None:
        """Return once the call's record is durable, or the call is counted in a gap."""
        self._metrics.served += 1
        record = draft.close(
            answer,
            self._redaction,
            headers=_NO_HEADERS,
            ended_ns=self._clock.elapsed_ns(),
            body_bytes_max=self._body_bytes_max,
        )
        try:
            await self._store.append(record)
        except RecordingError as error:
            self._metrics.gaps.add(record, str(error))
        else:
            self._metrics.observe(record)
