"""Who asks: the person whose session the request's cookie names."""

from typing import Annotated

from fastapi import Depends, Request, Response

from sempairs.review.base import Person
from sempairs.web.desk import Desk
from sempairs.web.security import Refused

SESSION = 30 * 24 * 3600
"""Seconds for which a browser keeps the cookie; the store ends the session itself after as long."""


def desk_of(request: Request) -> Desk:
    """The review that is served."""
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


ADesk = Annotated[Desk, Depends(desk_of)]


def visitor(request: Request, desk: ADesk) -> Person | None:
    """The person who asks; None who has not entered."""
    key = request.cookies.get(desk.cookie)
    return desk.review.store.person_of(key) if key else None


AVisitor = Annotated[Person | None, Depends(visitor)]


def entered(visitor: AVisitor) -> Person:
    """The person who asks. Refuses everybody else."""
    if visitor is None:
        raise Refused(401, "nobody is known by this session", "open a one-time link")
    return visitor


APerson = Annotated[Person, Depends(entered)]


def begin(response: Response, desk: Desk, key: str) -> None:
    """Let the browser keep the session: out of the reach of scripts, and of requests that other sites cause."""
    response.set_cookie(desk.cookie, key, max_age=SESSION, httponly=True, samesite="strict", path="/")
