"""The workers of a running server: one for each durable queue."""

from leadwire.background.later import LaterQueue
from leadwire.background.mails import MailQueue
from leadwire.background.receivers import Sender
from leadwire.background.reminders import ReminderQueue
from leadwire.background.webhooks import DeliveryQueue
from leadwire.background.worker import Worker, WorkerRules
from leadwire.clock import Clock
from leadwire.recording.recorder import Recorder
from leadwire.wire.event_payloads import EventPrinter
from leadwire.wire.request import Services


class Workers:
    """Runs on the server's event loop. *recorder* records asynchronous calls."""

    def __init__(
        self, services: Services, sender: Sender, recorder: Recorder, *, clock: Clock
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
            LaterQueue(services, recorder, clock=clock),
            clock=clock,
            rules=rules(settings.async_retention_days),
        )

    @property
    def _in_order(self) -> tuple[Worker, ...]:
        # Calls and reminders first: they are announced to webhooks, and calls may send mails.
        return (self.later, self.reminders, self.deliverer, self.mailer)

    def wake(self) -> None:
        """Wake the workers: a unit of work queued a job."""
        for worker in self._in_order:
            worker.wake()

    async def close(self) -> None:
        for worker in self._in_order:
            await worker.close()
