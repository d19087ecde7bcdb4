"""The plain way to write such a server on PostgreSQL: FastAPI and asyncpg, without an ORM.

It does the job of ``plain``: checks the key pair, validates the body, and commits the lead and a
log row in one transaction before it answers. A pool of ten connections, asyncpg's default.
"""

import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import asyncpg
from fastapi import FastAPI, Header, HTTPException, Request, Response

from bench.serve.load import KeyPair
from bench.serve.peers.plain import FIELDS, Answer, Attribute, Created

_TABLES = """
    CREATE TABLE leads (
        id text PRIMARY KEY, email text UNIQUE, phone text UNIQUE, created_on bigint NOT NULL,
        fields text NOT NULL
    );
    CREATE INDEX ON leads (created_on);
    CREATE TABLE calls (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, started_at bigint NOT NULL,
        path text NOT NULL, request_body text NOT NULL, response_body text NOT NULL,
        status_code integer NOT NULL, duration_ms double precision NOT NULL
    );
    CREATE INDEX ON calls (started_at);
"""
_INSERT_LEAD = "INSERT INTO leads VALUES ($1, $2, $3, $4, $5)"
_INSERT_CALL = (
    "INSERT INTO calls "
    "(started_at, path, request_body, response_body, status_code, duration_ms) "
    "VALUES ($1, $2, $3, $4, $5, $6)"
)
_STATUS_OK = 200


def plain_postgresql_app(url: str, keys: KeyPair) -> FastAPI:
    pool: asyncpg.Pool

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        nonlocal pool
        async with asyncpg.create_pool(url) as pool:
            await pool.execute(_TABLES)
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/v2/LeadManagement.svc/Lead.Create")
    async def create(
        attributes: list[Attribute],
        request: Request,
        x_lsq_accesskey: Annotated[str, Header()] = "",
        x_lsq_secretkey: Annotated[str, Header()] = "",
    ) -> Response:
        started_ns = time.perf_counter_ns()
        if (x_lsq_accesskey, x_lsq_secretkey) != keys:
            raise HTTPException(401)
        values = {item.Attribute: item.Value for item in attributes}
        lead_id, now_ms = str(uuid.uuid4()), time.time_ns() // 1_000_000  # noqa: TID251  # plain, as said
        body = Answer(Status="Success", Message=Created(Id=lead_id)).model_dump_json()
        email, phone = values.get("EmailAddress"), values.get("Phone")
        fields = FIELDS.dump_json(values).decode()
        sent = (await request.body()).decode()
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(_INSERT_LEAD, lead_id, email, phone, now_ms, fields)
            took_ms = (time.perf_counter_ns() - started_ns) / 1_000_000
            call = (now_ms, request.url.path, sent, body, _STATUS_OK, took_ms)
            await connection.execute(_INSERT_CALL, *call)
        return Response(body, media_type="application/json")

    return app
