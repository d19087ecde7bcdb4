"""A lint report as lines of text."""

from collections.abc import Iterator

from leadwire.dates import MINUTE_MS, SECOND_MS, format_seconds
from leadwire.lint import Finding, LintReport


def lint_lines(report: LintReport) -> Iterator[str]:
    if not report.calls:
        yield "No call matches."
    else:
        yield (
            f"{report.calls:,} calls from {format_seconds(report.from_ms)} to "
            f"{format_seconds(report.until_ms)} UTC: {len(report.findings)} finding(s)"
        )
    for finding in report.findings:
        yield ""
        yield from _finding(finding)
    for notice in report.notices:
        yield ""
        yield notice


def _finding(finding: Finding) -> Iterator[str]:
    yield f"{finding.title}: {finding.operation or '(several operations)'}"
    yield (
        f"  {finding.calls:,} calls, {100 * finding.share:.1f} % of all, in {finding.cases:,} "
        f"case(s); {_time(finding.duration_ms)}; {finding.windows:,} rate-limit window(s)"
    )
    yield f"  {finding.says}"
    yield f"  Do: {finding.do}"
    if finding.better:
        yield f"  Better: {finding.better}, see /docs/{finding.better}"
    if finding.operation:
        yield f"  Operation: /docs/{finding.operation}"
    for detail, calls in finding.details:
        yield f"  {calls:>8,}  {detail}"
    keys = [f"{key or '(none)'} ({calls:,})" for key, calls in finding.keys]
    yield f"  Keys: {', '.join(keys)}"
    for example in finding.examples:
        behind = f", with {example.with_call_id}" if example.with_call_id else ""
        yield f"  Example: {' '.join(example.call_ids)}{behind}"


def _time(duration_ms: float) -> str:
    if duration_ms < SECOND_MS:
        return f"{duration_ms:.0f} ms"
    if duration_ms < MINUTE_MS:
        return f"{duration_ms / SECOND_MS:.1f} s"
    return f"{duration_ms / MINUTE_MS:.1f} min"
