"""Calls with hostile texts, numbers and dates, for servers that must answer them alike."""

import json
from typing import Any, Final

from hypothesis import strategies as st
from postgresql.both_engines import Call
from support import attributes

Step = Call | int | None
"""A call; a time in milliseconds that passes; or None, when the indexes are brought up to date."""


Strategy = st.SearchStrategy[Any]

_ALPHABET: Final = (
    "aAbBzZ019 éÉßẞİ\u0131\u017f\u212aǅ\u212b\u0301\u200b🦊\U0010ffff\ue000"
    "%_\\/'\"`{}[]():;,.*?+-=<>&|!#@~^$\t\n\x7f"
)
_TEXTS: Final = (
    *("a", "A", "ab", "aB", "abc", "Abc ", "é", "É", "e\u0301", "ß", "SS", "ss", "İ", "i̇", "i"),
    *("ǅ", "ǆ", "a%", "a_", "%", "_", "\\", "a\\%b", "a/b", "/%", "%%", "_b%", "*", "null", "None"),
    *("true", "0", "1", "-", "'", '"', "a'b", '{"a":1}', '{"Status":5}', "[]", "a,b", "a, B,c"),
    *("🦊", "\U0010ffff", "z~", "z^", "z_", "Z", "é b", "b a", "0123456789" * 20, "aB" * 90),
    "\\u0000",
)
_NUMBERS: Final = (
    *("0", "-0", "+0", "1", "01", "1.0", "1.50", "1e5", "1E+5", "100000", "-1e-5", "0.1", "00.10"),
    *("9007199254740992", "9007199254740993", "123456789e100", "1e300", "1e-300", "1e308"),
    "4.9e-324",
    *("1" + "0" * 250, "0." + "0" * 30 + "1", "-1", "10", "9", "2147483648", "9223372036854775808"),
)
_ODD_NUMBERS: Final = (
    *("abc", "5abc", "0x10", " 5 ", "1,000", "NaN", "Infinity", "inf", "-inf", "١٢", "1_000", "5."),
    *(".5", ".", "-", "+", "1e", "1e5.5", "1e400", "-1e400", "1e-400", "\u00a05", "\u20035"),
    *("0e999999999", "1e999999999", "1e-999999999", "- 5", "--5", "1 2", "\t5\n"),
    *("9" * 400, "0." + "0" * 400 + "1"),
)
_DATES: Final = (
    *("0001-01-01", "9999-12-31", "10000-01-01", "2026-03-04", "2026-03-04 05:06:07"),
    *("0001-01-01 00:00:00", "9999-12-31 23:59:59", "2016-12-31 23:59:60", "2026-02-30"),
    *("2026-03-04 05:06:06", "1969-12-31 23:59:59", "2026-03-04T05:06:07Z"),
    "2026-03-04 05:06:07.089",
)
_SPANS: Final = (
    *(*_DATES, "opt-today", "opt-this-year", "2026-03-04 TO 2026-03-05"),
    "2026-03-04,2026-03-01",
)
texts: Strategy = st.one_of(
    st.sampled_from(_TEXTS), st.text(st.sampled_from(_ALPHABET), min_size=1, max_size=4)
)
numbers: Strategy = st.sampled_from(_NUMBERS)
dates: Strategy = st.sampled_from(_DATES)
ids: Strategy = st.sampled_from(["{lead:0}", "{lead:1}", "{activity:0}", "{company:0}", "x", ""])
flags: Strategy = st.sampled_from(["true", "false", "1", "0", "TRUE", "yes"])
emails: Strategy = st.sampled_from(
    [
        *("a@x.test", "A@X.test", "É@x.test", "é@x.test", "İ@x.test", "i̇@x.test", "a_b@x.test"),
        "aXb@x.test",
    ]
)
phones: Strategy = st.sampled_from(
    ["+91-9000000001", "9000000001", "+44-9000000001", "0919000000001", "12345", "123 45"]
)
anything: Strategy = st.one_of(
    texts, numbers, st.sampled_from(_ODD_NUMBERS), st.sampled_from(_SPANS), ids, flags
)
several: Strategy = st.lists(anything, min_size=1, max_size=3)

