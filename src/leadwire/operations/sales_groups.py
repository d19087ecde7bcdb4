"""Operations on sales groups, of ``UserGroup.svc``."""

from functools import partial
from typing import Final

import msgspec

from leadwire.operations.operation import (
    Operation,
    Parameter,
    RecordedDates,
    documented,
    inferred,
)
from leadwire.operations.shapes import Flag, StatusResult, WriteResult


class SalesGroup(msgspec.Struct):
    GroupId: str
    Name: str
    Description: str
    CreatedOn: str
    UserCount: str


class SalesGroups(msgspec.Struct):
    RecordCount: int
    UserGroups: list[SalesGroup]


class SalesGroupWrite(msgspec.Struct):
    """Body of UserGroup.Create."""

    Name: str = ""
    Description: str = ""


class SalesGroupId(msgspec.Struct):
    """Body of UserGroup.Delete."""

    GroupId: str = ""


class GroupUser(msgspec.Struct):
    """A user of a group, and what they may do there."""

    GroupId: str
    GroupName: str
    UserId: str
    UserName: str
    ViewAllLeadsOfGroup: bool
    ModifyAllLeadsOfGroup: bool
    AddUsersToGroup: bool
    CreateGroupAutomation: bool
    ViewAllAccountsOfGroup: bool
    ModifyAllAccountsOfGroup: bool


class GroupUsers(msgspec.Struct):
    RecordCount: int
    GroupUsers: list[GroupUser]


class GroupPermissions(msgspec.Struct):
    """Permissions that are left out are not given."""

    ViewAllAccountsOfGroup: Flag = False
    ModifyAllAccountsOfGroup: Flag = False
    ViewAllLeadsOfGroup: Flag = False
    ModifyAllLeadsOfGroup: Flag = False
    AddUsersToGroup: Flag = False
    CreateGroupAutomation: Flag = False


class NewGroupUser(GroupPermissions, kw_only=True):
    UserId: str


class AddedUsers(msgspec.Struct):
    """Body of UserGroup.AddUsers."""

    GroupUsers: list[NewGroupUser]
    GroupId: str = ""
    CallbackURL: str = ""


class RemovedUsers(msgspec.Struct):
    """Body of UserGroup.RemoveUsers."""

    UserIds: list[str]
    GroupId: str = ""
    CallbackURL: str = ""


class GroupRequest(msgspec.Struct):
    RequestType: str
    RequestId: str


class GroupRequestResult(msgspec.Struct):
    Status: str
    Response: GroupRequest


_GROUP_ID: Final = "7c1e4a52-94f3-4d0b-a6c8-2b5d9e0f1a34"
_USER_ID: Final = "4f0d3c0e-7f0b-49f5-8a68-6f0f0d6b3f10"
_FAULTS: Final = (
    "MXUnAuthorizedAccessException",
    "MXMandatoryAttributeMissingException",
    "MXInvalidEntityException",
    "MXInvalidInputException",
)
_WHO: Final = "Administrators, and users whom AddUsersToGroup allows it in that group, may call it."
_AT_ONCE: Final = "The work is complete when the call is answered. CallbackURL is not called."

_user_group = partial(Operation, service="UserGroup.svc", api_type="User", in_sdk=False)

