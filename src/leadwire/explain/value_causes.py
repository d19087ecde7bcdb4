"""Causes in the values of a request: attributes, dates, choices, ids and unique values."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from leadwire.crm.leads.attributes import check_attributes
from leadwire.crm.leads.rows import Lead
from leadwire.crm.leads.schema import DEFAULT_SCHEMA, LeadSchema
from leadwire.crm.values import GUID, scalar_text
from leadwire.dates import DATE_TIME_FORMAT
from leadwire.errors import AttributesUnknown, LeadwireError
from leadwire.explain import dates
from leadwire.explain.account import Account, Named
from leadwire.explain.case import Case, Found, shortened
from leadwire.explain.explanation import Holder, Mistake, Place, Repair
from leadwire.explain.json_text import Node
from leadwire.explain.names import Nearest, nearest
from leadwire.explain.repairs import Changes, Edit, json_text, repaired, with_parameter
from leadwire.explain.request import SentRequest, name_in
from leadwire.explain.shape_causes import missing
from leadwire.operations.shapes import LeadProperty

_UNKNOWN: Final = re.compile(r"Attribute\(s\) does not exist - (.+)\.$", re.DOTALL)
_AT_MOST: Final = re.compile(r"(?:can not be more than|PageSize of at most) (\d{1,9})")
_ONE_OF: Final = re.compile(r"Send (?:one of )?([\w=<>, ]+)\.")
_ATTRIBUTES_MAX: Final = 500
_MISTAKES_MAX: Final = 20
_OPERATORS: Final = {"==": "=", "!=": "<>", "EQ": "=", "NE": "<>", "GT": ">", "LT": "<", "GE": ">=",
                     "LE": "<=", "=>": ">=", "=<": "<=", "CONTAINS": "LIKE"}  # fmt: skip


def invalid(case: Case) -> Found:
    """A value is not accepted. Finds all mistakes of a lead's attributes."""
    if "You have not passed" in case.record.exception_message:
        return missing(case)
    found = _value(case)
    others = [
        mistake
        for mistake in attribute_mistakes(case.request, case.account, case.request.named_pairs)
        if mistake.place != found.mistakes[0].place
    ]
    what = f"the value of {case.name}" if case.name else "a value of the request"
    meaning = f"The rules of this operation refuse {what}. Nothing was changed."
    found = found._replace(meaning=meaning)
    if not others or not _writes_lead(case.request):
        return found
    mistakes = (*found.mistakes, *others)[:_MISTAKES_MAX]
    more = "Other values of the body have to be corrected too."
    return found._replace(mistakes=mistakes, repair=None, no_repair=more)


def _value(case: Case) -> Found:
    name, value = case.name, case.request.value_at(case.place)
    for cause in (_too_many, _date, _owner, _choice):
        found = cause(case, value)
        if found is not None:
            return found
    problem = f"The value of {name} is not accepted." if name else "A value is not accepted."
    return Found((case.mistake(problem),))


def _changed(case: Case, value: str, says: str, *, if_meant: str = "") -> Repair | None:
    """The request with *value* at the fault's place."""
    request, place = case.request, case.place
    if place is None:
        return None
    if place.part == "query":
        query = with_parameter(request, case.name, value)
        return repaired(request, says, Changes(query_string=query), if_meant=if_meant)
    edit = Edit(place.start, place.end, json_text(value))
    return repaired(request, says, Changes(edits=[edit]), if_meant=if_meant)


def _too_many(case: Case, value: str | None) -> Found | None:
    match = _AT_MOST.search(f"{case.record.exception_message} {case.fix}")
    if match is None or value is None or "Size" not in case.name:
        return None
    most = int(match[1])
    problem = f"{case.name} is larger than {most:,}, the most that this operation gives at once."
    if case.place is None or case.place.part != "body":
        return Found((case.mistake(problem),))
    edit = Edit(case.place.start, case.place.end, str(most))
    says = f"The same request with {case.name} {most}. Follow with PageIndex for the rest."
    return Found((case.mistake(problem),), repaired(case.request, says, Changes(edits=[edit])))