_SET: Strategy = st.dictionaries(
    st.sampled_from(["Status", "mx_CustomObject_1", "mx_CustomObject_2"]), anything, min_size=1
)
_LEAD: Final[dict[str, Strategy]] = {
    "FirstName": texts,
    "LastName": texts,
    "EmailAddress": emails,
    "Phone": phones,
    "Mobile": phones,
    "mx_City": texts,
    "Notes": texts,
    "Revenue": numbers,
    "mx_DOB": dates,
    "DoNotCall": flags,
    "ProspectStage": st.sampled_from(["Prospect", "Customer"]),
    "RelatedCompanyId": st.just("{company:0}"),
    "mx_Long": texts,
    "mx_Short": texts,
    "mx_Price": numbers,
    "mx_At": dates,
    "mx_Flag": flags,
    "mx_Set": _SET.map(json.dumps),
}
_SORTED_BY: Final = (
    *(*_LEAD, "ProspectID", "ProspectAutoId", "Score", "CreatedOn", "ModifiedOn"),
    *("LeadLastModifiedOn", "ProspectActivityDate_Max", "ProspectActivityDate_Min"),
    *("ProspectActivityName_Max", "ProspectActivityId_Max", "OwnerId", "OwnerIdName"),
    *("CompanyType", "StatusCode", "unknown", ""),
)
_SLOTS: Final = ("mx_Custom_1", "mx_Custom_2", "mx_Custom_4", "mx_Custom_5", "Status", "Owner")
lead_ids: Strategy = st.sampled_from(["{lead:0}", "{lead:1}", "{lead:2}", "{lead:5}"])
slots: Strategy = st.dictionaries(
    st.sampled_from(_SLOTS[:-1]), st.one_of(anything, _SET.map(json.dumps)), max_size=3
).map(lambda given: [{"SchemaName": name, "Value": value} for name, value in given.items()])


def call(name: str, body: Strategy | None = None, **parameters: Strategy) -> Strategy:
    return st.tuples(
        st.just(name), st.just(b"") if body is None else body, st.fixed_dictionaries(parameters)
    )


def made(**members: Any) -> Strategy:  # noqa: ANN401  # strategies or values
    """An object whose members are strategies, or values."""
    return st.fixed_dictionaries(
        {n: m if isinstance(m, st.SearchStrategy) else st.just(m) for n, m in members.items()}
    )


some_values: Strategy = st.sets(st.sampled_from(list(_LEAD)), max_size=5).flatmap(
    lambda names: st.fixed_dictionaries({n: _LEAD[n] for n in ["FirstName", *sorted(names)]})
)
new_lead: Strategy = some_values.map(attributes)
search_by: Strategy = st.sampled_from(
    ["EmailAddress", "Phone", "ProspectId", "mx_City", "mx_Price", "Revenue", "ProspectAutoId"]
)
found_lead: Strategy = st.tuples(some_values, search_by).map(
    lambda given: attributes({**given[0], "SearchBy": given[1]})
)
moments: Strategy = st.sampled_from(
    ["2026-03-04 05:06:07", "2026-03-04 05:06:08", "2026-03-01 00:00:00"]
)
activity: Strategy = made(
    RelatedProspectId=lead_ids,
    ActivityEvent=st.sampled_from([200, 201, 202, 1, 99]),
    ActivityNote=texts,
    ActivityDateTime=st.one_of(moments, dates),
    Fields=slots,
)
task: Strategy = made(
    Name=texts,
    Description=texts,
    RelatedEntity=st.sampled_from([0, 1, 5]),
    RelatedEntityId=st.sampled_from(["{lead:0}", "{lead:1}", "{opportunity:0}"]),
    DueDate=moments,
    EndDate=st.just("2026-03-05 00:00:00"),
)
company: Strategy = st.fixed_dictionaries(
    {"CompanyName": texts},
    optional={
        "CompanyIdentifier": texts, "City": texts, "Revenue": numbers, "NumberOfEmployees": numbers,
        "Stage": st.sampled_from(["Prospect", "Customer"]), "mx_a": anything, "Description": texts,
    },
).map(attributes)  # fmt: skip
_COMPANY_TYPE: Final = {"CompanyTypeName": "Company"}