OPERATIONS: Final = (
    _user_group(
        name="UserGroup.Retrieve",
        path="Retrieve",
        summary="Get the sales groups of the account",
        parameters=(Parameter("UserId", "Id of a user whose groups are wanted.", kind="id"),),
        recorded_dates=RecordedDates("seconds", documented("get-sales-groups")),
        result=SalesGroups,
        result_example=f'{{"RecordCount":1,"UserGroups":[{{"GroupId":"{_GROUP_ID}",'
        '"Name":"North","Description":"","CreatedOn":"2026-11-02 09:30:00.000",'
        '"UserCount":"1"}]}',
        faults=("MXInvalidEntityException",),
        evidence=documented("get-sales-groups"),
        in_sdk=True,
    ),
    _user_group(
        name="UserGroup.RetrieveUsers",
        purpose="retrieving users of group",
        path="RetrieveUsers",
        summary="Get the users of a sales group",
        parameters=(Parameter("GroupId", "Id of the group.", kind="id", required=True),),
        result=GroupUsers,
        result_example=f'{{"RecordCount":1,"GroupUsers":[{{"GroupId":"{_GROUP_ID}",'
        f'"GroupName":"North","UserId":"{_USER_ID}","UserName":"Asha Rao",'
        '"ViewAllLeadsOfGroup":true,"ModifyAllLeadsOfGroup":false,"AddUsersToGroup":false,'
        '"CreateGroupAutomation":false,"ViewAllAccountsOfGroup":false,'
        '"ModifyAllAccountsOfGroup":false}]}',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidEntityException"),
        evidence=documented("get-users-of-a-sales-group"),
        notes=("The page has no permissions on accounts (companies); they are the last members.",),
    ),
    _user_group(
        name="UserGroup.Create",
        purpose="creating group",
        mandatory=("Name",),
        path="Create",
        summary="Create a sales group",
        body=SalesGroupWrite,
        body_example='{"Name":"North","Description":"Sales in the north"}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_GROUP_ID}"}}}}',
        faults=(
            "MXUnAuthorizedAccessException",
            "MXMandatoryAttributeMissingException",
            "MXDuplicateEntityNameException",
            "MXInvalidInputException",
        ),
        repeated="refused",
        evidence=inferred("sales-group-management"),
        notes=(
            "The documentation names the call. Its path, body and answer are not public.",
            "Administrators only.",
        ),
    ),
    _user_group(
        name="UserGroup.AddUsers",
        purpose="adding users to group",
        mandatory=("GroupId",),
        path="AddUsers",
        summary="Add users to a sales group, or change their permissions in it",
        body=AddedUsers,
        body_example=f'{{"GroupId":"{_GROUP_ID}","GroupUsers":[{{"UserId":"{_USER_ID}",'
        '"ViewAllLeadsOfGroup":true}],"CallbackURL":""}',
        result=GroupRequestResult,
        result_example='{"Status":"Success","Response":{"RequestType":"Add Group Users",'
        '"RequestId":"2642b271-f7ba-4e47-8043-34154b10c913"}}',
        faults=_FAULTS,
        rows_max=1_000,
        repeated="safe",
        evidence=documented("add-users-to-a-sales-group"),
        notes=(
            "The answer is that of UserGroup.RemoveUsers. The documentation's is not public.",
            _AT_ONCE,
            _WHO,
            "If an id does not belong to a user, the call is refused.",
            "AddUsersToGroup is obeyed. Every user may view and modify everything already.",
            "CreateGroupAutomation is stored alone: leadwire has no automation.",
        ),
    ),
    _user_group(
        name="UserGroup.RemoveUsers",
        purpose="removing users from group",
        mandatory=("GroupId",),
        path="RemoveUsers",
        summary="Remove users from a sales group",
        body=RemovedUsers,
        body_example=f'{{"GroupId":"{_GROUP_ID}","UserIds":["{_USER_ID}"],"CallbackURL":""}}',
        result=GroupRequestResult,
        result_example='{"Status":"Success","Response":{"RequestType":"Remove Group Users",'
        '"RequestId":"2642b271-f7ba-4e47-8043-34154b10c913"}}',
        faults=_FAULTS,
        rows_max=1_000,
        repeated="safe",
        evidence=documented("remove-users-from-a-sales-group"),
        notes=(
            "The path is inferred from UserGroup.AddUsers: the documentation's is not public.",
            _AT_ONCE,
            _WHO,
            "Users who are not in the group are passed over.",
        ),
    ),
    _user_group(
        name="UserGroup.Delete",
        purpose="deleting group",
        mandatory=("GroupId",),
        path="Delete",
        summary="Delete a sales group",
        body=SalesGroupId,
        body_example=f'{{"GroupId":"{_GROUP_ID}"}}',
        result=StatusResult,
        result_example='{"Status":"Success"}',
        faults=_FAULTS,
        evidence=documented("delete-a-sales-group"),
        notes=("Administrators only. Its users stay.",),
    ),
)
