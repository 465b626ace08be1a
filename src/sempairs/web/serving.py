"""From a review to a running server: one process, and one thread that keeps the order of the queue fresh."""

import contextlib
import ipaddress
import logging
import socket
import threading
import time
import webbrowser
from collections.abc import Iterator, Sequence

import uvicorn

from sempairs.core.errors import UserError
from sempairs.core.progress import say
from sempairs.core.seeds import seed_of
from sempairs.review.session import Review
from sempairs.sources.base import Source
from sempairs.web.app import make_app
from sempairs.web.desk import Desk
from sempairs.web.thumbnails import Thumbnails, enlarged

log = logging.getLogger(__name__)

PORTS = range(20_000, 30_000)
"""Among which a review has its own: below those that systems lend out by chance."""
REFRESH = 1.0
"""Seconds between two looks at whether the order is to be fitted again."""
SHARE = 0.1
"""Of the time, at most, that goes into this: the rest is for those who click."""


def serve(
    review: Review,
    *,
    person: str = "me",
    address: str = "127.0.0.1",
    port: int = 0,
    names: Sequence[str] = (),
    open_browser: bool = True,
) -> None:
    """Serve the pages of a review until Ctrl-C; prints a link that lets its person in, once.

    Parameters
    ----------
    person: who judges in this browser, and lets others in.
    address: of this machine. Any but the loopback is reachable by others, and what they send can be read on the way.
    port: 0 for the review's own, the same every day: a browser finds decisions again that could not be sent.
    names: by which others call this server ("192.168.1.5", "review.example.org"), beside the address.
    open_browser: whether to open the link.

    Raises
    ------
    UserError: the images cannot be opened, the address or the port cannot be had, all addresses without `names`.
    """
    with _listening(review, address, port) as door:
        hosts = allowed_hosts(address, door.getsockname()[1], names)
        host = review.person(person)
        desk = Desk(review, Thumbnails(review.candidates, _images(review)), host)
        link = f"http://{hosts[0]}/enter?token={review.store.make_token(host)}"
        print(f"{review.store.name}: {link}", flush=True)
        if not _is_loopback(address):
            say("others on the network can reach this server, and read what is sent: put a proxy with TLS before it")
        if open_browser:
            webbrowser.open(link)
        with _refreshing(desk), contextlib.suppress(KeyboardInterrupt):
            _run(desk, hosts, door)


def own_port(review: Review) -> int:
    """The port at which a review is served where nobody says another one."""
    return PORTS[seed_of("port", review.store.name, str(review.store.created_at)) % len(PORTS)]


def allowed_hosts(address: str, port: int, names: Sequence[str] = ()) -> list[str]:
    """What the header Host may be, the value for our own links first.

    Raises
    ------
    UserError: the address stands for all of the machine's, and no name is given.
    """
    given = [address, *names]
    if ipaddress.ip_address(address).is_unspecified:
        given = list(names)
    elif _is_loopback(address):
        given += ["localhost"]
    if not given:
        raise UserError(
            f"{address} is every address of this machine", got="no name by which others call it",
            todo="say it (--host NAME), so that the server answers to that name alone",
        )  # fmt: skip
    given = [f"[{name}]" if ":" in name else name.lower() for name in given]
    # Behind a proxy, or at port 80, the header has no port.
    return [f"{name}:{port}" for name in given] + [name.lower() for name in names]


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback


@contextlib.contextmanager
def _listening(review: Review, address: str, port: int) -> Iterator[socket.socket]:
    """The open port. It listens before a browser is told of it. Raises UserError if it cannot be had."""
    for wanted in [port] if port else [own_port(review), 0]:
        try:
            family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
            door = socket.create_server((address, wanted), family=family)
            break
        except ValueError:
            raise UserError("the address is not one of a machine", got=address, todo="for example 127.0.0.1") from None
        except OSError as error:
            reason = error.strerror
    else:
        raise UserError(f"cannot listen at {address}, port {port}", got=reason, todo="choose another port or address")
    with door:
        # For every connection: else the second packet of an answer waits 40 ms for an acknowledgement of the first.
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield door


def _images(review: Review) -> Source:
    """The images of a review, large where that is possible."""
    spec = review.store.pair_set().origin.source
    return review.source(**(enlarged(spec).options if spec else {}))


@contextlib.contextmanager
def _refreshing(desk: Desk) -> Iterator[None]:
    """Keep the order and the certificate fresh on a thread. What goes wrong there stops nobody's work."""
    stop = threading.Event()

    def loop() -> None:
        pause = REFRESH
        while not stop.wait(pause):
            began = time.monotonic()
            try:
                desk.refresh()
            except Exception:
                log.exception("the order of the queue was not refreshed")
            pause = max(REFRESH, (time.monotonic() - began) / SHARE)

    thread = threading.Thread(target=loop, name="refresh", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _run(desk: Desk, hosts: Sequence[str], door: socket.socket) -> None:
    """Answer requests until Ctrl-C. Nothing is logged: a link of the log would let its reader in."""
    # Its own configuration of logging would close the handlers, and with absl's even the streams, of all libraries.
    config = uvicorn.Config(
        make_app(desk, hosts), log_config=None, access_log=False, log_level="warning", lifespan="off", http="h11",
        ws="none", server_header=False, date_header=False, proxy_headers=False, timeout_graceful_shutdown=2,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[door])