lead_writes: Strategy = st.one_of(
    call("Lead.Create", new_lead),
    call("Lead.Create", new_lead),
    call("Lead.Capture", new_lead),
    call("Lead.CreateOrUpdate", found_lead),
    call("Lead.Update", new_lead, leadId=lead_ids),
    call("Lead.BulkCreate", st.lists(new_lead, min_size=1, max_size=20)),
    call("Lead.BulkCreateOrUpdate", st.lists(found_lead, min_size=1, max_size=4)),
    call("Lead.BulkUpdateV2", made(
        SearchByKey=st.sampled_from(["EmailAddress", "Phone", "ProspectId"]),
        LeadPropertiesList=st.lists(made(Fields=new_lead), min_size=1, max_size=3),
    )),
    call("Lead.Delete", leadId=lead_ids),
    call("Lead.Merge", masterId=lead_ids, childId=lead_ids),
)  # fmt: skip
activity_writes: Strategy = st.one_of(
    call("ProspectActivity.Create", activity),
    call("ProspectActivity.Create", activity),
    call("ProspectActivity.Create", activity),
    call("Bulk.CustomActivity.Add.ByLeadField", st.lists(made(
        SearchByValue=emails, ActivityEvent=200, Fields=slots), min_size=1, max_size=3),
        searchBy=st.just("EmailAddress")),
    call("CustomActivity.Update", made(
        ProspectActivityId="{activity:0}", ActivityNote=texts, Fields=slots)),
    call("DeleteActivities", made(ProspectId=lead_ids, ActivityEventList=["200", "201"])),
    call("Lead.Merge", masterId=lead_ids, childId=lead_ids),
)  # fmt: skip
task_writes: Strategy = st.one_of(
    call("Task.Create", task),
    call("Task.Create", task),
    call("Task.Bulk.Create", made(TaskList=st.lists(task, min_size=1, max_size=3))),
    call("Task.MarkComplete", id=st.sampled_from(["{task:0}", "{task:1}"])),
    call("Task.Update", made(UserTaskId="{task:0}", Name=texts, DueDate=moments)),
    call("DeleteTasks", made(TaskIds=["{task:0}"])),
    call("Lead.Delete", leadId=lead_ids),
)
list_writes: Strategy = st.one_of(
    call("List.Create", made(Name=texts, Description=texts)),
    call("List.AddLeads", made(
        listId="{list:0}", leadIds=st.lists(lead_ids, min_size=1, max_size=3))),
    call("List.RemoveLead", listId=st.just("{list:0}"), leadId=lead_ids),
    call("Note.Create", made(RelatedProspectId=lead_ids, Note=texts)),
    call("Note.Update", made(RelatedProspectId=lead_ids, ProspectNoteId="{note:0}", Note=texts)),
    call("Lead.Merge", masterId=lead_ids, childId=lead_ids),
)  # fmt: skip
company_writes: Strategy = st.one_of(
    call("Company.Create", made(CompanyType=_COMPANY_TYPE, CompanyProperties=company)),
    call("Company.Create", made(CompanyType=_COMPANY_TYPE, CompanyProperties=company)),
    call("Company.Update", made(CompanyProperties=company), companyId=st.just("{company:0}")),
    call("Company.BulkCreateOrUpdate", made(
        CompanyType=_COMPANY_TYPE,
        Options=made(
            SearchBy=st.sampled_from(["CompanyName", "CompanyIdentifier", "CompanyNumber"]),
            CollisionResolutionStrategy="FillMissingFields"),
        Companies=st.lists(company, min_size=1, max_size=3))),
    call("CompanyActivity.Create", made(
        RelatedCompanyId="{company:0}", ActivityEvent=10001, ActivityNote=texts, Fields=slots)),
    call("Lead.Update", made(Attribute="RelatedCompanyId", Value="{company:0}").map(lambda a: [a]),
         leadId=lead_ids),
)  # fmt: skip
sale_writes: Strategy = st.one_of(
    call("Product.Create", made(ProductSku=texts, Name=texts, Description=texts)),
    call("Product.Delete", id=st.just("{product:0}")),
    call("SalesActivity.Create", made(
        ProspectId=lead_ids, ProductSku=texts, Status="Open", Revenue=numbers)),
    call("Opportunity.Capture", made(
        LeadDetails=found_lead,
        Opportunity=made(OpportunityEventCode=12000, OpportunityNote=texts, Fields=slots))),
    call("Opportunity.Bulk.Update", st.lists(made(
        ProspectOpportunityId=st.sampled_from(["{opportunity:0}", "{opportunity:1}", "x"]),
        OpportunityEventCode=12000, Fields=slots), min_size=1, max_size=2)),
    call("Opportunity.Delete", Id=st.just("{opportunity:0}")),
)  # fmt: skip

