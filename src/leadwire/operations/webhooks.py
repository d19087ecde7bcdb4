"""Operations on webhooks, of ``Webhook.svc``."""

from typing import Final

from leadwire.operations.operation import Operation, Parameter
from leadwire.operations.shapes import StatusResult, WriteResult
from leadwire.operations.webhook_shapes import WebhookRows, WebhookSearch, WebhookWrite

SERVICE: Final = "Webhook.svc"

_WEBHOOK_ID: Final = "0d7a4c1e-52b8-4f3a-9c60-8e2b7d1f5a93"
_MISSING: Final = "MXMandatoryAttributeMissingException"
_INVALID: Final = "MXInvalidInputException"
_DUPLICATE: Final = "MXDuplicateEntryException"
_ROLE: Final = "MXUnAuthorizedAccessException"
_ENTITY: Final = "MXInvalidEntityException"
_UNKNOWN: Final = "MXUnknownAttributeException"
_WEBHOOK: Final = (
    '"URL":"https://example.com/hook","Method":"POST","ContentType":"application/json",'
    '"WebhookEvent":"6","NotifyOnFailure":true,"WebhookProperties":null,'
    '"CustomHeaders":[{"Key":"x-hook-key","Value":"a secret"}]'
)

OPERATIONS: Final = (
    Operation(
        name="Webhook.Create",
        service=SERVICE,
        path="Create",
        method="POST",
        api_type="Webhook",
        summary="Make a webhook",
        body=WebhookWrite,
        body_example=f'{{"Description":"Lead sync",{_WEBHOOK}}}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_WEBHOOK_ID}"}}}}',
        faults=(_MISSING, _INVALID, _DUPLICATE, _ROLE, _UNKNOWN, "MXInvalidDataTypeException"),
        notes=(
            "For administrators. The events are listed on the page about webhooks.",
            "A webhook for activities names its ActivityEvent beside WebhookEvent.",
            'One for a field names it in WebhookProperties: "{\\"SchemaName\\":\\"mx_City\\"}".',
            "The receiver is asked by HEAD, else by a POST without a body.",
            "It is kept whatever the receiver answers; X-Leadwire-Notice tells.",
            "At most 10 custom headers.",
        ),
    ),
    Operation(
        name="Webhook.Update",
        service=SERVICE,
        path="Update",
        method="POST",
        api_type="Webhook",
        summary="Change a webhook",
        body=WebhookWrite,
        body_example=f'{{"WebhookId":"{_WEBHOOK_ID}","Description":"Lead sync",{_WEBHOOK}}}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_WEBHOOK_ID}"}}}}',
        faults=(
            *(_MISSING, _INVALID, _DUPLICATE, _ROLE, _ENTITY, _UNKNOWN),
            "MXInvalidDataTypeException",
        ),
        notes=(
            "For administrators. What is left out stays as it is.",
            "StatusCode 0 enables a webhook, 1 disables it.",
            "A header whose value is the stars that Retrieve shows keeps its value.",
        ),
    ),
    Operation(
        name="Webhook.Retrieve",
        service=SERVICE,
        path="Retrieve",
        method="POST",
        api_type="Webhook",
        summary="Find webhooks",
        body=WebhookSearch,
        body_optional=True,
        body_example='{"Parameter":{"Type":"Webhook","WebhookEvent":"LeadActivity_Post_Create",'
        '"StatusCode":0,"WebhookId":"","SearchText":""},'
        '"Sorting":{"ColumnName":"ModifiedOn","Direction":"1"},'
        '"Paging":{"PageIndex":1,"PageSize":100}}',
        result=WebhookRows,
        result_example=f'{{"RecordCount":1,"Response":[{{"WebhookId":"{_WEBHOOK_ID}",'
        '"EventCode":6,"URL":"https://example.com/hook","StatusCode":0}]}',
        faults=(_INVALID, _ROLE),
        notes=(
            "For administrators. Values of custom headers are shown as stars.",
            "A page has at most 1,000 webhooks.",
        ),
    ),
    Operation(
        name="Webhook.Delete",
        service=SERVICE,
        path="Delete",
        method="GET",
        api_type="Webhook",
        summary="Delete a webhook",
        evidence="L",
        parameters=(Parameter("webhookId", "The webhook.", kind="id", required=True),),
        result=StatusResult,
        result_example='{"Status":"Success"}',
        faults=(_MISSING, _ROLE, _ENTITY),
        notes=("For administrators. What waits for it, and its history, go with it.",),
    ),
)
