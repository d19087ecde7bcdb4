"""The queue of mails: each is sent through the SMTP server of the settings, and retried.

After a crash between sending a mail and storing its result, the mail is sent again with the same
Message-ID. The queue gives a mail up after ATTEMPTS_MAX attempts, or at once after a 5xx reply.
"""

import asyncio
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, Final

from leadwire.background.worker import Job, Look
from leadwire.clock import Clock
from leadwire.crm.mails.outbox import (
    FAILED,
    SENT,
    OutboxMail,
    claim_due,
    finish,
    next_due_on,
    prune_mails,
    try_again,
)
from leadwire.crm.store import Crm
from leadwire.crm.unit import NOBODY, Unit
from leadwire.dates import HOUR_MS, MINUTE_MS
from leadwire.settings import Settings

if TYPE_CHECKING:
    from leadwire.background.smtp import Attempt

ATTEMPTS_MAX: Final = 5
RETRY_AFTER_MS: Final = (MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS)
"""Delay after each attempt except the last."""
_LEASE_MS: Final = 600_000
"""A claimed mail is due again after this time, unless its result is stored."""


class MailQueue:
    """The outbox as a queue of jobs. Without an SMTP server in the settings, nothing is due."""

    name = "the outbox"

    def __init__(self, crm: Crm, settings: Settings, *, clock: Clock) -> None:
        self._crm = crm
        self._clock = clock
        self._settings = settings

    async def look(self, busy: Collection[str], jobs_max: int) -> Look:
        """One job: to send the mail that has been due for longest."""
        del busy, jobs_max  # one at a time, so that the SMTP server sees one connection
        if not self._settings.mail_smtp_host:
            return Look(())
        due_on = await self._crm.read(NOBODY, next_due_on)
        if due_on is None or due_on > self._clock.now_ms():
            return Look((), due_on)
        return Look((Job("outbox", self._send_next),))

    async def prune(self, before_ms: int) -> int:
        return await self._crm.write(NOBODY, partial(prune_mails, before_ms=before_ms))

    async def _send_next(self) -> None:
        from leadwire.background.smtp import send  # noqa: PLC0415  # few servers send mails

        mail = await self._crm.write(NOBODY, partial(claim_due, lease_ms=_LEASE_MS))
        if mail is not None:
            attempt = await asyncio.to_thread(send, mail, self._settings)
            await self._crm.write(NOBODY, partial(_note, mail=mail, attempt=attempt))


def _note(unit: Unit, *, mail: OutboxMail, attempt: "Attempt") -> None:
    if attempt.outcome == "sent":
        finish(unit, mail, SENT, attempt.problem)
    elif attempt.outcome == "failed" or mail.attempts >= ATTEMPTS_MAX:
        finish(unit, mail, FAILED, attempt.problem)
    else:
        after_ms = RETRY_AFTER_MS[mail.attempts - 1]
        try_again(unit, mail, after_ms=after_ms, problem=attempt.problem)
