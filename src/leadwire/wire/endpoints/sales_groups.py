"""Sales groups and their members."""

from typing import Final

from leadwire.access.sales_groups import (
    Permissions,
    add_users,
    create_group,
    delete_group,
    find_groups,
    remove_users,
    users_of_group,
)
from leadwire.dialect import not_passed, too_many
from leadwire.operations.sales_groups import (
    AddedUsers,
    GroupPermissions,
    GroupRequest,
    GroupRequestResult,
    GroupUser,
    GroupUsers,
    RemovedUsers,
    SalesGroup,
    SalesGroupId,
    SalesGroups,
    SalesGroupWrite,
)
from leadwire.operations.shapes import StatusResult, WriteMessage, WriteResult
from leadwire.wire.endpoints.lead_writes import success
from leadwire.wire.members import is_set
from leadwire.wire.request import Endpoint, Request


async def retrieve(request: Request) -> SalesGroups:
    user_id = request.parameter("UserId").lower()
    found = await request.read_access(lambda unit: find_groups(unit, user_id=user_id))
    rows = [
        SalesGroup(
            GroupId=group.group_id,
            Name=group.name,
            Description=group.description,
            CreatedOn=request.moment(group.created_on_ms),
            UserCount=str(group.users),
        )
        for group in found
    ]
    return SalesGroups(len(rows), rows)


async def retrieve_users(request: Request) -> GroupUsers:
    group_id = request.parameter("GroupId").lower()
    found = await request.read_access(lambda unit: users_of_group(unit, group_id))
    rows = [
        GroupUser(
            GroupId=user.group_id,
            GroupName=user.group_name,
            UserId=user.user_id,
            UserName=user.user_name,
            ViewAllLeadsOfGroup=user.permissions.view_leads,
            ModifyAllLeadsOfGroup=user.permissions.modify_leads,
            AddUsersToGroup=user.permissions.add_users,
            CreateGroupAutomation=user.permissions.create_automation,
            ViewAllAccountsOfGroup=user.permissions.view_accounts,
            ModifyAllAccountsOfGroup=user.permissions.modify_accounts,
        )
        for user in found
    ]
    return GroupUsers(len(rows), rows)


async def create(request: Request) -> WriteResult:
    body: SalesGroupWrite = request.body
    name, description = body.Name.strip(), body.Description.strip()
    group_id = await request.write_access(lambda unit: create_group(unit, name, description))
    return success(WriteMessage(Id=group_id))


async def delete(request: Request) -> StatusResult:
    body: SalesGroupId = request.body
    group_id = body.GroupId.strip().lower()
    await request.write_access(lambda unit: delete_group(unit, group_id))
    return StatusResult()


async def add(request: Request) -> GroupRequestResult:
    body: AddedUsers = request.body
    _check_number(request, "GroupUsers", len(body.GroupUsers))
    group_id = body.GroupId.strip().lower()
    added = {user.UserId.strip().lower(): permissions(user) for user in body.GroupUsers}
    await request.write_access(lambda unit: add_users(unit, group_id, added))
    return _carried_out(request, "Add Group Users")


async def remove(request: Request) -> GroupRequestResult:
    body: RemovedUsers = request.body
    _check_number(request, "UserIds", len(body.UserIds))
    group_id = body.GroupId.strip().lower()
    user_ids = [user_id.strip().lower() for user_id in body.UserIds]
    await request.write_access(lambda unit: remove_users(unit, group_id, user_ids))
    return _carried_out(request, "Remove Group Users")


def permissions(given: GroupPermissions) -> Permissions:
    return Permissions(
        view_accounts=is_set(given.ViewAllAccountsOfGroup),
        modify_accounts=is_set(given.ModifyAllAccountsOfGroup),
        view_leads=is_set(given.ViewAllLeadsOfGroup),
        modify_leads=is_set(given.ModifyAllLeadsOfGroup),
        add_users=is_set(given.AddUsersToGroup),
        create_automation=is_set(given.CreateGroupAutomation),
    )


def _check_number(request: Request, member: str, number: int) -> None:
    """Raise InputInvalid without users, or with too many for a call."""
    if not number:
        raise not_passed("any user", location=member, fix=f"Send {member}.")
    if number > request.operation.rows_max:
        raise too_many(member, request.operation.rows_max)


def _carried_out(request: Request, request_type: str) -> GroupRequestResult:
    return GroupRequestResult("Success", GroupRequest(request_type, request.call_id))


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "UserGroup.Retrieve": retrieve,
    "UserGroup.RetrieveUsers": retrieve_users,
    "UserGroup.Create": create,
    "UserGroup.Delete": delete,
    "UserGroup.AddUsers": add,
    "UserGroup.RemoveUsers": remove,
}
