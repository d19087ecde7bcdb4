"""The JSON of products and sales activities."""

import msgspec

from leadwire.operations.activity_shapes import AnyPaging, FieldObject
from leadwire.operations.shapes import ActivityField, SortOrder

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
