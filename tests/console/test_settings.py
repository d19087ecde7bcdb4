"""The pages of Settings, on a whole server: what they set counts, and secrets are shown once."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from engines import place
from support import LEADS, USERS, InProcess, attributes
from webhooks.receiver import Receiver
from webhooks.steps import Console

from leadwire.access.accounts import FirstAccount, create_account
from leadwire.access.audit import COMMAND_LINE
from leadwire.access.change import Change
from leadwire.access.passwords import hash_password
from leadwire.access.store import AccessStore
from leadwire.access.users import UserDraft, insert_user
from leadwire.clock import SystemIds
from leadwire.data_folder.making import access_store

S = "/console/settings"
WORD = "a password to sign in"
DAY_MS = 86_400_000


@pytest.fixture
def access(api: InProcess) -> Iterator[AccessStore]:
    store = access_store(place(api.folder), clock=api.clock, ids=SystemIds())
    yield store
    store.close()


@pytest.fixture
def admin(api: InProcess) -> Console:
    return Console(api)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


def person(access: AccessStore, account_id: str, email: str, **more: Any) -> str:  # noqa: ANN401
    draft = UserDraft(email=email, role="Sales_User", password=WORD, **more)
    return access.change(COMMAND_LINE, lambda change: insert_user(change, account_id, draft))


def other_account(access: AccessStore) -> FirstAccount:
    def make(change: Change) -> FirstAccount:
        return create_account(
            change,
            name="Other",
            email="boss@other.test",
            password=WORD,
            password_hash=hash_password(WORD, quickly=True),
        )

    return access.change(COMMAND_LINE, make)


def shown(page: bytes, name: str) -> str:
    """The text of the element with that id."""
    found = re.search(rf'id="{name}"[^>]*>([^<]+)<', page.decode())
    assert found, page.decode()
    return found[1]


def works(api: InProcess, access_key: str, secret_key: str) -> bool:
    headers = {"x-LSQ-AccessKey": access_key, "x-LSQ-SecretKey": secret_key}
    return api.call("GET", USERS, headers=headers, keys="none").status == 200


def new_key(api: InProcess, admin: Console, name: str = "web-form") -> tuple[str, str]:
    form = {"name": name, "user_id": api.keys.user_id, "days": ""}
    page = admin.post(f"{S}/keys", form)
    assert page.status == 200
    return shown(page.body, "new-access-key"), shown(page.body, "new-secret-key")


def ids_of(page: bytes, action: str) -> list[str]:
    return re.findall(rf"{S}/keys/(key_\w+)/{action}", page.decode())


def test_a_key_is_made_rotated_retired_and_revoked(api: InProcess, admin: Console) -> None:
    """Two secrets work meanwhile; each is shown once; every step counts with the next call."""
    access_key, secret = new_key(api, admin)
    assert works(api, access_key, secret)
    page = admin.get(f"{S}/keys").body
    assert secret.encode() not in page
    assert b"1 call today" in page
    (key_id,) = [key for key in ids_of(page, "rotate") if key in _row(page, "web-form")]
    field = rf'{key_id}/rotate"><input type="hidden" name="since" value="(\d+)"'
    since = re.search(field, page.decode())
    assert since
    rotated = admin.post(f"{S}/keys/{key_id}/rotate", {"since": since[1]})
    new = shown(rotated.body, "new-secret-key")
    assert works(api, access_key, secret)
    assert works(api, access_key, new)
    again = admin.post(f"{S}/keys/{key_id}/rotate", {"since": since[1]})
    assert again.status == 422
    assert b"rotated already" in again.body
    assert works(api, access_key, secret)
    assert b"two live" in admin.get(f"{S}/keys").body
    assert admin.post(f"{S}/keys/{key_id}/retire").status == 303
    assert not works(api, access_key, secret)
    assert works(api, access_key, new)
    assert admin.post(f"{S}/keys/{key_id}/revoke").status == 303
    assert not works(api, access_key, new)
    assert b"Revoked and ended: 1 key" in admin.get(f"{S}/keys").body


def _row(page: bytes, name: str) -> str:
    return next(row for row in page.decode().split("<tr>") if f">{name}<small>" in row)


def test_a_key_form_that_is_sent_again_or_wrong_makes_no_key(
    api: InProcess, admin: Console, access: AccessStore
) -> None:
    """The mistake stands beside its field."""
    new_key(api, admin)
    for values, field in (
        ({"name": "web-form"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"user_id": "nobody"}, "user_id"),
        ({"days": "7000"}, "days"),
    ):
        form = {"name": "other", "user_id": api.keys.user_id, "days": ""} | values
        answer = admin.post(f"{S}/keys", form)
        assert answer.status == 422
        assert f'id="{field}-error"'.encode() in answer.body
    assert len(access.key_pairs(api.keys.account_id)) == 2


def test_a_developer_makes_no_key_that_can_do_more(
    api: InProcess, admin: Console, access: AccessStore
) -> None:
    """Neither for an administrator, nor by rotating an administrator's."""
    person(access, api.keys.account_id, "dev@acme.test", is_developer=True)
    developer = Console(api, email="dev@acme.test", password=WORD)
    form = {"name": "mine", "user_id": api.keys.user_id, "days": ""}
    assert developer.post(f"{S}/keys", form).status == 422
    (pair,) = access.key_pairs(api.keys.account_id)
    for action in ("rotate", "retire", "revoke"):
        form = {"since": str(pair.secrets[0].created_on_ms)}
        assert developer.post(f"{S}/keys/{pair.key_id}/{action}", form).status == 404
    assert ids_of(developer.get(f"{S}/keys").body, "rotate") == []
    assert ids_of(admin.get(f"{S}/keys").body, "rotate") == [pair.key_id]


