"""``leadwire config set``: settings of a running server, from the command line."""

import json

from support import USERS, InProcess, leadwire


def test_a_setting_is_chosen_and_given_back(api: InProcess) -> None:
    """The console and the server follow the same rows; the audit trail names the command line."""
    api.get(USERS)
    data = ("--data", str(api.folder))
    done = leadwire("config", "set", "plan", "lite", "--json", *data)
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert (document["name"], document["value"], document["is_chosen"]) == ("plan", "lite", True)
    (chosen,) = json.loads(leadwire("config", "show", "--json", *data).stdout)["chosen"]
    assert chosen == {"name": "plan", "value": "lite", "account_id": document["account_id"]}
    assert "lite" in leadwire("config", "show", *data).stdout.splitlines()[-1]
    assert leadwire("config", "unset", "plan", *data).exit_code == 0
    assert json.loads(leadwire("config", "show", "--json", *data).stdout)["chosen"] == []


def test_a_value_that_cannot_be_is_refused(api: InProcess) -> None:
    """Nothing is stored; a setting that needs a restart is not among the names."""
    data = ("--data", str(api.folder))
    wrong = leadwire("config", "set", "plan", "gold", *data)
    assert wrong.exit_code == 2
    assert "enterprise" in wrong.stderr
    assert leadwire("config", "set", "port", "1", *data).exit_code == 2
    assert leadwire("config", "set", "plan", "lite", "--account", "nobody", *data).exit_code == 1
    assert json.loads(leadwire("config", "show", "--json", *data).stdout)["chosen"] == []
