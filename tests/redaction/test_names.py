"""By which names a value is a secret: the table, pinned."""

import pytest
from redaction.plants import NAMES

from leadwire.calls.headers import ALL, HeaderRule
from leadwire.calls.redaction import secrets
from leadwire.calls.redaction.redactor import (
    CREDENTIAL_HEADERS,
    HOP_BY_HOP_HEADERS,
    Redactor,
    redact_headers,
)
from leadwire.calls.redaction.secrets import SecretNames

HARMLESS = (
    "SessionId", "Key", "Value", "keys", "PrimaryKey", "PublicKey", "token_count", "max_tokens",
    "TotalTokens", "token_type", "NextToken", "PinCode", "mx_Pin_Code", "Pinterest", "Shopping",
    "Designation", "Assigned", "Author", "Authority", "Secretary", "mx_SecretaryName", "Passport",
    "Compass", "PassPercentage", "SessionDate", "CookieConsent", "EmailSignature", "Monkey",
    "KeyValuePair", "Keyword", "Passed", "Spin", "Opinion", "SearchByKey", "CreatedOn", "",
)  # fmt: skip


def test_the_table_of_secrets_is_pinned() -> None:
    """A deletion here is the change under review: a name that leaves stays in logs for ever."""
    assert {
        "password", "passwd", "passphrase", "passcode", "secret", "token", "credential",
        "authorization", "cookie", "bearer", "sessionid", "sessid", "pwd", "jwt",
    } <= set(secrets.ANYWHERE)  # fmt: skip
    assert {"otp", "cvv", "cvc", "auth", "oauth"} <= set(secrets.WORDS)
    assert {"pass", "pin", "sig", "sas", "signature", "session"} <= set(secrets.LAST_WORDS)
    assert {
        "access", "account", "api", "encryption", "hmac", "private", "shared", "signing",
        "subscription",
    } <= set(secrets.KEYS)  # fmt: skip
    assert {"customheaders"} <= secrets.HEADER_LISTS
    assert len(secrets.LOOKS) >= 9
    assert {"authorization", "cookie", "set-cookie", "x-api-key"} <= CREDENTIAL_HEADERS
    assert {"connection", "transfer-encoding", "upgrade"} <= HOP_BY_HOP_HEADERS


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_is_known_by_the_words_of_its_name(name: str) -> None:
    """However the words are joined, and in any case; the quick look sees each of them."""
    names = SecretNames()
    for spelled in (name, name.upper(), name.lower(), f"my_{name}", f"x-{name}"):
        assert names.holds(spelled), spelled
        assert not names.is_clean(f'{{"{spelled}":1}}'.encode()), spelled


@pytest.mark.parametrize("name", HARMLESS)
def test_a_name_that_holds_such_letters_by_chance_is_harmless(name: str) -> None:
    """Postal codes, designations, counts of tokens and the dialect's own names are kept."""
    assert not SecretNames().holds(name)


def test_settings_add_names_and_allow_names() -> None:
    """They are compared without regard to case, ``_``, ``-`` and blanks."""
    names = SecretNames(added=[" mx_PAN ", "iban"], allowed=["csrf-token"])
    body = b'{"MX-pan":"plant-1","Iban":"plant-2","csrf_token":"kept","id_token":"plant-3"}'
    kept = Redactor((), names=names).body(body, 1_000)
    assert "plant" not in kept
    assert '"csrf_token":"kept"' in kept
    assert "plant" in Redactor(()).body(b'{"MX-pan":"plant-1"}', 1_000)


def test_headers_are_kept_without_credentials_and_hops() -> None:
    """What is a secret by its name has a marker; what is one by its look goes from the value."""
    sent = [
        (b"host", b"example.com"),
        (b"authorization", b"Bearer plant"),
        (b"cookie", b"a=plant"),
        (b"x-api-key", b"plant"),
        (b"connection", b"close, X-Hop"),
        (b"x-hop", b"plant"),
        (b"x-session-token", b"plant"),
        (b"referer", b"https://example.com/?token=plant&a=1"),
        (b"x-note", b"from my-own-key"),
        (b"content-type", b"application/json"),
    ]
    lines, _ = HeaderRule(ALL, 8_192).lines(sent)
    redactor = Redactor(("my-own-key",))
    kept = redact_headers(lines, redactor)
    names = [line.partition(":")[0] for line in kept.split("\n")]
    assert names == ["host", "x-session-token", "referer", "x-note", "content-type"]
    assert "plant" not in kept
    assert "my-own-key" not in kept
    assert kept.endswith("content-type: application/json")
    assert redactor.count == 3


def test_a_secret_across_two_windows_of_a_large_text_is_seen() -> None:
    """A large text is searched in windows, so that other threads run in between."""
    names = SecretNames(added=["floor code"])
    window = secrets._WINDOW_BYTES
    words = (
        b"password",
        b'"floor_code"',
        b"u$r",
        b"https://ravi:secret@host/",
        b"eyjabc",
        b"%70wd",
    )
    for word in words:
        for before in range(window - len(word) - 2, window + 2):
            text = (b". " * window)[:before] + word + b" ." * window
            assert not names.is_clean(text), (word, before)
    assert names.is_clean(b". " * 2 * window)
