"""What is done behind the calls: deliveries, mails, retention, and what keeps searches quick."""

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Final

from leadwire.access.store import AccessStore
from leadwire.background.receivers import Sender, SenderLimits
from leadwire.background.webhooks import Deliverer, DeliveryRules
from leadwire.calls.store import CallStore
from leadwire.clock import Clock
from leadwire.crm.mails.outbox import prune_mails
from leadwire.crm.store import Crm, CrmStore
from leadwire.crm.unit import NOBODY
from leadwire.database.engine import DATABASE_ERRORS
from leadwire.dates import DAY_MS
from leadwire.errors import LeadwireError
from leadwire.settings import Settings
from leadwire.wire.event_payloads import EventPrinter

if TYPE_CHECKING:
    from leadwire.background.mails import Mailer

_PRUNE_EVERY_SECONDS: Final = 3_600
_KEEP_UP_EVERY_SECONDS: Final = 1
_KEEP_UP_AGAIN_SECONDS: Final = 60

_log = logging.getLogger("leadwire")


def make_sender(settings: Settings, *, clock: Clock) -> Sender:
    """What posts to the receivers of webhooks. To be closed."""
    limits = SenderLimits(
        timeout_seconds=settings.webhook_timeout_seconds,
        answer_bytes_max=settings.webhook_answer_bytes_max,
        private_addresses=settings.webhook_private_addresses,
    )
    return Sender(clock=clock, limits=limits)


def make_deliverer(
    settings: Settings, crm: CrmStore, access: AccessStore, sender: Sender, *, clock: Clock
) -> Deliverer:
    """The worker that delivers what webhooks are told. To be closed."""
    return Deliverer(
        crm,
        sender,
        printer=EventPrinter(crm, access),
        clock=clock,
        rules=DeliveryRules(
            attempts_max=settings.webhook_attempts_max,
            backoff_seconds=settings.webhook_backoff_seconds,
            failures_max=settings.webhook_failures_max,
            at_once_max=settings.webhook_at_once_max,
            retention_days=settings.webhook_retention_days,
            close_seconds=settings.shutdown_seconds,
        ),
    )


def start_mailer(settings: Settings, crm: Crm) -> "Mailer | None":
    """The worker that sends the mails of the outbox; None without a server for them."""
    if not settings.mail_smtp_host:
        return None
    from leadwire.background.mails import Mailer  # noqa: PLC0415  # only a server for mails needs it

    mailer = Mailer(crm, settings)
    mailer.start()
    return mailer


async def prune_for_ever(calls: CallStore, *, clock: Clock, retention_days: int) -> None:
    """Every hour, drop days of calls that are past retention, and make those that ended compact."""
    while True:
        before_ms = clock.now_ms() - retention_days * DAY_MS
        try:
            days = await asyncio.to_thread(calls.prune, before_ms=before_ms)
        except (LeadwireError, OSError) as error:
            _log.error("old calls could not be dropped: %s", error)
        else:
            if days:
                _log.info("dropped %d day(s) of calls past retention", days)
        try:
            days = await asyncio.to_thread(calls.close_days)
        except (LeadwireError, OSError) as error:
            _log.error("days of calls could not be compacted: %s", error)
        else:
            if days:
                _log.info("compacted %d day(s) of calls", days)
        await asyncio.sleep(_PRUNE_EVERY_SECONDS)


async def prune_mails_for_ever(crm: Crm, *, clock: Clock, retention_days: int) -> None:
    """Every hour, drop mails for which nothing is to be done any more and that are past retention.

    A few at a time: callers' changes come in between.
    """
    while True:
        prune = partial(prune_mails, before_ms=clock.now_ms() - retention_days * DAY_MS)
        dropped = 0
        try:
            while mails := await crm.write(NOBODY, prune):
                dropped += mails
        except (LeadwireError, *DATABASE_ERRORS) as error:
            # Not the text of it: that may hold what a mail says.
            _log.error("old mails could not be dropped: %s", type(error).__name__)
        if dropped:
            _log.info("dropped %d mail(s) past retention", dropped)
        await asyncio.sleep(_PRUNE_EVERY_SECONDS)


async def keep_up_for_ever(crm: Crm) -> None:
    """Keep the searches of the CRM quick, also after writes have failed."""
    while True:
        try:
            await crm.keep_up()
        except LeadwireError as error:
            _log.error("searches cannot be kept quick: %s", error)
            await asyncio.sleep(_KEEP_UP_AGAIN_SECONDS)
        await asyncio.sleep(_KEEP_UP_EVERY_SECONDS)