def test_ids_of_another_account_are_like_unknown_ones(
    api: InProcess, admin: Console, access: AccessStore
) -> None:
    """The same answer, byte by byte, and nothing is done."""
    other = other_account(access)
    key_id = access.key_pairs(other.account_id)[0].key_id
    Console(api, email="boss@other.test", password=WORD)
    session_id = _sessions_of(access)["boss@other.test"]
    for path in (
        "keys/{}/rotate", "keys/{}/retire", "keys/{}/revoke", "users/{}", "users/{}/deactivate",
        "users/{}/link", "profile/sessions/{}",
    ):  # fmt: skip
        known = {"k": key_id, "u": other.user_id, "p": session_id}[path[0]]
        form = {"role": "viewer", "since": "0"}
        answers = [admin.post(f"{S}/{path.format(one)}", form) for one in (known, "x" * len(known))]
        assert [answer.status for answer in answers] == [404, 404]
        assert answers[0].body.replace(known.encode(), b"") == answers[1].body.replace(
            b"x" * len(known), b""
        )
    assert admin.post(f"{S}/switch", {"account_id": other.account_id}).status == 404
    assert works(api, other.access_key, other.secret_key)
    assert _sessions_of(access)["boss@other.test"] == session_id


def _sessions_of(access: AccessStore) -> dict[str, str]:
    with access.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT email, token_hash FROM sessions JOIN users ON users.user_id = sessions.user_id"
        )
        return {row.email: row.token_hash for row in rows}


