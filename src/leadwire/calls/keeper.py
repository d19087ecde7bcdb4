"""Recording calls that nobody waits for: those that were accepted and are carried out later."""

from leadwire.calls.gaps import Gaps
from leadwire.calls.metrics import CallMetrics
from leadwire.calls.record import CallRecord
from leadwire.calls.store import CallStore
from leadwire.errors import RecordingError


class Keeper:
    """For the event loop's thread."""

    def __init__(self, store: CallStore, gaps: Gaps, metrics: CallMetrics) -> None:
        self._store = store
        self._gaps = gaps
        self._metrics = metrics

    async def keep(self, record: CallRecord) -> None:
        """Return once the record is durable, or its call is counted in a gap."""
        self._metrics.served += 1
        try:
            await self._store.append(record)
        except RecordingError as error:
            self._gaps.add(record, str(error))
        else:
            self._metrics.observe(record)
