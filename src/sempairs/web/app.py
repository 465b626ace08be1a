"""The web server of one review, put together: the guard outside, then pages, scripts and answers."""

from collections.abc import Collection
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from sempairs.core.errors import UserError
from sempairs.web import api, pages
from sempairs.web.desk import Desk
from sempairs.web.security import Guard, Refused, refuse
from sempairs.web.sessions import APerson


def make_app(desk: Desk, hosts: Collection[str]) -> Guard:
    """The server as an ASGI application.

    Parameters
    ----------
    desk: the review.
    hosts: see `Guard`.
    """
    app = FastAPI(title="sempairs review", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.desk = desk
    app.include_router(pages.router)
    app.include_router(api.router)
    app.add_api_route("/openapi.json", _schema, include_in_schema=False)
    app.mount("/static", _Static(directory=str(files("sempairs.web") / "static")), "static")
    for error in (UserError, RequestValidationError, HTTPException, Refused, Exception):
        app.add_exception_handler(error, _answer)
    return Guard(app, hosts)


class _Static(StaticFiles):
    """Styles and scripts, which browsers keep and ask about."""

    def file_response(self, *given: Any, **options: Any) -> Response:
        answer = super().file_response(*given, **options)
        answer.headers["cache-control"] = "no-cache"
        return answer


def _schema(request: Request, person: APerson) -> dict[str, Any]:
    """What the API understands."""
    assert isinstance(request.app, FastAPI)
    return request.app.openapi()


def _answer(request: Request, error: Exception) -> Response:
    """To what went wrong: a page for people, JSON for scripts. Neither repeats what came, nor tells of our code."""
    status, problem, todo = _told(error)
    wants_page = "text/html" in request.headers.get("accept", "")
    answer = pages.letter(status, "That does not work", problem, todo) if wants_page else refuse(status, problem, todo)
    if isinstance(error, HTTPException):  # which methods there are, for one that is not
        answer.headers.update(error.headers or {})
    return answer


def _told(error: Exception) -> tuple[int, str, str]:
    match error:
        case Refused():
            return error.status, error.problem, error.todo
        case UserError():
            # The database or a file is not as it should be: what was sent may be sent again.
            return 503, error.problem, error.todo or "try again"
        case RequestValidationError():
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            # A name in it may be one that came: half a character of UTF-16, too, which no answer can hold.
            problem = f"{where}: {first['msg']}".encode("utf-8", "replace").decode()
            return 422, problem[:300], "reload the page, and send what it sends"
        case HTTPException():
            return error.status_code, str(error.detail).lower(), "go to the page of the project"
    return 500, "the server made a mistake", "try again; whoever runs it finds more in its terminal"
