"""The plain way to write such a server: FastAPI, SQLAlchemy's async ORM, aiosqlite.

It does the same job in the usual manner: checks the key pair, validates the body, stores the lead
and a log row with both bodies in one transaction, and commits (WAL, synchronous=FULL) before it
answers. One connection: with more of them SQLite's writers only wait for each other, asleep.
"""

import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel, TypeAdapter
from sqlalchemy import event
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from bench.serve.load import KeyPair

_DATABASE_NAME = "plain.sqlite"
_STATUS_OK = 200


class Base(MappedAsDataclass, DeclarativeBase):
    pass


class LeadRow(Base):
    __tablename__ = "leads"

    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(unique=True)
    phone: Mapped[str | None] = mapped_column(unique=True)
    created_on: Mapped[int] = mapped_column(index=True)
    fields: Mapped[str]


class CallRow(Base):
    __tablename__ = "calls"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    started_at: Mapped[int] = mapped_column(index=True)
    path: Mapped[str]
    request_body: Mapped[str]
    response_body: Mapped[str]
    status_code: Mapped[int]
    duration_ms: Mapped[float]


class Attribute(BaseModel):
    Attribute: str
    Value: str | None


class Created(BaseModel):
    Id: str


class Answer(BaseModel):
    Status: str
    Message: Created


FIELDS = TypeAdapter(dict[str, Any])


def plain_app(folder: Path, keys: KeyPair) -> FastAPI:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{folder / _DATABASE_NAME}", pool_size=1, max_overflow=0
    )
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield
        await engine.dispose()

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
        lead = LeadRow(
            id=lead_id,
            email=values.get("EmailAddress"),
            phone=values.get("Phone"),
            created_on=now_ms,
            fields=FIELDS.dump_json(values).decode(),
        )
        call = CallRow(
            started_at=now_ms,
            path=request.url.path,
            request_body=(await request.body()).decode(),
            response_body=body,
            status_code=_STATUS_OK,
            duration_ms=(time.perf_counter_ns() - started_ns) / 1_000_000,
        )
        async with sessions() as session, session.begin():
            session.add_all([lead, call])
        return Response(body, media_type="application/json")

    return app