def _date(case: Case, value: str | None) -> Found | None:
    """A date-time in another form, with every other one of the request that has such a form."""
    is_asked = DATE_TIME_FORMAT in case.fix or "yyyy-MM-dd" in case.fix
    is_day = DATE_TIME_FORMAT not in case.fix
    look = dates.meant_day if is_day else dates.meant
    meant = look(value) if is_asked and value is not None else None
    if meant is None:
        return None
    mistakes = [case.mistake(meant.problem)]
    if not meant.text:
        unknown = "Which time is meant cannot be told from the text."
        return Found(tuple(mistakes), no_repair=unknown)
    says = f"The same request with {case.name} as {'yyyy-MM-dd' if is_day else DATE_TIME_FORMAT}."
    text = meant.text
    if is_day or case.place is None or case.place.part != "body":
        return Found(tuple(mistakes), _changed(case, text, says, if_meant=meant.if_meant))
    edits = [Edit(case.place.start, case.place.end, json_text(text))]
    conditions = [meant.if_meant]
    for node, other in _other_dates(case):
        place = case.request.place_of(node)
        sent = shortened(str(node.value))
        mistakes.append(Mistake(problem=other.problem, fix=case.fix, place=place, value=sent))
        edits.append(Edit(node.start, node.end, json_text(other.text)))
        conditions.append(other.if_meant)
    if_meant = ", and ".join(dict.fromkeys(text for text in conditions if text))
    repair = repaired(case.request, says, Changes(edits=edits), if_meant=if_meant)
    return Found(tuple(mistakes)[:_MISTAKES_MAX], repair)


def _other_dates(case: Case) -> list[tuple[Node, dates.Meant]]:
    """Members beside the fault whose names say that they are dates too, in a form to correct."""
    if case.place is None:
        return []
    beside = case.place.path.rpartition(".")[0]
    found = []
    for node in case.request.nodes:
        above, _, name = node.path.rpartition(".")
        if above != beside or node.start == case.place.start or node.kind != "string":
            continue
        meant = dates.meant(str(node.value)) if re.search("(?i)date|time", name) else None
        if meant is not None and meant.text:
            found.append((node, meant))
    return found


def _owner(case: Case, value: str | None) -> Found | None:
    """A user, list or type that does not exist, named by something else than its id."""
    if value is None or case.account is None:
        return None
    known = _known_to(case.account, case.name)
    return None if known is None else _of_known(case, value, known)


class _Kind(NamedTuple):
    one: str
    known: list[Named]


def _known_to(account: Account, name: str) -> _Kind | None:
    plain = name.lower()
    if plain in ("ownerid", "owner", "userid", "createdby", "modifiedby", "salesowner"):
        return _Kind("user", account.users())
    if plain in ("listid", "recipient"):
        return _Kind("list", account.lists())
    if plain in ("activityevent", "activityeventcode", "eventcode"):
        return _Kind("activity type", account.activity_types())
    return None


def _of_known(case: Case, value: str, kind: _Kind) -> Found:
    exact = [
        one for one in kind.known if value.strip().lower() in (one.name.lower(), one.also.lower())
    ]
    near = nearest(value, [text for one in kind.known for text in (one.name, one.also) if text])
    by_text = {text: one for one in kind.known for text in (one.name, one.also)}
    ids = [by_text[text] for text in near.names]
    if kind.one == "activity type" and value.strip().lstrip("-").isdecimal() and not exact:
        wanted = int(value) if len(value) < _DIGITS_MAX else 0
        ids = sorted(kind.known, key=lambda one: abs(int(one.id) - wanted))[:3]
    shown = tuple(f"{one.name} ({one.id})" for one in (exact or ids))
    problem = f"The account has no {kind.one} with this id."
    if len(exact) == 1:
        problem = f"{case.name} takes an id. What was sent is the name of a {kind.one}."
        says = f"The same request with the id of that {kind.one}."
        mistake = case.mistake(problem, nearest=shown)
        return Found((mistake,), _changed(case, exact[0].id, says))
    return Found(
        (case.mistake(problem, nearest=shown),),
        no_repair=f"Which {kind.one} is meant cannot be told from the request.",
    )


