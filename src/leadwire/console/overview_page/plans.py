"""The use of an account's limits, and what other plans would have refused."""

from collections.abc import Mapping
from typing import Final

from leadwire.access.limits import LIMIT_CLASSES
from leadwire.access.replay import (
    CallTimes,
    Offered,
    fullest,
    fullest_windows,
    offered_calls,
    refused_under,
    with_bulk_calls,
)
from leadwire.calls.trends import CallTrends
from leadwire.console.histogram import width_for
from leadwire.console.overview_page.counting import Range
from leadwire.console.overview_page.report import LimitSpan, LimitUse, PlanRow
from leadwire.operations.operation import LimitClass
from leadwire.operations.plans import PLANS, UNLIMITED, WINDOW_SECONDS, Plan

LIMIT_FAULT: Final = "MXAPIRateLimitExceededException"
_BARS_MAX: Final = 100


def times_of(trends: CallTrends) -> list[CallTimes]:
    return [
        CallTimes(
            part.operation,
            part.key_id,
            refused=part.exception_type == LIMIT_FAULT,
            times_ms=part.times_ms,
        )
        for part in trends.moments
    ]


def limit_uses(
    offered: Mapping[LimitClass, Offered], plan_name: str, span: Range
) -> tuple[LimitUse, ...]:
    """The use of both limits; that of bulk calls only if there were any."""
    plan = PLANS.get(plan_name)
    span_ms = width_for(span.length_ms, bars_max=_BARS_MAX)
    uses = []
    for name in LIMIT_CLASSES:
        calls = offered[name]
        if name == "bulk" and not len(calls.times):
            continue
        calls_max = 0
        if plan is not None:
            calls_max = plan.window_calls_max if name == "standard" else plan.bulk_window_calls_max
        windows = {window.from_ms: window for window in fullest_windows(calls, span_ms)}
        start = span.from_ms // span_ms * span_ms
        uses.append(
            LimitUse(
                name=name,
                calls_max=calls_max,
                seconds=WINDOW_SECONDS,
                span_ms=span_ms,
                fullest=fullest(calls),
                spans=tuple(
                    LimitSpan(
                        from_ms=max(from_ms, span.from_ms),
                        until_ms=min(from_ms + span_ms, span.until_ms),
                        calls=windows[from_ms].calls if from_ms in windows else 0,
                        refused=windows[from_ms].refused if from_ms in windows else 0,
                    )
                    for from_ms in range(start, span.until_ms, span_ms)
                ),
            )
        )
    return tuple(uses)


def plan_rows(calls: list[CallTimes], plan_name: str, *, users: int) -> tuple[PlanRow, ...]:
    """The same calls under each plan, and under the present one with bulk calls."""
    offered, in_bulk = offered_calls(calls), with_bulk_calls(calls)
    current = PLANS.get(plan_name)
    rows = [
        _row(plan, offered, users=users, current=plan_name, with_bulk_calls=False)
        for plan in PLANS.values()
    ]
    if current is not None:
        with_bulk = _row(current, in_bulk, users=users, current=plan_name, with_bulk_calls=True)
        rows.insert(1 + list(PLANS).index(plan_name), with_bulk)
    else:
        rows.insert(0, _unlimited(offered))
    return tuple(rows)


def _row(
    plan: Plan,
    offered: Mapping[LimitClass, Offered],
    *,
    users: int,
    current: str,
    with_bulk_calls: bool,
) -> PlanRow:
    return PlanRow(
        plan=plan.name,
        is_current=plan.name == current and not with_bulk_calls,
        with_bulk_calls=with_bulk_calls,
        window_calls_max=plan.window_calls_max,
        bulk_window_calls_max=plan.bulk_window_calls_max,
        day_calls_max=plan.day_calls_max(users),
        refused=sum(refused_under(offered, plan, users=users).values()),
        fullest=fullest(offered["standard"]),
    )


def _unlimited(offered: Mapping[LimitClass, Offered]) -> PlanRow:
    return PlanRow(
        plan=UNLIMITED,
        is_current=True,
        with_bulk_calls=False,
        window_calls_max=0,
        bulk_window_calls_max=0,
        day_calls_max=0,
        refused=0,
        fullest=fullest(offered["standard"]),
    )
