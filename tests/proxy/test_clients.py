"""Clients that know nothing of leadwire, through the proxy to a leadwire as their LeadSquared.

Each behaves as without the proxy, and each of its calls is found in the proxy's log.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme
from engines import copy_folder, sqlite_only
from proxy.processes import ProxyProcess
from support import ServerProcess, read_record

from leadwire.access.accounts import FirstAccount
from leadwire.calls.query import CallQuery
from leadwire.calls.record import CallRecord
from leadwire.stores.sqlite import SqliteCallReader

HOST = "api.leadsquared.com"
LSQ = Path(__file__).parents[1] / "compat" / "lsq_session.py"
LEAD = [{"Attribute": "EmailAddress", "Value": "ADDRESS"}]
NODE = """
const [url, access, secret, email] = process.argv.slice(2)
const answer = await fetch(url + "/v2/LeadManagement.svc/Lead.Create", {
  method: "POST",
  headers: {
    "x-LSQ-AccessKey": access, "x-LSQ-SecretKey": secret, "Content-Type": "application/json",
  },
  body: JSON.stringify([{Attribute: "EmailAddress", Value: email}]),
})
console.log(await answer.text())
"""
PHP = """<?php
[, $url, $access, $secret, $email] = $argv;
echo file_get_contents($url . "/v2/LeadManagement.svc/Lead.Create", false, stream_context_create([
    "http" => [
        "method" => "POST",
        "header" => "Content-Type: application/json\\r\\nx-LSQ-AccessKey: $access\\r\\n"
            . "x-LSQ-SecretKey: $secret\\r\\n",
        "content" => json_encode([["Attribute" => "EmailAddress", "Value" => $email]]),
    ],
    "ssl" => ["cafile" => getenv("SSL_CERT_FILE")],
]));
"""
SDK = """
import sys, ssl
from leadwire.sdk import Client
url, access, secret, email = sys.argv[1:]
verify = ssl.create_default_context()
with Client(host=url, access_key=access, secret_key=secret, verify=verify) as client:
    made = client.leads.create({"EmailAddress": email})
print('{"Status":"Success","Message":{"Id":"%s"}}' % made.id)
"""


PROGRAMS = {"node": ("client.mjs", NODE), "php": ("client.php", PHP), "sdk": ("client.py", SDK)}


class Pair(NamedTuple):
    upstream: ServerProcess
    proxy: ProxyProcess
    authority: Path
    keys: FirstAccount

    @property
    def url(self) -> str:
        return f"https://localhost:{self.proxy.port}"

    def records(self) -> list[CallRecord]:
        """What the proxy recorded, newest first."""
        reader = SqliteCallReader(self.proxy.folder / "calls")
        try:
            return list(reader.stream(CallQuery(account_id=None)))
        finally:
            reader.close()


@pytest.fixture(scope="module")
def pair(
    prepared: tuple[Path, FirstAccount], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("clients")
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST, "localhost")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    data = copy_folder(prepared[0], folder / "upstream")
    upstream = ServerProcess(data, prepared[1], "--public-host", HOST).start()
    flags = [
        *("--upstream", upstream.base),
        *("--tls-certificate", str(folder / "certificate.pem")),
        *("--tls-key", str(folder / "key.pem")),
    ]
    proxy = ProxyProcess(folder / "proxy", *flags).start()
    try:
        yield Pair(upstream, proxy, folder / "authority.pem", prepared[1])
    finally:
        proxy.stop()
        upstream.stop()


def answer_of(pair: Pair, command: Sequence[str]) -> Any:  # noqa: ANN401  # any JSON
    """What the program prints. Skips the test if the program is not installed."""
    program = shutil.which(command[0])
    if program is None:
        pytest.skip(f"{command[0]} is not installed")
    authority = str(pair.authority)
    finished = subprocess.run(  # noqa: S603  # our own programs
        [program, *command[1:]],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={
            **os.environ,
            "SSL_CERT_FILE": authority,
            "NODE_EXTRA_CA_CERTS": authority,
            "REQUESTS_CA_BUNDLE": authority,
            "NO_PROXY": "*",
        },
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


@sqlite_only
@pytest.mark.parametrize("client", ["curl", "node", "php", "sdk"])
def test_a_client_works_through_the_proxy_as_without_it(
    pair: Pair, tmp_path: Path, client: str
) -> None:
    """A lead is made at the upstream, and the proxy's log has the call with the upstream's id."""
    email = f"{client}@example.com"
    keys = (pair.keys.access_key, pair.keys.secret_key)
    body = json.dumps(LEAD).replace("ADDRESS", email)
    if client in PROGRAMS:
        name, text = PROGRAMS[client]
        (tmp_path / name).write_text(text)
        program = sys.executable if client == "sdk" else client
        command = [program, str(tmp_path / name), pair.url, *keys, email]
    else:
        command = [
            *("curl", "-s", "--cacert", str(pair.authority), "--compressed"),
            f"{pair.url}/v2/LeadManagement.svc/Lead.Create?accessKey={keys[0]}&secretKey={keys[1]}",
            *("-H", "Content-Type: application/json", "-d", body),
        ]
    answer = answer_of(pair, command)
    assert answer["Status"] == "Success"
    record = next(record for record in pair.records() if email in record.request_body)
    assert answer["Message"]["Id"] in record.response_body
    assert (record.stage, record.outcome, record.operation) == (
        "answered",
        "success",
        "Lead.Create",
    )
    assert record.key_id.startswith("caller:")
    theirs = read_record(pair.upstream.folder, record.answer_call_id)
    assert theirs is not None
    assert theirs.request_body == record.request_body
    for path in (pair.proxy.errors, *pair.proxy.folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            assert not any(key.encode() in content for key in keys), path


@sqlite_only
def test_lsq_works_through_the_proxy(pair: Pair) -> None:
    """A client of another author, which always calls LeadSquared's own host name over TLS."""
    keys = pair.keys
    got = answer_of(
        pair,
        [sys.executable, str(LSQ), keys.access_key, keys.secret_key, str(pair.proxy.port)],
    )
    assert got["created"]["Status"] == "Success"
    assert got["captured"]["Message"]["Id"] == got["created"]["Message"]["Id"]
    records = [record for record in pair.records() if "python-requests" in record.user_agent]
    assert {"success", "client_fault"} <= {record.outcome for record in records}
    assert all(record.stage == "answered" for record in records)
