"""The pages: templates filled with what their scripts begin with. Everything in them is escaped."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from sempairs.review.base import Person
from sempairs.web.answers import ShownLane, Stratum
from sempairs.web.desk import Desk
from sempairs.web.sessions import ADesk, AVisitor, begin

AStratum = Annotated[Stratum | None, Query()]

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_templates = Environment(
    loader=PackageLoader("sempairs.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip


@router.get("/enter")
def enter(token: str, request: Request, desk: ADesk, visitor: AVisitor) -> Response:
    """Let in who holds a one-time token; who is in already may use the old link as a bookmark."""
    key = desk.review.store.redeem(token)
    if key is None:
        return RedirectResponse("/", 303) if visitor else closed("This link was used before, or is too old.")
    # After a link on another site, even our own redirection comes without the cookie. A page of ours loads with it.
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        answer: Response = letter(200, "You are in", "One moment.", "")
        answer.headers["refresh"] = "0; url=/"
    else:
        answer = RedirectResponse("/", 303)
    begin(answer, desk, key)
    return answer


@router.get("/")
def project_page(desk: ADesk, visitor: AVisitor) -> Response:
    """The project: how far it is, and what has come of it."""
    return _page("project.html", desk, visitor, "Project")


@router.get("/review")
def review_page(desk: ADesk, visitor: AVisitor, lane: ShownLane | None = None, stratum: AStratum = None) -> Response:
    """One pair after the other."""
    return _page("review.html", desk, visitor, "Review", lane=lane, stratum=stratum)


@router.get("/grid")
def grid_page(desk: ADesk, visitor: AVisitor, stratum: AStratum = None) -> Response:
    """A page of easy pairs at once."""
    return _page("grid.html", desk, visitor, "Grid", lane="grid", stratum=stratum)


def _page(template: str, desk: Desk, visitor: Person | None, title: str, **values: Any) -> Response:
    if visitor is None:
        return closed("These pages open with a link that works once.")
    store = desk.review.store
    page = {
        "project": desk.cookie,
        "name": store.name,
        "question": store.settings.question,
        "show_class": store.settings.show_class,
        "person": visitor.name,
        "number": visitor.number,
        "progress": desk.progress(visitor).model_dump(mode="json"),
        **values,
    }
    return _rendered(
        200, template, page=page, title=f"{title} · {store.name}", person=visitor.name,
        question=store.settings.question,
    )  # fmt: skip


def closed(problem: str) -> Response:
    """The page of those who have not entered."""
    todo = "Ask whoever runs the review for a new link; on your own machine, start the server again: it prints one."
    return letter(401, "The door is closed", problem, todo)


def letter(status: int, title: str, problem: str, todo: str) -> Response:
    """A page of a few words."""
    return _rendered(status, "enter.html", title=title, problem=problem, todo=todo)


def _rendered(status: int, template: str, **values: Any) -> HTMLResponse:
    return HTMLResponse(_templates.get_template(template).render(**values), status)
