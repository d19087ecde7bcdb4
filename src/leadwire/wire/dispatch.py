"""From an operation's name to its endpoint: decode the request, run it, encode the result."""

from dataclasses import dataclass
from typing import Any, Final

from leadwire.crm.unit import Actor
from leadwire.errors import BodyMisshapen, BodyTooLarge, MethodWrong, PathUnknown
from leadwire.operations.operation import Operation
from leadwire.recording.draft import STATUS_OK, Answer, Draft
from leadwire.wire.codec import check_content_type, decode_body, encode, parse_parameters
from leadwire.wire.endpoints import ENDPOINTS
from leadwire.wire.form import parse_form
from leadwire.wire.mandatory import check_mandatory
from leadwire.wire.request import Request, Services
from leadwire.wire.routes import nearest_path

_EMPTY_BODIES: Final = (b"", b"null")


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The innermost layer: runs the endpoint of the call's operation."""

    services: Services

    async def __call__(self, draft: Draft, actor: Actor) -> Answer:
        operation = draft.operation
        if operation is None:
            raise _unknown_path(draft.path)
        if draft.method != operation.method:
            raise MethodWrong(
                f"The API '{operation.name}' does not accept {draft.method}",
                allowed=operation.method,
            )
        if not draft.is_body_whole:
            limit = self.services.settings.request_body_bytes_max
            raise BodyTooLarge(f"The request body is larger than {limit} bytes")
        parameters = parse_parameters(draft.query_string)
        body = await self._body(operation, draft)
        check_mandatory(operation, parameters, body)
        request = Request(
            operation=operation,
            actor=actor._replace(call_id=draft.call_id),
            parameters=parameters,
            body=body,
            call_id=draft.call_id,
            services=self.services,
            draft=draft,
        )
        result = await ENDPOINTS[operation.name](request)
        if isinstance(result, Answer):
            return result
        return Answer(STATUS_OK, encode(result), headers=tuple(request.headers))

    async def _body(self, operation: Operation, draft: Draft) -> Any:  # noqa: ANN401  # of its type
        if operation.body is None:
            return None
        if operation.form:
            return await parse_form(draft.body, draft.content_type, kind=operation.form)
        if draft.body.strip() in _EMPTY_BODIES:
            if operation.body_optional:
                return None
            raise BodyMisshapen(
                "The request body is empty", fix=f"Send, for example: {operation.body_example}"
            )
        accepted = self.services.settings.content_types
        check_content_type(
            draft.content_type, accepted="any" if operation.json_in_any_type else accepted
        )
        return decode_body(draft.body, operation.body, purpose=operation.purpose)


def _unknown_path(path: str) -> PathUnknown:
    nearest = nearest_path(path)
    return PathUnknown(
        "The API could not be found. Please check the API signature (syntax).",
        fix=f"Did you mean {nearest}?" if nearest else "See /docs for every API.",
        location="path",
    )
