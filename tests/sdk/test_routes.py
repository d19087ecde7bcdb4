"""How a server is found and reached: hosts, regions, proxies, authorities."""

import ssl
from pathlib import Path

import httpx2
import pytest
import trustme
from sdk.both import Made
from sdk.hostile import HostileServer, whole
from support import ServerProcess

from leadwire.sdk import errors
from leadwire.sdk.hosts import REGIONS, origin_of

WRONG_KEYS = {
    "Status": "Error",
    "ExceptionType": "MXInvalidAccessDetailsException",
    "ExceptionMessage": "Invalid Access Details provided.",
}
LEAD = whole("200 OK", b'[{"ProspectID":"x"}]')


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("api-in21.leadsquared.com", "https://api-in21.leadsquared.com"),
        ("mumbai", "https://api-in21.leadsquared.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/v2/", "http://127.0.0.1:8080"),
        ("https://proxy.example.com/leads/v2", "https://proxy.example.com/leads"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("localhost:8080", "https://localhost:8080"),
    ],
)
def test_a_host_is_a_name_a_region_or_a_url(host: str, url: str) -> None:
    """https unless a URL says else; the /v2 that the server prints is taken off."""
    assert str(origin_of(host)) == url


class Regions:
    """Every regional host; the account lives in one, and others refuse or tell."""

    def __init__(self, told: object, *, refusing: int = 0) -> None:
        self.hosts: list[str] = []
        self._told = told
        self._refusing = refusing

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.hosts.append(request.url.host)
        if "UserByAccessKey" not in request.url.path:
            return httpx2.Response(200, json=[])
        if len(self.hosts) <= self._refusing:
            return httpx2.Response(401, json=WRONG_KEYS)
        return httpx2.Response(200, json={"LSQCommonServiceURLs": {"api": self._told}})


def test_the_region_is_looked_up_once(make: Made) -> None:
    """With ``discover``, by the first call; hosts that refuse the keys are passed over."""
    regions = Regions("api-in21.leadsquared.com", refusing=2)
    client = make.answered_by(regions, host=None, discover=True)
    client.leads.get("x")
    client.with_options(retries=0).leads.get("y")
    assert regions.hosts[:3] == list(REGIONS.values())[:3]
    assert regions.hosts[3:] == ["api-in21.leadsquared.com"] * 2
    assert client.host() == "https://api-in21.leadsquared.com"


def test_keys_go_to_no_host_that_was_not_named(make: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the variable to set, also beside the server's own, and no call is made."""
    with pytest.raises(errors.Misuse, match=r"host=.*LEADWIRE_API_HOST.*discover=True") as caught:
        make.client()
    assert "LEADWIRE_HOST" not in str(caught.value)
    monkeypatch.setenv("LEADWIRE_HOST", "0.0.0.0")  # noqa: S104  # a server's setting
    with pytest.raises(errors.Misuse, match=r"LEADWIRE_HOST is set.*mean LEADWIRE_API_HOST"):
        make.client()
    with pytest.raises(errors.Misuse, match="not both"):
        make.client(host="mumbai", discover=True)


@pytest.mark.parametrize(
    "told",
    ["evil.example.com", "api.leadsquared.com.evil.example", "x@evil/.leadsquared.com", None, 7],
)
def test_keys_go_to_no_host_outside_leadsquared(make: Made, told: object) -> None:
    """Whatever an answer tells: such a name is not believed."""
    regions = Regions(told)
    with pytest.raises(errors.AnswerUnreadable):
        make.answered_by(regions, host=None, discover=True, retries=0).leads.get("x")
    assert set(regions.hosts) <= set(REGIONS.values())


def test_keys_refused_by_every_region_are_reported(make: Made) -> None:
    """After every host has refused them."""
    regions = Regions("", refusing=99)
    with pytest.raises(errors.HostNotFound):
        make.answered_by(regions, host=None, discover=True).leads.get("x")
    assert regions.hosts == list(REGIONS.values())


def test_a_network_failure_is_not_reported_as_wrong_keys(make: Made) -> None:
    """The last connection's failure is raised."""

    def down(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route")

    with pytest.raises(errors.ConnectFailed):
        make.answered_by(down, host=None, discover=True, retries=0).leads.get("x")


def test_the_environments_proxy_and_its_exceptions_apply(
    make: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY leads there, NO_PROXY past it, and trust_env=False knows neither."""
    with HostileServer(LEAD) as proxy, HostileServer(LEAD) as server:
        monkeypatch.setenv("http_proxy", proxy.base)
        assert make.client(host="http://leads.example.com").leads.get("x").id == "x"
        assert proxy.requests[0].startswith(b"GET http://leads.example.com/v2/")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        make.client(host=server.base).leads.get("x")
        monkeypatch.delenv("no_proxy")
        make.client(host=server.base, trust_env=False).leads.get("x")
        assert (len(proxy.requests), len(server.requests)) == (1, 2)


def test_a_passed_proxy_replaces_the_environments(
    make: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the environment's."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with HostileServer(LEAD) as proxy:
        client = make.client(host="http://leads.example.com", proxy=proxy.base)
        assert client.leads.get("x").id == "x"
        assert len(proxy.requests) == 1


def test_a_private_authority_can_be_trusted(make: Made, data_folder: Path, keys: object) -> None:
    """As a file or as a context; without it the server is not believed."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key, ca = (data_folder.with_name(name) for name in ("chain.pem", "key.pem", "ca.pem"))
    certificate.cert_chain_pems[0].write_to_path(chain)
    certificate.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(ca)
    flags = ("--tls-certificate", str(chain), "--tls-key", str(key))
    pair = {"access_key": keys.access_key, "secret_key": keys.secret_key}
    server = ServerProcess(data_folder, keys, *flags).start()
    try:
        for verify in (str(ca), ca, ssl.create_default_context(cafile=str(ca))):
            client = make.client(host=server.base, verify=verify, **pair)
            assert client.users.me().login == "admin@acme.test"
            client.close()
        with pytest.raises(errors.ConnectFailed, match=r"pass .* as verify=") as caught:
            make.client(host=server.base, **pair).users.me()
        assert (caught.value.attempts, caught.value.retryable) == (1, False)
        with pytest.raises(errors.Misuse, match="verify"):
            make.client(host=server.base, verify=str(key), **pair).users.me()
    finally:
        server.stop()


def test_a_port_without_tls_is_reported_with_advice(make: Made, server: ServerProcess) -> None:
    """A host without a scheme is called over https; nothing is tried twice."""
    client = make.client(host=server.base.removeprefix("http://"))
    with pytest.raises(errors.ConnectFailed, match="start the host with http://") as caught:
        client.users.me()
    assert caught.value.attempts == 1


def test_an_ipv6_address_is_a_host(make: Made) -> None:
    """In brackets, with a port and a slash at its end."""
    with HostileServer(LEAD, address="::1") as server:
        client = make.client(host=f"{server.base}/")
        assert client.leads.get("x").id == "x"
        assert b"[::1]" in server.requests[0]