_DIGITS_MAX: Final = 9


def _choice(case: Case, value: str | None) -> Found | None:
    match = _ONE_OF.search(case.fix)
    if match is None or value is None:
        return None
    words = [word.strip() for word in re.split(r",| or | and ", match[1]) if word.strip()]
    if len(words) < 2 or any(" " in word for word in words):  # noqa: PLR2004
        return None
    near = nearest(value, words)
    problem = f"{case.name} is not one of the accepted values."
    mistake = case.mistake(problem, nearest=near.names or tuple(words)[:5])
    if not near.names:
        return Found((mistake,))
    says = f"The same request with {case.name} {near.names[0]}."
    if_meant = "" if near.is_same else f"{near.names[0]} is meant"
    return Found((mistake,), _changed(case, near.names[0], says, if_meant=if_meant))


def criterion(case: Case) -> Found:
    value = case.request.value_at(case.place)
    meant = _OPERATORS.get((value or "").strip().upper(), "")
    mistake = case.mistake(
        "The operator is not one that searches take.", nearest=(meant,) if meant else ()
    )
    if not meant:
        return Found((mistake,))
    if_meant = "the value may stand anywhere in the field" if meant == "LIKE" else ""
    return Found(
        (mistake,), _changed(case, meant, f"The same search with {meant}.", if_meant=if_meant)
    )


def page_too_large(case: Case) -> Found:
    operation = case.operation
    found = _too_many(case, case.request.value_at(case.place))
    if found is not None or operation is None or case.place is None or not operation.page_max:
        return found or Found((case.mistake("The page is too large."),))
    edit = Edit(case.place.start, case.place.end, str(operation.page_max))
    says = f"The same search with a PageSize of {operation.page_max}."
    mistake = case.mistake(f"An answer has at most {operation.page_max:,} rows.")
    return Found((mistake,), repaired(case.request, says, Changes(edits=[edit])))


def attributes_unknown(case: Case) -> Found:
    """Each unknown attribute with the nearest schema name."""
    match = _UNKNOWN.search(case.record.exception_message)
    names = match[1].split(", ") if match else [case.name]
    schema = case.account.schema if case.account else None
    mistakes, edits, conditions, is_whole = [], [], [], True
    for name in names[:_MISTAKES_MAX]:
        found = _unknown(case.request, schema, name)
        mistakes.append(found.mistake)
        edits += found.edits
        is_whole = is_whole and bool(found.edits)
        conditions += [found.if_meant] if found.if_meant else []
    if not is_whole or len(names) > _MISTAKES_MAX:
        unlike = "Not each of the names has a nearest that fits: correct them, or leave them out."
        return Found(tuple(mistakes), no_repair=unlike)
    says = "The same body with the nearest schema names."
    if_meant = ", and ".join(conditions)
    return Found(
        tuple(mistakes), repaired(case.request, says, Changes(edits=edits), if_meant=if_meant)
    )


class _Unknown(NamedTuple):
    mistake: Mistake
    edits: list[Edit]
    if_meant: str = ""


def _unknown(request: SentRequest, schema: LeadSchema | None, name: str) -> _Unknown:
    names = _nodes_of_name(request, name)
    near = _nearest_field(schema, name) if schema else Nearest()
    mistake = Mistake(
        problem="The account has no field of this name.",
        value=shortened(name),
        fix="Use schema names as LeadsMetaData.Get lists them; their case matters.",
        place=_place_of_name(request, names, name),
        nearest=near.names,
    )
    sent = {name_in(pair) for pair in request.named_pairs}
    if not near.names or near.names[0] in sent or not _would_take(request, schema, name, near):
        return _Unknown(mistake, [])
    edits = [Edit(node.start, node.end, json_text(near.names[0])) for node in names]
    if_meant = "" if near.is_same else f"{shortened(name)} is meant to be {near.names[0]}"
    return _Unknown(mistake, edits, if_meant)


