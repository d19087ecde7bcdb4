"""Sends the mails of the outbox through an SMTP server, with retries.

A mail may arrive twice, after a crash between its sending and the note of it; its Message-ID is
then the same. It is given up after ATTEMPTS_MAX, or at once when the server says 5xx.
"""

import asyncio
import logging
import smtplib
import ssl
from datetime import UTC, datetime
from email.errors import InvalidHeaderDefect
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from functools import partial
from typing import Final, Literal, NamedTuple

from leadwire.crm.mails.outbox import (
    FAILED,
    SENT,
    OutboxMail,
    claim_due,
    finish,
    is_any_due,
    try_again,
)
from leadwire.crm.store import Crm
from leadwire.crm.unit import NOBODY, Unit
from leadwire.settings import Settings

ATTEMPTS_MAX: Final = 5
RETRY_AFTER_MS: Final = (60_000, 300_000, 1_800_000, 7_200_000)
"""How long to wait after each attempt but the last."""
_LEASE_MS: Final = 600_000
_LOOK_EVERY_SECONDS: Final = 1.0
_PERMANENT: Final = 500
_ADDRESSED: Final = ("From", "Reply-To", "To", "Cc")

_log = logging.getLogger("leadwire.background.mails")


class Attempt(NamedTuple):
    """What became of one attempt. *problem* is empty when every recipient was accepted."""

    outcome: Literal["sent", "retry", "failed"]
    problem: str = ""


class Mailer:
    """The worker of a running server. Made, run and closed on its event loop."""

    def __init__(self, crm: Crm, settings: Settings) -> None:
        self._crm = crm
        self._settings = settings
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Finish the attempt that is under way, then stop."""
        self._stopping.set()
        if self._task is not None:
            await self._task

    async def deliver_due(self) -> int:
        """Attempt every mail that is due; how many attempts were made."""
        attempts = 0
        while not self._stopping.is_set() and await self._crm.read(NOBODY, is_any_due):
            mail = await self._crm.write(NOBODY, lambda unit: claim_due(unit, lease_ms=_LEASE_MS))
            if mail is None:
                break
            attempt = await asyncio.to_thread(send, mail, self._settings)
            await self._crm.write(NOBODY, partial(_note, mail=mail, attempt=attempt))
            attempts += 1
        return attempts

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self.deliver_due()
            except Exception as error:  # noqa: BLE001  # the worker outlives whatever it was
                # Not the text of it: that may hold what a mail says.
                _log.error("the outbox cannot be read or written: %s", type(error).__name__)
            try:
                await asyncio.wait_for(self._stopping.wait(), _LOOK_EVERY_SECONDS)
            except TimeoutError:
                continue


def send(mail: OutboxMail, settings: Settings) -> Attempt:
    """One attempt to hand *mail* to the server. Blocks; never raises for what a server does."""
    try:
        message = message_of(mail, settings)
        sender = message["From"].addresses[0].addr_spec
        with _connected(settings) as server:
            refused = server.send_message(message, sender, [*mail.recipients, *mail.copies])
    except smtplib.SMTPAuthenticationError as error:
        return Attempt("retry", f"The server refused the sign-in: {_answer(error)}")
    except smtplib.SMTPRecipientsRefused as error:
        worst = max(code for code, _ in error.recipients.values())
        return _refused(worst, _refusals(error.recipients))
    except smtplib.SMTPResponseException as error:
        return _refused(error.smtp_code, _answer(error))
    except (smtplib.SMTPException, OSError) as error:
        return Attempt("retry", f"The server could not be used: {error}")
    except ValueError:
        return Attempt("failed", "An address or the subject cannot be written as a mail's header.")
    return Attempt("sent", f"Not accepted for {_refusals(refused)}" if refused else "")


def message_of(mail: OutboxMail, settings: Settings) -> EmailMessage:
    """The message as it goes out. Raises ValueError for a header that cannot be."""
    message = EmailMessage()
    sender = (mail.sender_name, mail.sender_email)
    if settings.mail_from:
        message["From"] = formataddr((mail.sender_name, settings.mail_from))
        message["Reply-To"] = formataddr(sender)
    else:
        message["From"] = formataddr(sender)
    message["To"] = ", ".join(mail.recipients)
    if mail.copies:
        message["Cc"] = ", ".join(mail.copies)
    _check_addresses(message)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.due_on / 1_000, UTC))
    host = message["From"].addresses[0].domain or "localhost"
    message["Message-ID"] = f"<{mail.mail_id}@{host}>"
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message


def _check_addresses(message: EmailMessage) -> None:
    """Raise ValueError for an address that another program would read as a different one."""
    for name in _ADDRESSED:
        for header in message.get_all(name, []):
            if any(isinstance(defect, InvalidHeaderDefect) for defect in header.defects):
                raise ValueError(name)


def _connected(settings: Settings) -> smtplib.SMTP:
    context = ssl.create_default_context()
    seconds = settings.mail_smtp_seconds_max
    # The name in EHLO is given, since asking the resolver for it can take seconds.
    name = settings.public_host or "localhost"
    host, port = settings.mail_smtp_host, settings.mail_smtp_port
    if settings.mail_smtp_tls == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port, local_hostname=name, timeout=seconds, context=context
        )
    else:
        server = smtplib.SMTP(host, port, local_hostname=name, timeout=seconds)
    try:
        if settings.mail_smtp_tls == "starttls":
            server.starttls(context=context)
        if settings.mail_smtp_user:
            password = settings.mail_smtp_password.get_secret_value()
            server.login(settings.mail_smtp_user, password)
    except BaseException:
        server.close()
        raise
    return server


def _note(unit: Unit, *, mail: OutboxMail, attempt: Attempt) -> None:
    if attempt.outcome == "sent":
        finish(unit, mail, SENT, attempt.problem)
    elif attempt.outcome == "failed" or mail.attempts >= ATTEMPTS_MAX:
        finish(unit, mail, FAILED, attempt.problem)
    else:
        after_ms = RETRY_AFTER_MS[mail.attempts - 1]
        try_again(unit, mail, after_ms=after_ms, problem=attempt.problem)


def _refused(code: int, text: str) -> Attempt:
    return Attempt("failed" if code >= _PERMANENT else "retry", f"The server refused it: {text}")


def _answer(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_text(error.smtp_error)}"


def _refusals(refused: dict[str, tuple[int, bytes]]) -> str:
    return ", ".join(
        f"{address} ({code} {_text(answer)})" for address, (code, answer) in refused.items()
    )


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
