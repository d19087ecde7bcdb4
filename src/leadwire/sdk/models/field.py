"""Lead fields as the account's metadata describes them."""

from leadwire.sdk.rows import Identity, Row, children, flag, text


class FieldOption(Row):
    """An option of a dropdown field of leads."""

    __slots__ = ()

    value = text("Value")


class LeadField(Row):
    """A lead field of the account."""

    __slots__ = ()

    schema_name = Identity("SchemaName")
    display_name = text("DisplayName")
    data_type = text("DataType")
    """Text, Number, Email, Phone, Website, Date, Time, Select, Boolean, …"""
    render_type = text("RenderTypeTextValue")
    """Textbox, DateTime, Dropdown, …"""
    is_mandatory = flag("IsMandatory")
    is_visible = flag("IsVisible")
    is_identifier = flag("IsLeadIdentifier")
    is_searchable = flag("IsSearchable")
    is_locked = flag("LockAfterCreate")
    """Whether a value cannot be changed once the lead exists, or is written by the system alone."""
    default_value = text("DefaultValue")
    max_length = text("MaxLength")
    options = children("Options", FieldOption)
