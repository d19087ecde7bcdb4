"""Products, and their sales to leads."""

from leadwire.sdk.models.activity import FieldDetail, Fielded
from leadwire.sdk.rows import Identity, Row, children, flag, moment, text


class Product(Row):
    """A product of the account."""

    __slots__ = ()

    id = Identity("ProductId")
    sku = text("ProductSku")
    name = text("Name")
    description = text("Description")
    created_by = text("CreatedBy")
    created_by_name = text("CreatedByName")
    created_on = moment("CreatedOn")
    modified_by = text("ModifiedBy")
    modified_by_name = text("ModifiedByName")
    modified_on = moment("ModifiedOn")


class Sale(Fielded):
    """A sales activity with all its fields."""

    __slots__ = ()

    id = Identity("ID")
    name = text("Name")
    display_name = text("DisplayName")


class SaleSetting(Row):
    """The account's sales fields, and the currency of the revenue."""

    __slots__ = ()

    display_name = text("DisplayName")
    currency_symbol = text("DefaultCurrencySymbol")
    currency_code = text("DefaultCurrencyAbbreviation")
    currency_name = text("DefaultCurrencyName")
    customer_stage = text("CustomerStageName")
    makes_customers = flag("ConvertToCustomer")
    fields = children("Fields", FieldDetail)