def _would_take(request: SentRequest, schema: LeadSchema | None, name: str, near: Nearest) -> bool:
    """Whether the nearest field takes the values that were sent under *name*."""
    values = [value.value for _, value in request.pairs(name) if value is not None]
    try:
        check_attributes(
            schema or DEFAULT_SCHEMA, [(near.names[0], value) for value in values], attributes_max=9
        )
    except LeadwireError:
        return False
    return True


def _nearest_field(schema: LeadSchema, name: str) -> Nearest:
    by_name = nearest(name, schema.by_name)
    if by_name.is_same:
        return by_name
    by_display = {field.display_name: field.schema_name for field in schema.fields}
    displayed = nearest(name, by_display)
    found = tuple(by_display[text] for text in displayed.names)
    if displayed.is_same:
        return Nearest(found, is_same=True)
    return Nearest(tuple(dict.fromkeys((*by_name.names, *found)))[:3])


def _place_of_name(request: SentRequest, nodes: list[Node], name: str) -> Place | None:
    location = f"body.{name}"
    if nodes:
        return request.place_of(nodes[0])
    last = name.rpartition(".")[2]
    return request.place(location) or request.likely_place(last) or request.parent_place(location)


def _nodes_of_name(request: SentRequest, name: str) -> list[Node]:
    """Where *name* stands as an Attribute, else as a member."""
    pairs = [pair for pair in request.named_pairs if name_in(pair) == name]
    return [
        member.node for pair in pairs for member in pair.members if member.node.value == name
        and member.name.lower() in ("attribute", "schemaname")
    ]  # fmt: skip


def _writes_lead(request: SentRequest) -> bool:
    return request.operation is not None and request.operation.body == list[LeadProperty]


def attribute_mistakes(
    request: SentRequest, account: Account | None, pairs: Iterable[Node]
) -> list[Mistake]:
    """Every attribute of *pairs* that the account's schema refuses, each checked on its own."""
    if account is None:
        return []
    found = []
    for pair in list(pairs)[:_ATTRIBUTES_MAX]:
        value = pair.member("Value")
        if value is None or value.kind in ("object", "array") or pair.member("Fields"):
            continue
        mistake = _checked(request, account.schema, name_in(pair), value)
        if mistake is not None:
            found.append(mistake)
    return found


def _checked(request: SentRequest, schema: LeadSchema, name: str, value: Node) -> Mistake | None:
    try:
        check_attributes(schema, [(name, value.value)], attributes_max=1)
    except AttributesUnknown:
        return _unknown(request, schema, name).mistake
    except LeadwireError as error:
        return Mistake(
            problem=f"The value of {name} is not accepted.",
            fix=getattr(error, "fix", ""),
            place=request.place_of(value),
            value=shortened(scalar_text(value.value)),
        )
    return None


def duplicate(case: Case) -> Found:
    """A unique value is taken: by which lead, and what would work instead."""
    request, account, name = case.request, case.account, case.name
    field = account.schema.by_name.get(name) if account else None
    value = request.value_at(case.place)
    if account is None or field is None or value is None:
        return Found((case.mistake("The value belongs to another record already."),))
    lead = account.lead_with(name, value)
    what = field.display_name.lower() if name != "EmailAddress" else "e-mail address"
    if lead is None:
        return Found(
            (case.mistake(f"Another lead had this {what} at the time of the call."),),
            title=f"This {what} belonged to a lead",
            no_repair="No lead has it now: the same request may succeed.",
        )
    holder = Holder(
        lead_id=lead.lead_id, name=_name_of(lead), schema_name=name, since_ms=lead.created_on,
        would_change=_would_change(request, account.schema, lead),
    )  # fmt: skip
    makes = case.record.operation == "Lead.Create"
    found = Found(
        (case.mistake(f"Another lead has this {what}."),),
        title=f"This {what} already belongs to a lead",
        meaning=f"{'Lead.Create only makes new leads. ' if makes else ''}Nothing was stored.",
        holder=holder,
    )
    return _instead_of_create(case, account, lead, found)


