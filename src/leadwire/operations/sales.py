"""Operations on products and sales activities, of ``SalesActivity.svc``."""

from functools import partial
from typing import Final, Literal

import msgspec

from leadwire.operations.activity_shapes import AnyPaging, FieldObject
from leadwire.operations.operation import (
    Operation,
    Parameter,
    RecordedDates,
    documented,
    inferred,
    seen,
)
from leadwire.operations.shapes import ActivityField, SortOrder, WriteResult
from leadwire.operations.shared import EXAMPLE_LEAD_ID, LEAD_ID

SaleStatus = Literal["Open", "Won", "Lost"]
"""Of a sales activity, and of an opportunity."""
Amount = int | float | str
"""A number; clients also send it as text."""


class ProductWrite(msgspec.Struct):
    """Body of CreateProduct, and with ProductId of UpdateProduct. Omitted members stay."""

    ProductId: str = ""
    ProductSku: str | None = None
    Name: str | None = None
    Description: str | None = None


class ProductParameter(msgspec.Struct):
    """*SearchText* searches the SKU, the name and the description."""

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
    """``List`` is omitted if there are none."""

    RecordCount: int
    List: list[ProductRow] = []


class SaleWrite(msgspec.Struct):
    """Body of Create, and with Id of Update. Omitted members stay."""

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


_ID: Final = "0c4f3a1e-52d1-4a0b-8c86-0d9f6f5f7a11"
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

_row = partial(Operation, service="SalesActivity.svc", api_type="Sales Activity")

OPERATIONS: Final = (
    _row(
        name="Product.Create",
        purpose="creating product",
        mandatory=("ProductSku", "Name"),
        path="CreateProduct",
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
        evidence=documented("add-a-product"),
        notes=("The SKU is unique, in any letter case.",),
    ),
    _row(
        name="Product.Update",
        purpose="updating product",
        mandatory=("ProductId",),
        path="UpdateProduct",
        summary="Update a product",
        body=ProductWrite,
        body_example=f'{{"ProductId":"{_ID}","Name":"Two rooms and a balcony"}}',
        result=WriteResult,
        result_example=_CHANGED,
        faults=(*_MISSING, "MXDuplicateEntryException", "MXInvalidInputException"),
        repeated="safe",
        evidence=documented("update-an-existing-product"),
        notes=("Omitted members stay.",),
    ),
    _row(
        name="Products.Retrieve",
        path="RetrieveProducts",
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
        page_max=1_000,
        repeated="safe",
        evidence=documented("retrieve-list-of-products"),
        notes=("A product must match each of SearchText, Id, ProductSku and Name that is sent.",),
    ),
    _row(
        name="Product.Delete",
        purpose="deleting product",
        path="DeleteProduct",
        summary="Delete a product",
        parameters=(Parameter("id", "ProductId of the product.", kind="id", required=True),),
        result=WriteResult,
        result_example=_CHANGED,
        faults=_MISSING,
        repeated="unsafe",
        evidence=seen("a client in PHP"),
        notes=("Its sales activities stay. They keep the product's id and lose its name.",),
    ),
    _row(
        name="SalesActivity.Create",
        purpose="posting sales activity",
        mandatory=("ProspectId", "ProductSku", "Status"),
        path="Create",
        summary="Post a sales activity on a lead",
        body=SaleWrite,
        body_example=f'{{"ProspectId":"{EXAMPLE_LEAD_ID}","ProductSku":"FLAT-2","Status":"Open",'
        '"Revenue":"250000","SalesOwnerEmail":"asha@example.com",'
        '"SalesDate":"2026-01-02 03:04:05"}',
        result=WriteResult,
        result_example=_MADE,
        faults=(*_WRITE_FAULTS, "MXInvalidEntityReferenceException"),
        evidence=documented("post-or-add-a-sales-activity-to-a-lead"),
        notes=(
            "Status is Open, Won or Lost. The owner defaults to the caller, the date to now.",
            "Fields takes mx_Custom_5 and higher, in the form of ProspectActivity.Create.",
            "The lead's stage does not change: ConvertToCustomer of RetrieveSetting is false.",
        ),
    ),
    _row(
        name="SalesActivity.Update",
        purpose="updating sales activity",
        mandatory=("Id",),
        path="Update",
        summary="Update a sales activity",
        body=SaleWrite,
        body_example=f'{{"Id":"{_ID}","ProspectId":"{EXAMPLE_LEAD_ID}","Revenue":"240000",'
        '"Status":"Won"}',
        result=WriteResult,
        result_example=_CHANGED,
        faults=(
            *_WRITE_FAULTS,
            "MXUnknownProspectActivityException",
            "MXOperationNotAllowedException",
        ),
        repeated="safe",
        evidence=documented("update-an-existing-sales-activity"),
        notes=("Omitted members stay. AffectedRows is 0 if nothing changed.",),
    ),
    _row(
        name="SalesActivity.RetrieveActivity",
        recorded_dates=RecordedDates("seconds", inferred("ProspectActivity.Retrieve")),
        purpose="retrieving sales activity",
        path="RetrieveActivity",
        summary="Get a sales activity, field by field",
        parameters=(Parameter("activityId", "Id of the sales activity.", "id", required=True),),
        result=SaleSetting,
        result_example=f'{{"ID":"{_ID}",{_SETTING}}}',
        faults=("MXMandatoryAttributeMissingException", "MXUnknownProspectActivityException"),
        evidence=documented("retrieve-sales-activity"),
    ),
    _row(
        name="SalesActivity.RetrieveByLeadId",
        recorded_dates=RecordedDates("seconds", inferred("ProspectActivity.Retrieve")),
        purpose="retrieving sales activities",
        path="RetrieveByLeadId",
        summary="Get the sales activities of a lead",
        parameters=(
            LEAD_ID,
            Parameter("IncludeOption", "true: add the options of dropdowns.", kind="boolean"),
        ),
        result=list[SaleDetails],
        result_example=f'[{{"ID":"{_ID}","Name":"Sales Activity",'
        '"DisplayName":"Sales Activity","Fields":[]}]',
        faults=("MXMandatoryAttributeMissingException",),
        page_max=1_000,
        evidence=documented("retrieve-sales-activities-by-lead-id"),
        notes=(
            "The page names the parameters but not the path, which is that of a public client.",
            "The newest comes first. If the lead does not exist, the answer is an empty array.",
        ),
    ),
    _row(
        name="SalesActivity.RetrieveSetting",
        path="RetrieveSetting",
        summary="Get the fields and the currency of sales activities",
        result=SaleSetting,
        result_example=f'{{"ID":"",{_SETTING}}}',
        evidence=documented("get-sales-activity-settings"),
        notes=(
            "mx_Custom_1 to mx_Custom_4 are fixed. The currency is US dollars, as on the page.",
        ),
    ),
)
