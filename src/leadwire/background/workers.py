"""The workers of a running server: one for each durable queue."""

from collections.abc import Callable
from typing import Final

from leadwire.background.alerts import AlertCounts, AlertQueue
from leadwire.background.later import LaterQueue
from leadwire.background.mails import MailQueue
from leadwire.background.receivers import Posts
from leadwire.background.reminders import ReminderQueue
from leadwire.background.webhooks import DeliveryQueue
from leadwire.background.worker import Worker, WorkerRules
from leadwire.clock import Clock
from leadwire.recording.recorder import Recorder
from leadwire.wire.event_payloads import EventPrinter
from leadwire.wire.gate import ActorLayer
from leadwire.wire.request import Services


class Workers:
    """Runs on the server's event loop.

    *recorder* records asynchronous calls, and *dispatch* makes the layer that carries them out.
    """

    def __init__(
        self,
        services: Services,
        sender: Posts,
        recorder: Recorder,
        counts: AlertCounts,
        *,
        dispatch: Callable[[Services], ActorLayer],
        clock: Clock,
    ) -> None:
        settings, crm = services.settings, services.crm
        self.deliveries = DeliveryQueue(
            crm, sender, settings, printer=EventPrinter(crm, services.access), clock=clock
        )

        def rules(retention_days: int, jobs_at_once_max: int = 1) -> WorkerRules:
            return WorkerRules(jobs_at_once_max, retention_days, settings.shutdown_seconds)

        self.mailer = Worker(
            MailQueue(crm, settings, clock=clock),
            clock=clock,
            rules=rules(settings.mail_retention_days),
        )
        self.deliverer = Worker(
            self.deliveries,
            clock=clock,
            rules=rules(settings.webhook_retention_days, settings.webhook_at_once_max),
        )
        self.reminders = Worker(
            ReminderQueue(crm, clock=clock), clock=clock, rules=rules(settings.async_retention_days)
        )
        self.later = Worker(
            LaterQueue(services, recorder, dispatch=dispatch, clock=clock),
            clock=clock,
            rules=rules(settings.async_retention_days),
        )

        self.alerts = Worker(
            AlertQueue(crm, counts, settings, clock=clock),
            clock=clock,
            rules=rules(settings.async_retention_days),
        )

        # Calls and reminders first: they are announced to webhooks, and calls may send mails.
        self.by_name: Final = {
            "async_calls": self.later,
            "reminders": self.reminders,
            "alerts": self.alerts,
            "webhooks": self.deliverer,
            "mails": self.mailer,
        }

    @property
    def running(self) -> int:
        """How many jobs run now."""
        return sum(worker.running for worker in self.by_name.values())

    async def settled(self) -> None:
        """Return once no job is due and none runs, also none that another job queued."""
        started = -1
        while started != (started := self._started()):
            for worker in self.by_name.values():
                await worker.settled()

    def _started(self) -> int:
        return sum(worker.started for worker in self.by_name.values())

    def wake(self) -> None:
        """Wake the workers: a unit of work queued a job."""
        for worker in self.by_name.values():
            worker.wake()

    async def close(self) -> None:
        for worker in self.by_name.values():
            await worker.close()