_PAGE: Strategy = made(
    PageIndex=st.sampled_from([1, 2, "3", 2**31]), PageSize=st.sampled_from([1, 2, 50, "7"])
)
directions: Strategy = st.sampled_from(["0", "1"])
ranges: Strategy = made(FromDate=dates, ToDate=dates)
_EVER: Final = {"FromDate": "2000-01-01 00:00:00", "ToDate": "2100-01-01 00:00:00"}


def sorting(*names: str) -> Strategy:
    return made(ColumnName=st.sampled_from(names), Direction=directions)


_WORDS: Final = ("eq", "neq", "gt", "gte", "lt", "lte", "lik", "nlik", "lik_s", "between", "in")
_SIGNS: Final = ("=", "<>", ">", "<", ">=", "<=", "LIKE", "IN")
joined: Strategy = st.one_of(
    anything,
    several.map(",".join),
    several.map("MXDATASEPERATOR".join),
    st.tuples(anything, anything).map(" TO ".join),
)
_NAMES: Final = {
    "Lead": (*_LEAD, "ProspectID", "Score", "CreatedOn", "OwnerIdName", "ProspectActivityDate_Max",
             "mx_Set~Status", "mx_Set~mx_CustomObject_1", "C_City"),
    "Activity": (*_SLOTS, "mx_Custom_4~Status", "Status~mx_CustomObject_1", "ActivityEvent",
                 "Score", "ActivityTime", "CreatedOn", "Note", "CreatedByName", "P_mx_City",
                 "P_mx_Price"),
    "Task": ("Name", "Description", "DueDate", "StatusCode", "CompletedOn", "OwnerId", "TaskType"),
    "Opportunity": (*_SLOTS, "OpportunityEventCode", "OpportunityNote", "CreatedOn", "P_FirstName"),
    "Company": ("CompanyName", "City", "Revenue", "mx_a", "CompanyNumber", "Stage", "CreatedOn"),
    "CompanyActivity": (*_SLOTS, "Note", "ActivityEvent"),
    "Lists": ("ListName", "ListId"),
}  # fmt: skip


def row_of(kind: str) -> Strategy:
    return made(
        SubConOp="And",
        LSO=st.sampled_from(_NAMES[kind]),
        LSO_Type=st.sampled_from(["String", "Number", "DateTime", "Date", "Product"]),
        Operator=st.sampled_from(_WORDS),
        RSO=joined,
    )


def group_of(kind: str) -> Strategy:
    return made(Type=kind, ConOp="and", RowCondition=st.lists(row_of(kind), min_size=1, max_size=2))


def conditions(*kinds: str) -> Strategy:
    """The text of an advanced search with rows about these kinds of records."""
    return made(
        GrpConOp="And",
        QueryTimeZone=st.sampled_from(["", "India Standard Time", "UTC"]),
        Conditions=st.lists(st.sampled_from(kinds).flatmap(group_of), min_size=1, max_size=2),
    ).map(lambda text: json.dumps(text, ensure_ascii=False))