def test_a_user_is_added_joins_by_the_link_and_has_the_rights_given(
    api: InProcess, admin: Console, access: AccessStore
) -> None:
    """The link works once; a change of role counts at once; deactivating ends the session."""
    form = {"email": "Ravi@acme.test", "first_name": "Ravi", "role": "viewer"}
    page = admin.post(f"{S}/users", form)
    link = shown(page.body, "join-link")
    assert link.startswith("http://")
    path = link.partition("://")[2].partition("/")[2]
    assert api.call("GET", f"/{path}", keys="none").status == 200
    joined = _post(api, f"/{path}", {"password": WORD, "again": WORD})
    assert joined.status == 303
    cookie = joined.headers["set-cookie"].partition(";")[0]
    assert api.call("GET", f"/{path}", keys="none").status == 404
    ravi = Console(api, email="ravi@acme.test", password=WORD)
    assert ravi.get(f"{S}/keys").status == 403
    user = next(u for u in access.users(api.keys.account_id) if u.email == "ravi@acme.test")
    here = f"{S}/users/{user.user_id}"
    assert admin.post(here, {"role": "developer", "bodies": "1"}).status == 303
    assert ravi.get(f"{S}/keys").status == 200
    assert b"You see the bodies" in ravi.get(f"{S}/profile").body
    assert admin.post(f"{here}/deactivate").status == 303
    assert ravi.get(f"{S}/profile").status == 303
    assert api.call("GET", f"{S}/profile", headers={"Cookie": cookie}, keys="none").status == 303


def _post(api: InProcess, target: str, form: dict[str, str]) -> Any:  # noqa: ANN401
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return api.call("POST", target, urlencode(form), headers=headers, keys="none")


@pytest.mark.parametrize("action", ["", "/deactivate"])
def test_the_last_administrator_is_never_locked_out(
    api: InProcess, admin: Console, action: str
) -> None:
    """Neither by a role nor by deactivating; the page says why."""
    answer = admin.post(f"{S}/users/{api.keys.user_id}{action}", {"role": "viewer"})
    assert answer.status == 422
    assert b"last active administrator" in answer.body
    assert admin.get(f"{S}/users").status == 200


def test_wrong_current_passwords_are_limited_and_a_new_one_ends_other_sessions(
    api: InProcess, admin: Console, access: AccessStore
) -> None:
    """Together with failed sign-ins; the session at hand stays."""
    person(access, api.keys.account_id, "ravi@acme.test")
    here, other = (Console(api, email="ravi@acme.test", password=WORD) for _ in range(2))
    new = "another password, longer"
    form = {"current": "wrong", "new": new, "again": new}
    assert here.post(f"{S}/profile/password", form | {"again": "x"}).status == 422
    assert here.post(f"{S}/profile/password", form | {"new": "x", "again": "x"}).status == 422
    assert here.post(f"{S}/profile/password", form).status == 422
    assert here.post(f"{S}/profile/password", form | {"current": WORD}).status == 303
    assert here.get(f"{S}/profile").status == 200
    assert other.get(f"{S}/profile").status == 303
    statuses = [here.post(f"{S}/profile/password", form).status for _ in range(12)]
    assert statuses[-1] == 429
    assert admin.get(f"{S}/profile").status == 200


def test_a_shorter_retention_names_what_it_drops_and_needs_a_confirmation(
    api: InProcess,
) -> None:
    """In days, calls and bytes; without it nothing changes."""
    assert api.get(USERS).status == 200
    api.clock.advance(3 * DAY_MS)
    assert api.get(USERS).status == 200
    admin = Console(api)  # the session ended
    page = admin.get(f"{S}/retention").body.decode()
    assert "A search spans at most" in page
    form = dict(re.findall(r'name="(\w+)" type="text"[^>]* value="(\d+)"', page))
    form["calls_retention_days"] = "1"
    asked = admin.post(f"{S}/retention", form)
    assert asked.status == 422
    assert b"Drop 1 day of the log for good" in asked.body
    assert api.app.live.of_server().calls_retention_days == 30
    assert admin.post(f"{S}/retention", form | {"confirmed": "1"}).status == 303
    assert api.app.live.of_server().calls_retention_days == 1
    given_back = admin.post(f"{S}/retention/reset", {"name": "calls_retention_days"})
    assert given_back.status == 303
    assert api.app.live.of_server().calls_retention_days == 30


