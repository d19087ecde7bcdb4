"""Operations on users, of ``Authentication.svc`` and ``UserManagement.svc``."""

from typing import Final

from leadwire.operations.operation import Operation
from leadwire.operations.shapes import AuthenticatedUser, User

OPERATIONS: Final = (
    Operation(
        name="UserByAccessKey.Get",
        service="Authentication.svc",
        path="UserByAccessKey.Get",
        method="GET",
        api_type="Authentication",
        summary="Get the user whom the keys belong to, and the hosts to call",
        result=AuthenticatedUser,
        result_example='{"Id":"4f0d3c0e-7f0b-49f5-8a68-6f0f0d6b3f10",'
        '"LSQCommonServiceURLs":{"api":"api.example.com"}}',
        notes=("The hosts are bare names: the one that was called, unless a setting says else.",),
    ),
    Operation(
        name="Users.Get",
        service="UserManagement.svc",
        path="Users.Get",
        method="GET",
        api_type="User",
        summary="Get the users of the account",
        result=list[User],
        result_example='[{"ID":"4f0d3c0e-7f0b-49f5-8a68-6f0f0d6b3f10","Role":"Administrator"}]',
    ),
)
