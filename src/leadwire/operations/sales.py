"""Operations on products and sales activities, of ``SalesActivity.svc``."""

from typing import Final

import msgspec

from leadwire.operations.activity_shapes import AnyPaging, FieldObject
from leadwire.operations.operation import Operation, Parameter
from leadwire.operations.shapes import ActivityField, SortOrder, WriteResult

Amount = int | float | str
"""A number that clients send as text as well."""


class ProductWrite(msgspec.Struct):
    """Body of CreateProduct, and with ProductId of UpdateProduct, where what is left out stays."""

    ProductId: str = ""
    ProductSku: str | None = None
    Name: str | None = None
    Description: str | None = None


class ProductParameter(msgspec.Struct):
    """*SearchText* is looked for in the SKU, the name and the description."""

    SearchText: str = ""
    Id: str = ""
    ProductSku: str = ""
    Name: str = ""


class ProductSearch(msgspec.Struct):
    Parameter: ProductParameter | None = None
    Sorting: SortOrder | None = None
    Paging: AnyPaging | None = None


class ProductRow(msgspec.Struct):
    ProductId: str
    ProductSku: str
    Name: str
    Description: str
    CreatedBy: str
    CreatedByName: str | None
    CreatedOn: str
    ModifiedBy: str
    ModifiedByName: str | None
    ModifiedOn: str


class ProductRows(msgspec.Struct, omit_defaults=True):
    """``List`` is left out when there are none."""

    RecordCount: int
    List: list[ProductRow] | msgspec.UnsetType = msgspec.UNSET


class SaleWrite(msgspec.Struct):
    """Body of Create, and with Id of Update, where what is left out stays."""

    Id: str = ""
    ProspectId: str = ""
    ProductSku: str = ""
    Status: str | None = None
    Revenue: Amount | None = None
    SalesOwnerEmail: str = ""
    SalesOwner: str = ""
    SalesDate: str = ""
    ActivityNote: str | None = None
    Fields: list[ActivityField] | None = None


class SaleDetails(msgspec.Struct):
    """An element of RetrieveByLeadId."""

    ID: str
    Name: str
    DisplayName: str
    Fields: list[FieldObject]


class SaleSetting(msgspec.Struct):
    """The answer of RetrieveSetting, without values, and of RetrieveActivity, with them."""

    ID: str
    Name: str
    DisplayName: str
    DefaultCurrencySymbol: str
    DefaultCurrencyAbbreviation: str
    DefaultCurrencyName: str
    CustomerStageName: str
    ConvertToCustomer: bool
    Fields: list[FieldObject]


SERVICE: Final = "SalesActivity.svc"

_ID: Final = "0c4f3a1e-52d1-4a0b-8c86-0d9f6f5f7a11"
_LEAD_ID: Final = "b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10"
_MOMENT: Final = "2026-01-02 03:04:05.000"
_CHANGED: Final = '{"Status":"Success","Message":{"AffectedRows":1}}'
_MADE: Final = f'{{"Status":"Success","Message":{{"Id":"{_ID}"}}}}'
_SETTING: Final = (
    '"Name":"Sales Activity","DisplayName":"Sales Activity","DefaultCurrencySymbol":"$",'
    '"DefaultCurrencyAbbreviation":"USD","DefaultCurrencyName":"US Dollars",'
    '"CustomerStageName":"Customer","ConvertToCustomer":false,"Fields":[]'
)
_MISSING: Final = ("MXMandatoryAttributeMissingException", "MXInvalidEntityException")
_WRITE_FAULTS: Final = (*_MISSING, "MXInvalidActivityFieldsException", "MXInvalidInputException")

