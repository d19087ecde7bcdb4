"""Everything besides the API: the console, help pages, health and metrics."""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from leadwire.database.database import DATABASE_ERRORS, reason_of
from leadwire.errors import SetupError
from leadwire.folder_identity import Identity, read_identity
from leadwire.recording.metrics import CallMetrics
from leadwire.server.metrics import ShippingMetrics
from leadwire.settings import Settings
from leadwire.stores.clickhouse.shipper import ShippingState
from leadwire.version import __version__
from leadwire.wire.openapi import openapi_json


@dataclass(frozen=True, slots=True)
class Health:
    """What ``/readyz`` reports."""

    settings: Settings
    identity: Identity
    metrics: CallMetrics
    has_account: Callable[[], bool]
    """False during a first start, until the new account's secrets were shown."""
    shipping: Callable[[], ShippingState] | None = None
    """Shipping progress; None if calls stay on this node."""

    def report(self) -> tuple[bool, dict[str, object]]:
        """Whether calls can be served and recorded, with the reasons."""
        reasons = []
        disk_free_bytes = self._disk_free_bytes()
        if disk_free_bytes is None:
            reasons.append("The data folder is missing or was replaced since the start.")
        elif disk_free_bytes < self.settings.disk_free_bytes_min:
            reasons.append("The disk of the data folder is almost full.")
        try:
            if not self.has_account():
                reasons.append("There is no account yet.")
        except DATABASE_ERRORS as error:
            reasons.append(f"The database cannot be used: {reason_of(error)}.")
        gap = self.metrics.gaps.open
        if gap is not None:
            reasons.append(f"Calls cannot be recorded: {gap.reason}")
        report: dict[str, object] = {
            "status": "not ready" if reasons else "ready",
            "reasons": reasons,
            "version": __version__,
            "calls_served": self.metrics.served,
            "calls_recorded": self.metrics.recorded,
            "calls_in_gaps": self.metrics.in_gaps,
            "disk_free_bytes": disk_free_bytes,
        }
        if self.shipping is not None:
            # Lag does not make the server unready: calls are durable here and are shipped later.
            report["shipping"] = self.shipping()._asdict()
        return not reasons, report

    def _disk_free_bytes(self) -> int | None:
        """None if the opened folder is no longer in its place."""
        try:
            data = self.settings.data
            same = read_identity(data).folder_id == self.identity.folder_id
            return shutil.disk_usage(data).free if same else None
        except (OSError, SetupError):
            return None


def build_site(
    console: ASGIApp,
    *,
    metrics: CallMetrics,
    health: Health,
    collectors: Sequence[Collector] = (),
) -> Starlette:
    """*collectors* are included in ``/metrics``."""
    registry = CollectorRegistry()
    for collector in (metrics, *collectors):
        registry.register(collector)
    if health.shipping is not None:
        registry.register(ShippingMetrics(health.shipping))

    async def home(_request: Request) -> Response:
        return RedirectResponse("/console/")

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> Response:
        # A balancer sends no calls to an unready node. So this check must also find out whether
        # recording works again.
        await health.metrics.gaps.close()
        ready, report = await asyncio.to_thread(health.report)  # reads a file and a database
        return JSONResponse(report, status_code=200 if ready else 503)

    async def metrics_text(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    async def openapi(_request: Request) -> Response:
        return Response(openapi_json(), media_type="application/json")

    return Starlette(
        routes=[
            Route("/", home),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics_text),
            Route("/openapi.json", openapi),
            Mount("/", app=console),
        ]
    )
