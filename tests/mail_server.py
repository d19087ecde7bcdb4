"""A small SMTP server for tests: keeps what it is given, and refuses what it is told to."""

import queue
import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import NamedTuple, Self

_WAIT_SECONDS = 30


class Received(NamedTuple):
    sender: str
    recipients: list[str]
    message: EmailMessage


class MailServer:
    """Listens on a free port of the loopback. Each text of *refusals* answers one message."""

    def __init__(self) -> None:
        self.received: queue.Queue[Received] = queue.Queue()
        self.refusals: list[str] = []
        self.refused_recipients: dict[str, str] = {}
        self.sign_ins: list[str] = []
        outer = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                _converse(outer, self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def settings(self) -> dict[str, object]:
        """What a server of ours is told to use this one."""
        port = self._server.server_address[1]
        return {"mail_smtp_host": "127.0.0.1", "mail_smtp_port": port, "mail_smtp_tls": "none"}

    def next(self) -> Received:
        return self.received.get(timeout=_WAIT_SECONDS)

    def answer(self, sender: str, recipients: list[str], text: bytes) -> str:
        """Keep a message, or refuse it."""
        if self.refusals:
            return self.refusals.pop(0)
        message = message_from_bytes(text, policy=policy.default)
        self.received.put(Received(sender, recipients, message))
        return "250 kept"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _converse(server: MailServer, session: socketserver.StreamRequestHandler) -> None:
    def say(text: str) -> None:
        session.wfile.write(text.encode() + b"\r\n")

    say("220 mail.test")
    sender, recipients = "", []
    for line in session.rfile:
        verb = line[:4].upper()
        if verb == b"EHLO":
            say("250-mail.test\r\n250 AUTH PLAIN")
        elif verb == b"AUTH":
            server.sign_ins.append(line.decode().strip())
            say("535 no such user")
        elif verb == b"MAIL":
            sender, recipients = _address(line), []
            say("250 ok")
        elif verb == b"RCPT":
            refusal = server.refused_recipients.get(_address(line))
            if refusal is None:
                recipients.append(_address(line))
            say(refusal or "250 ok")
        elif verb == b"DATA":
            say("354 go on")
            text = b"".join(iter(session.rfile.readline, b".\r\n"))
            say(server.answer(sender, recipients, text))
        elif verb == b"QUIT":
            say("221 bye")
            return
        else:
            say("250 ok")


def _address(line: bytes) -> str:
    return line.decode().partition("<")[2].partition(">")[0]