criteria: Strategy = made(
    LookupName=st.sampled_from(_SORTED_BY), LookupValue=joined, SqlOperator=st.sampled_from(_SIGNS)
)
_COMPANY_NAMES: Final = (
    *_NAMES["Company"], "ModifiedOn", "CompanyTypeName", "CompanyId", "CompanyIdentifier"
)  # fmt: skip
_SORTED_ACTIVITIES: Final = (*_SLOTS, "CreatedOn", "ModifiedOn", "Score", "ActivityEvent_Note", "")

lead_reads: Strategy = st.one_of(
    call("Leads.Get", made(Parameter=criteria, Sorting=sorting(*_SORTED_BY), Paging=_PAGE)),
    call("Leads.Get", made(Parameter=criteria, Sorting=sorting(*_SORTED_BY), Paging=_PAGE)),
    call("Leads.Get", made(Parameter=criteria, Sorting=sorting(*_SORTED_BY), Paging=_PAGE)),
    call("Leads.Get", made(Sorting=sorting(*_SORTED_BY), Paging=_PAGE)),
    call("Leads.RecentlyModified", made(
        Parameter=st.one_of(ranges, st.just(_EVER)), Paging=_PAGE)),
    call("Leads.GetByQuickSearch", key=texts),
    call("Leads.GetByQuickSearch", key=texts),
    call("Leads.GetByEmailaddress", emailaddress=emails),
    call("RetrieveLeadByPhoneNumber", phone=phones),
    call("Leads.GetById", id=lead_ids),
    call("LeadOwner.Get", LeadIdentifier=search_by, value=anything),
    call("Leads.RetrieveBySearchParameter", made(
        SearchParameters=made(DefinitionType="1", SearchText=st.one_of(st.just(""), texts),
                              AdvancedSearchTextNew=conditions("Lead")),
        Columns={"Include_CSV": "FirstName"}, Sorting=sorting(*_SORTED_BY), Paging=_PAGE)),
    call("Leads.LeadDistribution", made(
        ReportFilter=made(LeadFilter=made(Condition=st.lists(made(
            LookupName=st.sampled_from(_SORTED_BY), Operator=st.sampled_from(_WORDS),
            LookupValue=joined, ConditionOperator="OR"), min_size=1, max_size=2))),
        Output={"Type": "list", "IncludeCSV": "ProspectID,FirstName"},
        Sorting=sorting(*_SORTED_BY), Paging=_PAGE)),
)  # fmt: skip
activity_reads: Strategy = st.one_of(
    call("Activity.Retrieve.BySearchParameter", made(
        ActivityEvent=200, AdvancedSearch=conditions("Activity"),
        Sorting=sorting(*_SORTED_ACTIVITIES), Paging=_PAGE)),
    call("Activity.Retrieve.BySearchParameter", made(
        ActivityEvent=200, AdvancedSearch=conditions("Lead", "Activity", "Task", "Lists"),
        Sorting=sorting(*_SORTED_ACTIVITIES), Paging=_PAGE)),
    call("ProspectActivity.Retrieve", made(
        Paging=made(Offset=st.sampled_from([0, 1]), RowCount=st.sampled_from([1, 50]))),
        leadId=lead_ids),
    call("ProspectActivity.RetrieveRecentlyModified", made(
        Parameter=_EVER, Sorting=sorting(*_SORTED_ACTIVITIES), Paging=_PAGE)),
    call("CustomActivity.RetrieveByActivityEvent", made(
        Parameter={**_EVER, "ActivityEvent": 200},
        Sorting=sorting(*_SORTED_ACTIVITIES), Paging=_PAGE)),
    call("RetrieveActivityChange", made(Parameter=_EVER, Paging=_PAGE)),
    call("GetLeadReferences", made(Parameter={"ActivityEvent": ""}, Paging=_PAGE),
         leadId=lead_ids),
)  # fmt: skip
task_reads: Strategy = st.one_of(
    call("Task.Retrieve", made(
        Parameter={"LookupName": "OwnerEmailAddress", "LookupValue": "admin@acme.test", **_EVER},
        Sorting=sorting("DueDate", "EndDate", "CreatedOn", "ModifiedOn", "CompletedOn", "AutoId"),
        Paging=made(Offset=st.sampled_from([0, 1]), RowCount=st.sampled_from([1, 50])))),
    call("RetrieveTaskByLeadId", leadId=lead_ids),
    call("Leads.RetrieveBySearchParameter", made(
        SearchParameters=made(DefinitionType="1", AdvancedSearchTextNew=conditions("Task")),
        Columns={"Include_CSV": "FirstName"}, Paging=_PAGE)),
)  # fmt: skip
list_reads: Strategy = st.one_of(
    call("Leads.RetrieveBySearchParameter", made(
        SearchParameters={"ListId": "{list:0}"}, Sorting=sorting(*_SORTED_BY), Paging=_PAGE)),
    call("Leads.RetrieveBySearchParameter", made(
        SearchParameters=made(DefinitionType="1", AdvancedSearchTextNew=conditions("Lists")),
        Columns={"Include_CSV": "FirstName"}, Paging=_PAGE)),
    call("Note.Retrieve", made(
        Parameter=made(RelatedId=lead_ids), Paging=_PAGE,
        Sorting=sorting("CreatedOn", "ModifiedOn", "CreatedByName", "Note"))),
    call("Lists.Get", SearchText=texts, ListType=st.sampled_from(["0", "1", ""])),
    call("Lists.GetByLeadId", leadId=lead_ids),
)  # fmt: skip
company_reads: Strategy = st.one_of(
    call("Company.Get", made(
        Query=made(
            CompanyType=_COMPANY_TYPE, SearchText=st.one_of(st.just(""), texts), FilterBy=made(
                LookupName=st.sampled_from(_COMPANY_NAMES), LookupValue=joined,
                SqlOperator=st.sampled_from(_SIGNS))),
        Sorting=sorting(*_COMPANY_NAMES), Paging=_PAGE)),
    call("Company.Get", made(
        Query=made(CompanyType=_COMPANY_TYPE), Sorting=sorting(*_COMPANY_NAMES), Paging=_PAGE)),
    call("CompanyActivity.Retrieve", made(Parameter=_EVER, Paging=_PAGE),
         companyId=st.just("{company:0}")),
    call("Leads.RetrieveBySearchParameter", made(
        SearchParameters=made(
            DefinitionType="1", AdvancedSearchTextNew=conditions("Company", "CompanyActivity")),
        Columns={"Include_CSV": "FirstName"}, Paging=_PAGE)),
)  # fmt: skip
sale_reads: Strategy = st.one_of(
    call("Products.Retrieve", made(
        Parameter=made(SearchText=st.one_of(st.just(""), texts)),
        Sorting=sorting("ProductSku", "Name", "Description", "CreatedOn", "Id"), Paging=_PAGE)),
    call("SalesActivity.RetrieveByLeadId", leadId=lead_ids),
    call("Opportunity.Retrieve.BySearchParameter", made(
        OpportunityEventCode=12000, AdvancedSearch=conditions("Opportunity"),
        Sorting=sorting(*_SLOTS, "CreatedOn", "ModifiedOn", "OpportunityNote"), Paging=_PAGE)),
    call("GetOpportunitiesOfLead", made(Paging=_PAGE),
         leadId=lead_ids, opportunityType=st.just("12000")),
)  # fmt: skip
_THEMES: Final = (
    (lead_writes, lead_reads),
    (lead_writes, lead_reads),
    (activity_writes, activity_reads),
    (task_writes, task_reads),
    (list_writes, list_reads),
    (company_writes, company_reads),
    (sale_writes, sale_reads),
)


def _steps_about(theme: tuple[Strategy, Strategy]) -> Strategy:
    writes, reads = theme
    pause = st.sampled_from([1, 1_000, None])
    return st.tuples(
        st.lists(lead_writes, min_size=1, max_size=4),
        st.lists(st.one_of(writes, writes, writes, pause), min_size=2, max_size=8),
        st.lists(st.one_of(reads, reads, reads, reads, writes), min_size=1, max_size=14),
    ).map(lambda parts: [step for part in parts for step in part])


steps: Strategy = st.sampled_from(_THEMES).flatmap(_steps_about)
