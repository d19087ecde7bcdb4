"""Whose word on the caller's address and scheme counts."""

from collections.abc import Callable
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import Answer, InProcess, scope_of

from leadwire.errors import SetupError
from leadwire.server.forwarded import TrustedProxies
from leadwire.settings import Settings
from leadwire.settings_sources import load_settings

NETWORKS = ("192.0.2.0/24", "2001:db8::1")
PROXY = "192.0.2.7"


def resolved(peer: str, *headers: tuple[str, str], trusted: str = ",".join(NETWORKS)):
    scope = scope_of("GET", "/", headers)
    scope["client"] = (peer, 50_000)
    TrustedProxies(Settings(trusted_proxies=trusted).trusted_networks).resolve(scope)
    return scope["client"][0], scope["scheme"]


@pytest.mark.parametrize(
    ("chain", "caller"),
    [
        ("198.51.100.9", "198.51.100.9"),
        ("203.0.113.5, 198.51.100.9", "198.51.100.9"),  # the first was made up by the caller
        ("203.0.113.5, 192.0.2.8", "203.0.113.5"),  # a second trusted proxy
        ("192.0.2.9, 192.0.2.8", "192.0.2.9"),
        ("198.51.100.9:4711", "198.51.100.9"),
        ("[2001:db8::9]:4711", "2001:db8::9"),
        ("::ffff:198.51.100.9", "198.51.100.9"),
        ("<b>no address", PROXY),
        ("198.51.100.9, unknown", PROXY),
        ("unknown, 192.0.2.8", "192.0.2.8"),
        ("", PROXY),
    ],
)
def test_the_nearest_address_that_is_no_proxys_is_the_callers(chain: str, caller: str):
    """Read from the server's side, for everything before that is the caller's own word."""
    assert resolved(PROXY, ("X-Forwarded-For", chain)) == (caller, "http")


def test_several_headers_are_one_chain():
    """As RFC 9110 (5.3) has it."""
    headers = [("X-Forwarded-For", "203.0.113.5"), ("X-Forwarded-For", "198.51.100.9")]
    assert resolved(PROXY, *headers) == ("198.51.100.9", "http")


@pytest.mark.parametrize(
    ("protos", "scheme"),
    [("https", "https"), ("HTTPS", "https"), ("https, http", "http"), ("x", "http"), ("", "http")],
)
def test_a_trusted_proxy_says_how_it_was_called(protos: str, scheme: str):
    """The proxy next to the server counts."""
    assert resolved(PROXY, ("X-Forwarded-Proto", protos)) == (PROXY, scheme)


@pytest.mark.parametrize("trusted", ["", "203.0.113.0/24"])
def test_nobody_elses_word_counts(trusted: str):
    """None by default, not even this machine's."""
    headers = [("X-Forwarded-For", "198.51.100.9"), ("X-Forwarded-Proto", "https")]
    assert resolved(PROXY, *headers, trusted=trusted) == (PROXY, "http")
    assert resolved("127.0.0.1", *headers, trusted=trusted) == ("127.0.0.1", "http")


@given(
    chain=st.text(st.characters(max_codepoint=255)), peer=st.sampled_from([PROXY, "2001:db8::1"])
)
def test_whatever_is_sent_the_result_is_an_address(chain: str, peer: str):
    """And never the text itself."""
    address, _ = resolved(peer, ("X-Forwarded-For", chain))
    assert str(ip_address(address)) == address


def test_what_is_no_address_is_no_setting():
    """The message names the setting and the word."""
    assert ip_network("10.0.0.0/8") in Settings(trusted_proxies=" 10.0.0.0/8 ,").trusted_networks
    with pytest.raises(SetupError, match=r"trusted_proxies.*proxy\.example"):
        load_settings({"trusted_proxies": "127.0.0.1, proxy.example"})
    with pytest.raises(SetupError, match=r"'10\.0\.0\.1/8' is not the .*: write 10\.0\.0\.0/8\.\n"):
        load_settings({"trusted_proxies": "10.0.0.1/8"})


def test_a_proxy_that_nobody_may_call_is_refused_at_the_start():
    """The message names an address that can be added."""
    with pytest.raises(SetupError, match=r"proxy_callers \(.*\): nobody .*127\.0\.0\.1"):
        load_settings({"proxy_callers": " , "})


def test_the_record_has_the_address_that_counts(make_api: Callable[..., InProcess]):
    """Of a proxy that is trusted; the text of others is not an address of the log's."""
    api = make_api(trusted_proxies="192.0.2.7")
    call = api.call("GET", "/v2/X.svc/Y", headers={"X-Forwarded-For": "198.51.100.9"})
    assert api.record(call).client_address == "198.51.100.9"
    call = api.call("GET", "/v2/X.svc/Y", headers={"X-Forwarded-For": "<b>nobody"})
    assert api.record(call).client_address == "192.0.2.7"


def test_wrong_keys_from_one_address_are_bounded(make_api: Callable[..., InProcess]):
    """Good keys from there go on working; the log learns no further unknown keys."""
    api = make_api(unknown_keys_per_address_max=5)

    def wrong(number: int) -> Answer:
        pair = {"x-LSQ-AccessKey": f"u$r{number:032x}", "x-LSQ-SecretKey": "0" * 40}
        return api.call("GET", "/v2/LeadManagement.svc/Leads.GetById", headers=pair, keys="none")

    answers = [wrong(number) for number in range(8)]
    assert [answer.status for answer in answers] == [401] * 5 + [429] * 3
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert [api.record(answer).key_id[:8] for answer in answers] == ["unknown:"] * 5 + [""] * 3
    assert api.get("/v2/LeadManagement.svc/Leads.GetById", id="x").status == 200
    metrics = api.call("GET", "/metrics", keys="none").body.decode()
    assert 'leadwire_bounds_reached_total{setting="unknown_keys_per_address_max"} 3.0' in metrics
    api.clock.advance(60_000)
    assert wrong(9).status == 401