OPERATIONS: Final = (
    Operation(
        name="Product.Create",
        service=SERVICE,
        path="CreateProduct",
        method="POST",
        api_type="Sales Activity",
        summary="Create a product",
        body=ProductWrite,
        body_example='{"ProductSku":"FLAT-2","Name":"Two-room flat","Description":"Balcony"}',
        result=WriteResult,
        result_example=_MADE,
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXDuplicateEntryException",
            "MXInvalidInputException",
        ),
        notes=("An SKU belongs to one product, without regard to case.",),
    ),
    Operation(
        name="Product.Update",
        service=SERVICE,
        path="UpdateProduct",
        method="POST",
        api_type="Sales Activity",
        summary="Update a product",
        body=ProductWrite,
        body_example=f'{{"ProductId":"{_ID}","Name":"Two rooms and a balcony"}}',
        result=WriteResult,
        result_example=_CHANGED,
        faults=(*_MISSING, "MXDuplicateEntryException", "MXInvalidInputException"),
        notes=("What is left out stays.",),
    ),
    Operation(
        name="Products.Retrieve",
        service=SERVICE,
        path="RetrieveProducts",
        method="POST",
        api_type="Sales Activity",
        summary="Search products",
        body=ProductSearch,
        body_optional=True,
        body_example='{"Parameter":{"SearchText":"flat"},'
        '"Sorting":{"ColumnName":"ModifiedOn","Direction":"1"},'
        '"Paging":{"PageIndex":1,"PageSize":10}}',
        result=ProductRows,
        result_example=f'{{"RecordCount":1,"List":[{{"ProductId":"{_ID}","ProductSku":"FLAT-2",'
        '"Name":"Two-room flat","Description":"Balcony",'
        f'"CreatedBy":"{_ID}","CreatedByName":"Asha Rao","CreatedOn":"{_MOMENT}",'
        f'"ModifiedBy":"{_ID}","ModifiedByName":"Asha Rao","ModifiedOn":"{_MOMENT}"}}]}}',
        faults=("MXInvalidInputException",),
        notes=(
            "By SearchText, Id, ProductSku or Name; of several, all must hold.",
            "At most 1,000 rows a page.",
        ),
    ),
    Operation(
        name="Product.Delete",
        service=SERVICE,
        path="DeleteProduct",
        method="GET",
        api_type="Sales Activity",
        summary="Delete a product",
        parameters=(Parameter("id", "ProductId of the product.", kind="id", required=True),),
        result=WriteResult,
        result_example=_CHANGED,
        faults=_MISSING,
        evidence="S",
        notes=("Its sales stay, with its id and without its name.",),
    ),
    Operation(
        name="SalesActivity.Create",
        service=SERVICE,
        path="Create",
        method="POST",
        api_type="Sales Activity",
        summary="Post a sales activity on a lead",
        body=SaleWrite,
        body_example=f'{{"ProspectId":"{_LEAD_ID}","ProductSku":"FLAT-2","Status":"Open",'
        '"Revenue":"250000","SalesOwnerEmail":"asha@example.com",'
        '"SalesDate":"2026-01-02 03:04:05"}',
        result=WriteResult,
        result_example=_MADE,
        faults=(*_WRITE_FAULTS, "MXInvalidEntityReferenceException"),
        notes=(
            "Status is Open, Won or Lost. Without an owner the caller's, without a date now.",
            "Fields takes mx_Custom_5 and up, as ProspectActivity.Create does.",
            "The lead's stage stays: RetrieveSetting answers ConvertToCustomer false.",
        ),
    ),
    Operation(
        name="SalesActivity.Update",
        service=SERVICE,
        path="Update",
        method="POST",
        api_type="Sales Activity",
        summary="Update a sales activity",
        body=SaleWrite,
        body_example=f'{{"Id":"{_ID}","ProspectId":"{_LEAD_ID}","Revenue":"240000",'
        '"Status":"Won"}',
        result=WriteResult,
        result_example=_CHANGED,
        faults=(
            *_WRITE_FAULTS,
            "MXUnknownProspectActivityException",
            "MXOperationNotAllowedException",
        ),
        notes=("What is left out stays. AffectedRows is 0 when nothing is other than it was.",),
    ),
    Operation(
        name="SalesActivity.RetrieveActivity",
        service=SERVICE,
        path="RetrieveActivity",
        method="GET",
        api_type="Sales Activity",
        summary="Get a sales activity, field by field",
        parameters=(Parameter("activityId", "Id of the sales activity.", "id", required=True),),
        result=SaleSetting,
        result_example=f'{{"ID":"{_ID}",{_SETTING}}}',
        faults=("MXMandatoryAttributeMissingException", "MXUnknownProspectActivityException"),
    ),
    Operation(
        name="SalesActivity.RetrieveByLeadId",
        service=SERVICE,
        path="RetrieveByLeadId",
        method="GET",
        api_type="Sales Activity",
        summary="Get the sales activities of a lead",
        parameters=(
            Parameter("leadId", "ProspectID of the lead.", kind="id", required=True),
            Parameter("IncludeOption", "Whether dropdowns show their options.", kind="boolean"),
        ),
        result=list[SaleDetails],
        result_example=f'[{{"ID":"{_ID}","Name":"Sales Activity",'
        '"DisplayName":"Sales Activity","Fields":[]}]',
        faults=("MXMandatoryAttributeMissingException",),
        notes=(
            "The path was seen in a client; the documentation names the parameters.",
            "Newest first, at most 1,000. A lead that there is not has none.",
        ),
    ),
    Operation(
        name="SalesActivity.RetrieveSetting",
        service=SERVICE,
        path="RetrieveSetting",
        method="GET",
        api_type="Sales Activity",
        summary="Get the fields and the currency of sales activities",
        result=SaleSetting,
        result_example=f'{{"ID":"",{_SETTING}}}',
        notes=("mx_Custom_1 to mx_Custom_4 are fixed. The currency is the documentation's.",),
    ),
)
