"""What the pages' scripts ask for, as JSON, and the pictures."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from sempairs.review.base import Verdict
from sempairs.web.answers import (
    LARGEST,
    DecisionsMade,
    Error,
    Gallery,
    History,
    Link,
    PersonAsked,
    Progress,
    Project,
    Receipts,
    ReceiptShown,
    Tasks,
    TasksAsked,
)
from sempairs.web.security import Refused
from sempairs.web.sessions import ADesk, APerson

ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": Error, "description": "The request is no JSON"},
    401: {"model": Error, "description": "Nobody is known by this session"},
    403: {"model": Error, "description": "It does not come from our pages, or this person may not"},
    413: {"model": Error, "description": "The request is too large"},
    422: {"model": Error, "description": "The request is not what was expected"},
    503: {"model": Error, "description": "The database or a file cannot be used now: try again"},
}
NOT_FOUND: dict[str, Any] = {"model": Error, "description": "There is no such thing"}
router = APIRouter(responses=ERRORS)


@router.post("/api/tasks", responses={404: NOT_FOUND})
def lease_tasks(asked: TasksAsked, desk: ADesk, person: APerson) -> Tasks:
    """The next pairs to judge: those that are still open first."""
    tasks = desk.tasks(person, asked.count, asked.lane, asked.stratum)
    return Tasks(tasks=tasks, progress=desk.progress(person))


@router.post("/api/decisions")
def record_decisions(made: DecisionsMade, desk: ADesk, person: APerson) -> Receipts:
    """Store decisions; the same one again changes nothing."""
    receipts = desk.record(person, [one.decision() for one in made.decisions])
    shown = [ReceiptShown(uuid=r.uuid, status=r.status, seq=r.seq, reason=r.reason) for r in receipts]
    return Receipts(receipts=shown, progress=desk.progress(person))


@router.get("/api/history")
def show_history(desk: ADesk, person: APerson) -> History:
    """This person's last decisions."""
    return History(decisions=desk.history(person))


@router.get("/api/progress")
def show_progress(desk: ADesk, person: APerson) -> Progress:
    """How far the review is."""
    return desk.progress(person)


@router.get("/api/project")
def show_project(desk: ADesk, person: APerson) -> Project:
    """Everything of the project page, a few seconds old at most."""
    return desk.project(person)


@router.get("/api/gallery")
def show_gallery(
    desk: ADesk, person: APerson, verdict: Verdict, after: Annotated[int | None, Query(ge=0, le=LARGEST)] = None
) -> Gallery:
    """Pairs that have a verdict and all their votes, the newest first."""
    return desk.gallery(verdict, after)


@router.post("/api/people")
def let_in(asked: PersonAsked, request: Request, desk: ADesk, person: APerson) -> Link:
    """A one-time link for another person."""
    # The guard has let the origin pass: it is this server, as this browser names it.
    link = desk.link(asked.name, request.headers["origin"], person)
    return Link(person=asked.name, link=link)


@router.get(
    "/images/{image}",
    response_class=Response,
    responses={
        200: {"content": {"image/png": {}, "image/jpeg": {}}},
        404: NOT_FOUND,
    },
)
def show_image(image: str, desk: ADesk, person: APerson) -> Response:
    """The picture of an image."""
    picture = desk.thumbnails.picture(image)
    if picture is None:
        raise Refused(404, "there is no such image", "reload the page")
    headers = {"cache-control": "private, max-age=31536000, immutable"}
    return Response(picture.data, media_type=picture.kind, headers=headers)
