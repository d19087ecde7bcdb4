"""Saved views: searches of the lists of calls, with a name, shared within an account."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from leadwire.access.change import Change
from leadwire.access.tables import saved_views
from leadwire.errors import InputInvalid, Missing

NAME_CHARACTERS_MAX = 80


class View(NamedTuple):
    """*path* is that of the list; *query* is the rest of its address, without the ``?``."""

    view_id: str
    path: str
    name: str
    query: str
    who: str
    """E-mail address of who saved it."""
    saved_on: int


def views_of(connection: Connection, account_id: str) -> list[View]:
    """All views of the account, by name."""
    rows = connection.execute(
        _VIEWS.where(saved_views.c.account_id == account_id).order_by(saved_views.c.name)
    )
    return sorted((View(*row) for row in rows), key=lambda view: view.name.casefold())


def save_view(
    change: Change, *, account_id: str, path: str, name: str, query: str, views_max: int
) -> str:
    """Save a view, or replace the one of that list and name. Returns its id.

    Raises InputInvalid for a name that is empty or too long, and at *views_max*.
    """
    name = _checked(name)
    known = _named(change.connection, account_id, path, name)
    if known is not None:
        change.connection.execute(
            update(saved_views)
            .where(saved_views.c.view_id == known)
            .values(query=query, who=change.by.who, saved_on=change.now_ms)
        )
        return known
    own = saved_views.c.account_id == account_id
    count = select(func.count()).select_from(saved_views).where(own)
    if change.connection.execute(count).scalar_one() >= views_max:
        raise InputInvalid(
            f"The account has {views_max:,} views, the most that the setting calls_views_max "
            "allows: delete one first."
        )
    view_id = change.ids.guid()
    change.connection.execute(
        insert(saved_views).values(
            view_id=view_id,
            account_id=account_id,
            path=path,
            name=name,
            query=query,
            who=change.by.who,
            saved_on=change.now_ms,
        )
    )
    return view_id


def rename_view(change: Change, *, account_id: str, view_id: str, name: str) -> View:
    """The view as it was. Raises Missing, and InputInvalid for a name that cannot be."""
    view = _view(change.connection, account_id, view_id)
    name = _checked(name)
    if _named(change.connection, account_id, view.path, name) not in (None, view_id):
        raise InputInvalid(f"Another view has the name '{name}'.")
    change.connection.execute(
        update(saved_views).where(saved_views.c.view_id == view_id).values(name=name)
    )
    return view


def delete_view(change: Change, *, account_id: str, view_id: str) -> View:
    """The deleted view. Raises Missing."""
    view = _view(change.connection, account_id, view_id)
    change.connection.execute(delete(saved_views).where(saved_views.c.view_id == view_id))
    return view


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_CHARACTERS_MAX or not name.isprintable():
        raise InputInvalid(f"Write a name of at most {NAME_CHARACTERS_MAX} characters.")
    return name


def _named(connection: Connection, account_id: str, path: str, name: str) -> str | None:
    return connection.execute(
        select(saved_views.c.view_id).where(
            saved_views.c.account_id == account_id,
            saved_views.c.path == path,
            saved_views.c.name == name,
        )
    ).scalar_one_or_none()


def _view(connection: Connection, account_id: str, view_id: str) -> View:
    row = connection.execute(
        _VIEWS.where(saved_views.c.account_id == account_id, saved_views.c.view_id == view_id)
    ).first()
    if row is None:
        raise Missing("view", location="view")
    return View(*row)


_VIEWS = select(
    saved_views.c.view_id,
    saved_views.c.path,
    saved_views.c.name,
    saved_views.c.query,
    saved_views.c.who,
    saved_views.c.saved_on,
)
