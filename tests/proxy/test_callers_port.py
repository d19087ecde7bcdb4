"""The callers' port: an inherited socket, and a certificate that is renewed while it is used."""

import os
import socket
import ssl
from pathlib import Path

import pytest
import trustme
from engines import settings as server_settings

from leadwire.errors import SetupError
from leadwire.server import callers_port
from leadwire.server.callers_port import CallersTls, callers_sockets


def test_the_callers_socket_may_be_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    """systemd opens it before the proxy starts, and keeps it open over a restart."""
    settings = server_settings(Path("nowhere"), port=0)
    opened = socket.create_server(("127.0.0.1", 0))
    port = opened.getsockname()[1]
    monkeypatch.setattr(callers_port, "_FIRST_INHERITED", opened.detach())
    monkeypatch.setenv("LISTEN_FDS", "1")
    monkeypatch.setenv("LISTEN_PID", "1")  # meant for another process
    (own,) = callers_sockets(settings)
    assert own.getsockname()[1] != port
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
    (inherited,) = callers_sockets(settings)
    assert inherited.getsockname()[1] == port
    assert "LISTEN_FDS" not in os.environ
    for each in (own, inherited):
        each.close()


def served_by(tls: CallersTls, authority: trustme.CA) -> bytes:
    """The certificate that a new connection gets."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    server = tls.context.wrap_bio(outgoing, incoming, server_side=True)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    found = client.getpeercert(binary_form=True)
    assert found is not None
    return found


def test_a_renewed_certificate_is_used_and_a_broken_one_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """New connections get it without a restart; while it cannot be read the old one stays."""
    authority = trustme.CA()
    file = tmp_path / "certificate.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(file)
    os.utime(file, (1, 1))
    tls = CallersTls(file, None)
    first = served_by(tls, authority)
    file.write_text("half a certificate")
    os.utime(file, (2, 2))
    tls.renew()
    assert "The old one stays in use" in caplog.text
    assert served_by(tls, authority) == first
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(file)
    os.utime(file, (3, 3))
    tls.renew()
    assert served_by(tls, authority) != first
    with pytest.raises(SetupError, match="cannot be used"):
        CallersTls(tmp_path / "missing.pem", None)
