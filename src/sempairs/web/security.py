"""The wall around the pages: what a request must be before anything reads it, and what every answer carries.

Source: W3C Fetch Metadata (Sec-Fetch-Site), and the resource isolation policy of https://web.dev/articles/fetch-metadata.
"""

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY = 64 * 1024
"""Bytes that a request may carry."""

POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
    "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
))  # fmt: skip
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    # Not "no-referrer": with it, browsers send "Origin: null" even from a form of our own.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
"""On every answer, refusals among them."""


class Guard:
    """Refuses what did not come from our own pages before any route sees it, and sets `HEADERS` on every answer.

    Parameters
    ----------
    app: what is guarded.
    hosts: exact values of the header Host, in lower case ("127.0.0.1:8321"). Another one means that somebody else's
        name was made to lead here (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self.app, self.hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI wants it."""
        if scope["type"] != "http":  # neither web sockets nor anything else is served
            return
        headers = Headers(scope=scope)
        refused = refusal(scope["method"], headers, self.hosts)
        stated = headers.get("content-length", "")
        is_large = stated.isdecimal() and (len(stated) > 20 or int(stated) > BODY)
        body = None if refused or is_large else await _body(receive)
        if refused is None and body is None:
            refused = 413, f"a request has more than {BODY} bytes", "send fewer decisions at once"
        if refused:
            await refuse(*refused)(scope, receive, _with_headers(send))
        else:
            assert body is not None
            await self.app(scope, _again(body, receive), _with_headers(send))


def refusal(method: str, headers: Headers, hosts: Collection[str]) -> tuple[int, str, str] | None:
    """Why a request is refused: status, problem and what to do; None if it may pass.

    Anything may be navigated to from outside, which shows a page and changes nothing. All else must come from our own
    pages: what is read, if the browser says where it comes from; what is changed, in any case.
    """
    host = headers.getlist("host")
    if len(host) != 1 or host[0].lower() not in hosts:
        return 421, "this server does not answer to that name", "use the address that it printed when it started"
    site, origin = headers.getlist("sec-fetch-site"), headers.getlist("origin")
    if method in ("GET", "HEAD"):
        navigated = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        passes = not site or site in (["same-origin"], ["none"]) or navigated
    else:
        is_ours = origin in ([f"http://{host[0].lower()}"], [f"https://{host[0].lower()}"])
        passes = is_ours and (site == ["same-origin"] or (not site and not _is_told_sites(origin[0])))
    if passes:
        return None
    return 403, "the request does not come from the pages of this server", "open its pages and act there"


def _is_told_sites(origin: str) -> bool:
    """Whether browsers send Sec-Fetch-Site there: not over plain HTTP to another machine. Origin they always send."""
    url = urlsplit(origin)
    try:
        is_here = ipaddress.ip_address(url.hostname or "").is_loopback
    except ValueError:
        is_here = url.hostname == "localhost"
    return url.scheme == "https" or is_here


class Refused(Exception):
    """What a route will not do."""

    def __init__(self, status: int, problem: str, todo: str) -> None:
        super().__init__(problem)
        self.status, self.problem, self.todo = status, problem, todo


def refuse(status: int, problem: str, todo: str) -> JSONResponse:
    """The answer to what went wrong, in the one form that errors have."""
    return JSONResponse({"error": {"problem": problem, "todo": todo}}, status)


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None as soon as it is too large, whatever Content-Length says."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY:
            return None
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """What gives a body that was read once more, then what follows it."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sending
