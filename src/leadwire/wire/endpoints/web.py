"""What web pages call without keys: their forms, their visitors, and the script for both."""

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from leadwire.crm.leads.attributes import LEAD_ID_NAMES, check_attributes
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.leads.visitors import Submission, note_visitor, submit_form
from leadwire.crm.values import GUID
from leadwire.crm.webhooks.drafts import page_key
from leadwire.dialect import incorrect
from leadwire.headers import IGNORED_HEADER, NOTICE_HEADER
from leadwire.operations.web import VISITOR_ID
from leadwire.recording.draft import STATUS_OK, Answer
from leadwire.wire.request import Endpoint, Request

if TYPE_CHECKING:
    from leadwire.wire.form import Form

HTML: Final = "text/html; charset=utf-8"
TEXT: Final = "text/plain; charset=utf-8"
SCRIPT: Final = "text/javascript; charset=utf-8"
_FOUND: Final = 302
_URL_MAX: Final = 2_048
_OF_FORMS: Final = "mxh"
"""Prefixes of a form's control fields. All others are lead fields."""
_VISITOR_NAMES: Final = ("prospectid", "mxcprospectid")
_SCRIPT: Final = Path(__file__).with_name("tracker.js").read_bytes()
_SCRIPT_SECONDS: Final = 3_600
_THANKS: Final = (
    b"<!doctype html><html lang=en><meta charset=utf-8><title>Form submitted</title>"
    b"<p>The form was submitted.</p></html>"
)


async def submit(request: Request) -> Answer:
    """Answer 302 to the page that the form names, or a short page of leadwire."""
    form: Form = request.body
    texts = form.texts
    schema = await request.schema()
    attributes, ignored = _lead_fields(schema, texts)
    write = check_attributes(
        schema, attributes, attributes_max=request.services.settings.attributes_max
    )
    page_url = _header(request, "referer")[:_URL_MAX]
    submission = Submission(
        page_url=page_url.partition("?")[0].partition("#")[0],
        page_key=page_key(page_url),
        page_title=texts.get("mxhpagetitle", "").strip(),
        landing_page_id=texts.get("mxhlandingpageid", "").strip(),
    )
    await request.write(lambda unit: submit_form(unit, write, submission))
    ignored += write.ignored
    if ignored:
        request.tell(IGNORED_HEADER, ",".join(ignored).encode("ascii", "replace").decode())
    return _answer(request, texts.get("mxhredirecturl", "").strip())


async def visit(request: Request) -> Answer:
    visitor_id = request.parameter(VISITOR_ID).lower()
    if not GUID.fullmatch(visitor_id):
        raise incorrect(VISITOR_ID, location=f"query.{VISITOR_ID}", fix="Send a GUID.")
    visitors_max = request.services.settings.visitors_max
    await request.write(lambda unit: note_visitor(unit, visitor_id, visitors_max=visitors_max))
    return Answer(STATUS_OK, b"", content_type=TEXT)


async def script(request: Request) -> Answer:
    del request
    cached = (("Cache-Control", f"public, max-age={_SCRIPT_SECONDS}"),)
    return Answer(STATUS_OK, _SCRIPT, content_type=SCRIPT, headers=cached)


def _lead_fields(
    schema: LeadSchema, texts: dict[str, str]
) -> tuple[list[tuple[str, str]], list[str]]:
    """The attributes of a form, in any letter case, and the names to ignore."""
    names = {name.lower(): name for name in schema.by_name}
    attributes: list[tuple[str, str]] = []
    ignored: list[str] = []
    for name, value in texts.items():
        if name in _VISITOR_NAMES:
            if GUID.fullmatch(value.strip().lower()):
                attributes.append((VISITOR_ID, value.strip().lower()))
        elif name in names and names[name] not in LEAD_ID_NAMES:
            if value.strip():
                attributes.append((names[name], value.strip()))
        elif not name.startswith(_OF_FORMS):
            ignored.append(name)
    return attributes, ignored


def _answer(request: Request, redirect_url: str) -> Answer:
    headers = tuple(request.headers)
    if not redirect_url:
        return Answer(STATUS_OK, _THANKS, content_type=HTML, headers=headers)
    target = _redirect_target(request, redirect_url)
    if target:
        return Answer(_FOUND, b"", content_type=TEXT, headers=(("Location", target), *headers))
    notice = "MXHRedirectUrl leads to another host. web_form_redirect_hosts can allow it."
    return Answer(
        STATUS_OK, _THANKS, content_type=HTML, headers=((NOTICE_HEADER, notice), *headers)
    )


def _redirect_target(request: Request, redirect_url: str) -> str:
    """The redirect address; empty if it is not allowed.

    A browser sends the page of the form. A redirect to that page's host is safe, because the page
    can go there itself. Any other redirect would let this server's name lead to any site. Programs
    that submit forms send no page, and do not follow redirects blindly.
    """
    page_url = _header(request, "referer") or _header(request, "origin")
    if "\\" in redirect_url or not redirect_url.isascii() or not redirect_url.isprintable():
        return ""
    try:
        target = urlsplit(urljoin(page_url, redirect_url))
        page_host = urlsplit(page_url).hostname
        target_host = target.hostname
    except ValueError:
        return ""
    if target.scheme not in ("http", "https") or not target_host or target.username is not None:
        return ""
    hosts = request.services.settings.web_form_redirect_hosts.lower().replace(",", " ").split()
    if not page_url or target_host in (page_host, *hosts):
        return target.geturl()
    return ""


def _header(request: Request, name: str) -> str:
    """A header of the call; empty if missing."""
    wanted = name.encode()
    headers = request.draft.headers or []
    return next((value.decode("latin-1") for key, value in headers if key == wanted), "").strip()


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Web.SubmitForm": submit,
    "Web.Visit": visit,
    "Web.Script": script,
}
