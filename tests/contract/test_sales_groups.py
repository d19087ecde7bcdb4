"""Who may change sales groups."""

import pytest
from support import InProcess, assert_fault

_GROUPS = "/v2/UserGroup.svc/"
_USERS = "/v2/UserManagement.svc/User/"
_REFUSED = "MXUnAuthorizedAccessException"


def new_user(api: InProcess, name: str, role: str = "Sales_User") -> str:
    person = {"FirstName": name, "EmailAddress": f"{name}@example.com", "Role": role}
    user_id: str = api.post(_USERS + "Create", person).json["Message"]["Id"]
    return user_id


def new_group(api: InProcess) -> str:
    group_id: str = api.post(_GROUPS + "Create", {"Name": "North"}).json["Message"]["Id"]
    return group_id


def lose_the_role(api: InProcess) -> None:
    """Let the caller be a sales user from now on."""
    new_user(api, "admin2", "Administrator")
    change = {"UserId": api.keys.user_id, "Role": "Sales_User"}
    assert api.post(_USERS + "Update", change).status == 200


def members(api: InProcess, group_id: str) -> set[str]:
    answer = api.get(_GROUPS + "RetrieveUsers", GroupId=group_id)
    return {user["UserId"] for user in answer.json["GroupUsers"]}


@pytest.mark.parametrize("may_add", [False, True])
def test_a_sales_user_changes_a_group_only_with_its_permission(
    api: InProcess, *, may_add: bool
) -> None:
    """AddUsersToGroup is obeyed for users, and never allows groups to be made or deleted."""
    group_id, asha = new_group(api), new_user(api, "asha")
    own = {"UserId": api.keys.user_id, "ViewAllLeadsOfGroup": True, "AddUsersToGroup": may_add}
    assert api.post(_GROUPS + "AddUsers", {"GroupId": group_id, "GroupUsers": [own]}).status == 200
    lose_the_role(api)

    added = api.post(_GROUPS + "AddUsers", {"GroupId": group_id, "GroupUsers": [{"UserId": asha}]})
    assert (asha in members(api, group_id)) == may_add == (added.status == 200)
    removed = api.post(_GROUPS + "RemoveUsers", {"GroupId": group_id, "UserIds": [asha]})
    assert may_add == (removed.status == 200)
    assert asha not in members(api, group_id)
    assert_fault(api.post(_GROUPS + "Create", {"Name": "South"}), 500, _REFUSED)
    assert_fault(api.post(_GROUPS + "Delete", {"GroupId": group_id}), 500, _REFUSED)


def test_a_permission_in_one_group_allows_nothing_in_another(api: InProcess) -> None:
    """Groups are apart."""
    north = new_group(api)
    south = api.post(_GROUPS + "Create", {"Name": "South"}).json["Message"]["Id"]
    own = {"UserId": api.keys.user_id, "AddUsersToGroup": True}
    api.post(_GROUPS + "AddUsers", {"GroupId": north, "GroupUsers": [own]})
    lose_the_role(api)
    answer = api.post(_GROUPS + "AddUsers", {"GroupId": south, "GroupUsers": [own]})
    assert_fault(answer, 500, _REFUSED)
    assert members(api, south) == set()


def test_more_users_than_a_call_takes_are_refused(api: InProcess) -> None:
    """And nobody is added."""
    group_id = new_group(api)
    many = [{"UserId": api.keys.user_id}] * 1_001
    answer = api.post(_GROUPS + "AddUsers", {"GroupId": group_id, "GroupUsers": many})
    assert_fault(answer, 500, "MXInvalidInputException", "can not be more than 1000")
    assert members(api, group_id) == set()


def test_managers_who_report_to_each_other_are_below_each_other(api: InProcess) -> None:
    """A ring of managers ends, and nobody is below themselves."""
    asha, admin = new_user(api, "asha"), api.keys.user_id
    api.post(_USERS + "Update", {"UserId": asha, "ManagerUserId": admin})
    api.post(_USERS + "Update", {"UserId": admin, "ManagerUserId": asha})
    path = "/v2/UserManagement.svc/ReportingHierarchy/RetrieveAllReportingUsers"
    assert api.get(path).json == [asha]
    assert api.get(path, UserId=asha).json == [admin]
