"""Sends one mail through an SMTP server."""

import smtplib
import ssl
from datetime import UTC, datetime
from email.errors import InvalidHeaderDefect
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import Final, Literal, NamedTuple

from leadwire.crm.mails.outbox import OutboxMail
from leadwire.settings import Settings

_PERMANENT: Final = 500
_ADDRESSED: Final = ("From", "Reply-To", "To", "Cc")


class Attempt(NamedTuple):
    """The result of one attempt. *problem* is empty if every recipient was accepted."""

    outcome: Literal["sent", "retry", "failed"]
    problem: str = ""


def send(mail: OutboxMail, settings: Settings) -> Attempt:
    """Try once to hand *mail* to the server. Blocks. A failure is a result, not an exception."""
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
    """The message to send. Raises ValueError for an invalid header."""
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
    """Raise ValueError for an address that another program could read differently."""
    for name in _ADDRESSED:
        for header in message.get_all(name, []):
            if any(isinstance(defect, InvalidHeaderDefect) for defect in header.defects):
                raise ValueError(name)


def _connected(settings: Settings) -> smtplib.SMTP:
    context = ssl.create_default_context()
    seconds = settings.mail_smtp_seconds_max
    # smtplib would ask the resolver for the name in EHLO, which can take seconds.
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
