"""The parts of a server that a test or a measurement may replace: what opens its stores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from leadwire.clock import Clock, IdSource
from leadwire.crm.leads.field_use import IndexPolicy
from leadwire.crm.leads.schema import UNIQUE_BY_DEFAULT, LeadRules
from leadwire.crm.store import CrmStore
from leadwire.crm.values import phone_digits
from leadwire.crm.webhooks.listeners import ActivityPace
from leadwire.database.places import place_of
from leadwire.dates import SECOND_MS
from leadwire.server.open_log import CallLog, open_call_log
from leadwire.settings import Settings


def open_crm(settings: Settings, *, clock: Clock, ids: IdSource) -> CrmStore:
    """The CRM of the data folder, on the running event loop."""
    return CrmStore(
        place_of(settings).crm,
        clock=clock,
        ids=ids,
        index_policy=IndexPolicy(
            names=settings.lead_field_index_names,
            auto=settings.lead_field_indexes_auto,
            searches=settings.lead_field_index_searches,
            indexes_max=settings.lead_field_indexes_max,
            bytes_max=settings.lead_field_indexes_bytes_max,
            unused_days=settings.lead_field_index_unused_days,
        ),
        lead_rules=lead_rules_of(settings),
        activity_pace=ActivityPace(
            group_ms=settings.webhook_group_seconds * SECOND_MS,
            delay_ms=settings.webhook_group_delay_seconds * SECOND_MS,
        ),
    )


def lead_rules_of(settings: Settings) -> LeadRules:
    """The rules of leads that the settings decide."""
    return LeadRules(
        shared=UNIQUE_BY_DEFAULT.difference(settings.lead_unique_fields.split(",")),
        country_code=phone_digits(settings.default_country_code),
        refuse_phone_alone=settings.lead_phone_alone == "refuse",
        search_lag_ms=settings.search_lag_ms,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Each takes the arguments of the function that it replaces."""

    open_call_log: Callable[..., CallLog] = open_call_log
    open_crm: Callable[..., CrmStore] = open_crm


AS_SERVED: Final = Parts()