@pytest.mark.parametrize("value", ["", "0", "-1", "1e9", "\uff19", "999999999999", "x"])
def test_a_wrong_number_is_refused_beside_its_field(
    api: InProcess, admin: Console, value: str
) -> None:
    """And stays in the form."""
    page = admin.get(f"{S}/retention").body.decode()
    form = dict(re.findall(r'name="(\w+)" type="text"[^>]* value="(\d+)"', page))
    answer = admin.post(f"{S}/retention", form | {"calls_shown_max": value})
    assert answer.status == 422
    assert b'id="calls_shown_max-error"' in answer.body
    assert api.app.live.of_server().calls_shown_max == 1_000


def test_names_to_redact_count_from_the_next_call_on(api: InProcess, admin: Console) -> None:
    """One a line or with commas; a wrong name changes nothing."""
    form = {"calls_secret_names": "mx_Pin\nmx_Code, mx_Pin", "calls_harmless_names": ""}
    form["calls_redact_fields"] = "EmailAddress"
    assert admin.post(f"{S}/personal", form).status == 303
    lead = attributes({"EmailAddress": "mira@example.test", "mx_Pin": "Unmistakable"})
    record = api.record(api.post(LEADS + "Lead.Create", lead))
    assert "Unmistakable" not in record.request_body
    assert "mira@example.test" not in record.request_body
    wrong = admin.post(f"{S}/personal", form | {"calls_secret_names": "a;b"})
    assert wrong.status == 422
    assert b'id="calls_secret_names-error"' in wrong.body
    names = api.app.live.of_server().calls_secret_names
    assert names.split(",") == ["mx_Pin", "mx_Code"]


def test_a_plan_is_chosen_for_the_account(api: InProcess, admin: Console) -> None:
    """It counts with the next call; a viewer sees it and cannot change it."""
    assert admin.post(f"{S}/plan", {"plan": "lite", "plan_users": "1"}).status == 303
    assert [api.get(USERS).status for _ in range(3)] == [200, 200, 429]
    assert b"lite, chosen here" in admin.get(f"{S}/plan").body
    assert admin.post(f"{S}/plan", {"plan": "gold", "plan_users": "0"}).status == 422
    assert admin.post(f"{S}/plan/reset").status == 303
    assert api.get(USERS).status == 200


def test_a_field_and_its_options_follow_the_rules_of_the_api(
    api: InProcess, admin: Console
) -> None:
    """It can be written at once; what the API refuses is refused beside the field."""
    form = {"display_name": "Home Town", "kind": "dropdown", "options": "Pune\nMumbai\n"}
    assert admin.post(f"{S}/fields", form).status == 303
    lead_id = api.create(FirstName="Asha", mx_Home_Town="Pune")
    assert api.lead(lead_id)["mx_Home_Town"] == "Pune"
    assert admin.post(f"{S}/fields/mx_Home_Town/add", {"options": "Nashik"}).status == 303
    assert admin.post(f"{S}/fields/mx_Home_Town/remove", {"option": "Mumbai"}).status == 303
    page = admin.get(f"{S}/fields").body.decode()
    assert "Nashik" in page
    assert "Mumbai" not in page
    for wrong, field in (
        (form, "display_name"),
        ({"display_name": "Bad-Name!", "kind": "text"}, "display_name"),
        ({"display_name": "Empty", "kind": "dropdown", "options": ""}, "options"),
        ({"display_name": "Long", "kind": "text", "max_length": "99999"}, "max_length"),
        ({"display_name": "Odd", "kind": "song"}, "kind"),
    ):
        answer = admin.post(f"{S}/fields", wrong)
        assert answer.status == 422
        assert f'id="{field}-error"'.encode() in answer.body
    assert admin.post(f"{S}/fields/mx_Unknown/add", {"options": "x"}).status == 404