def _instead_of_create(case: Case, account: Account, lead: Lead, found: Found) -> Found:
    """Lead.CreateOrUpdate for Lead.Create, if all unique values are of one lead or of none."""
    if case.record.operation != "Lead.Create":
        return found._replace(
            no_repair="Send another value, or change the lead that has it. Merging both is also "
            "possible: Leads.Merge."
        )
    request = case.request
    holders = {
        holder.lead_id
        for name in account.schema.unique
        for _, value in request.pairs(name)
        if value is not None and isinstance(value.value, str)
        and (holder := account.lead_with(name, value.value)) is not None
    }  # fmt: skip
    if holders != {lead.lead_id} or request.pairs("SearchBy") or request.body.root is None:
        return found._replace(no_repair="Its unique values belong to more than one lead.")
    path = case.record.path.rstrip("/").rpartition("/")[0] + "/Lead.CreateOrUpdate"
    end = request.body.root.end - 1
    pair = f',{{"Attribute":"SearchBy","Value":{json_text(case.name)}}}'
    changes = Changes(path=path, edits=[Edit(end, end, pair)])
    fields = found.holder.would_change if found.holder else ()
    effect = f"It changes of that lead: {', '.join(fields)}." if fields else "It changes no field."
    says = f"The same body to Lead.CreateOrUpdate, which updates the lead that exists. {effect}"
    return found._replace(repair=repaired(request, says, changes))


def _would_change(request: SentRequest, schema: LeadSchema, lead: Lead) -> tuple[str, ...]:
    sent: Mapping[str, str] = {
        name_in(pair): scalar_text(value.value)
        for pair in request.named_pairs
        if (value := pair.member("Value")) is not None
    }
    return tuple(
        name for name, text in sent.items()
        if name in schema.by_name and not schema.by_name[name].derived
        and lead.values.get(name, "") != text.strip()
    )  # fmt: skip


def _name_of(lead: Lead) -> str:
    parts = (lead.values.get("FirstName", ""), lead.values.get("LastName", ""))
    return " ".join(part for part in parts if part) or lead.values.get("EmailAddress", "")


def entity_missing(case: Case) -> Found:
    """The record that the call is about does not exist."""
    value = case.request.value_at(case.place)
    if case.location.endswith("SqlOperator"):
        return criterion(case)
    if value is not None and case.account is not None:
        known = _known_to(case.account, case.name)
        if known is not None:
            return _of_known(case, value, known)
    what = case.record.exception_message.partition(" ")[0].lower() or "record"
    problem = f"The account has no {what} with this id."
    if value is not None and GUID.fullmatch(value.strip()) is None:
        problem = f"{case.name or 'The id'} is not an id of the form of ids, so no {what} has it."
    mistake = case.mistake(problem)
    return Found((mistake,), no_repair=f"Which {what} is meant cannot be told from the request.")


def sender_or_missing(case: Case) -> Found:
    if case.name == "Sender" and case.kind and case.kind.title.startswith("The sender"):
        return Found((case.mistake("No active user can be the sender."),),
                     no_repair="Which user is meant cannot be told from the request.")  # fmt: skip
    return missing(case)


def refused_value(case: Case) -> Found:
    """A rule refused the value at the fault's place."""
    value = case.request.value_at(case.place)
    if value is not None and case.account is not None:
        known = _known_to(case.account, case.name)
        if known is not None:
            return _of_known(case, value, known)
    for cause in (_date, _choice):
        found = cause(case, value)
        if found is not None:
            return found
    return Found((case.told(),))


VALUE_CAUSES: Final[dict[str, Callable[[Case], Found]]] = {
    "MXMandatoryAttributeMissingException": sender_or_missing,
    "MXInvalidInputException": invalid,
    "MXMandatoryFieldMissingException": page_too_large,
    "MXUnknownAttributeException": attributes_unknown,
    "MXDuplicateEntryException": duplicate,
    "MXInvalidEntityException": entity_missing,
    "MXUnknownProspectActivityException": entity_missing,
    "MXInvalidActivityException": refused_value,
    "MXInvalidActivityFieldsException": refused_value,
    "MXInvalidEntityReferenceException": refused_value,
    "MXDuplicateEntityNameException": refused_value,
    "MXOperationNotAllowedException": refused_value,
    "MXInvalidDataTypeException": refused_value,
}