def test_the_audit_trail_is_filtered_and_exported(
    api: InProcess, admin: Console, access: AccessStore
) -> None:
    """By person, action and date; the file has every entry that matches, and runs no formula."""
    new_key(api, admin, name="=HYPERLINK(1)")
    for _ in range(120):
        access.audit(api.keys.account_id, COMMAND_LINE, "body.seen", thing="c", note="=1+1")
    page = admin.get(f"{S}/audit").body.decode()
    assert "Older" in page
    page = admin.get(f"{S}/audit?action=key.created&who={api.keys.user_email}").body.decode()
    assert "=HYPERLINK(1): acts as" in page
    assert "body.seen</th>" not in page
    nothing = admin.get(f"{S}/audit?to=2001-01-01").body.decode()
    assert "No entry matches" in nothing
    wrong = admin.get(f"{S}/audit?from=soonish")
    assert wrong.status == 422
    sent = admin.get(f"{S}/audit.csv?action=body.seen").body.decode()
    rows = list(csv.reader(io.StringIO(sent)))
    assert len(rows) == 121
    assert {row[5] for row in rows[1:]} == {"'=1+1"}


def test_a_person_of_two_accounts_switches_in_the_menu(
    api: InProcess, admin: Console, access: AccessStore
) -> None:
    """The same session, another account's pages; the menu leads back."""
    other = access.change(
        COMMAND_LINE,
        lambda change: create_account(
            change, name="Second", email=api.keys.user_email, password="", password_hash=""
        ),
    )
    assert b"Switch to Second" in admin.get(f"{S}/profile").body
    assert admin.post(f"{S}/switch", {"account_id": other.account_id}).status == 303
    page = admin.get(f"{S}/users").body
    assert other.user_id.encode() in page
    assert api.keys.user_id.encode() not in page
    assert b"Switch to Acme" in page
    assert admin.get(f"{S}/server").status == 403
    assert admin.post(f"{S}/switch", {"account_id": api.keys.account_id}).status == 303
    assert admin.get(f"{S}/server").status == 200


@pytest.mark.parametrize(
    "path",
    ["audit?who={}&action={}", "audit?before={}", "users/{}", "keys?done={}", "audit?from={}"],
)
@pytest.mark.parametrize(
    "odd", ["%00", "%ed%a0%80", "%E2%80%AEtxt", "9" * 400, "%27%3B--", "%3Cscript%3Ealert(1)"]
)
def test_odd_texts_in_an_address_never_break_a_page(
    api: InProcess, admin: Console, path: str, odd: str
) -> None:
    """They are shown as text, or are like an unknown id."""
    answer = admin.get(f"{S}/{path.format(odd, odd)}")
    assert answer.status < 500
    assert b"<script>alert" not in answer.body
    del api


def test_every_secret_stands_where_it_is_shown_once_and_nowhere_else(
    make_api: Callable[..., InProcess], receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the folder's files, the log lines, a page, the audit trail or its file."""
    api = make_api(webhook_private_addresses=True)
    admin = Console(api)
    access_key, secret = new_key(api, admin)
    added = admin.post(f"{S}/users", {"email": "r@acme.test", "role": "viewer"})
    token = shown(added.body, "join-link").rpartition("/")[2]
    joined = _post(api, f"/console/join/{token}", {"password": WORD, "again": WORD})
    assert joined.status == 303
    hook = admin.post(
        "/console/webhooks",
        {"event": "lead_created", "url": receiver.url, "headers": "X-Key: header-secret-77"},
    )
    signing = shown(hook.body, "new-secret")
    assert works(api, access_key, secret)
    secrets = (access_key, secret, token, WORD, signing, "header-secret-77")
    for page in ("keys", "users", "audit", "audit.csv", "profile", "server", "about", "backup"):
        body = admin.get(f"{S}/{page}").body.decode()
        assert [one for one in secrets if one in body] == [], page
    assert [one for one in secrets if one in caplog.text] == []
    for file in Path(api.folder).rglob("*"):
        if file.is_file() and file.name not in ("crm.sqlite", "crm.sqlite-wal"):
            content = file.read_bytes()
            assert [one for one in secrets if one.encode() in content] == [], file
