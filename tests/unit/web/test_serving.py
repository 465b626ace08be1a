"""A server that listens: where, for whom, and what goes on behind it."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from made_review import made_review
from sempairs.core.errors import UserError
from sempairs.review.session import Review
from sempairs.sources.opening import open_source
from sempairs.web.desk import Desk
from sempairs.web.serving import PORTS, allowed_hosts, own_port, serve


@pytest.fixture
def digits(tmp_path: Path) -> Iterator[Review]:
    """A review whose images can be opened again."""
    made = made_review(tmp_path, open_source("digits"))
    yield made
    made.close()


class Served:
    """A server on a thread of its own, stopped at the end of a `with` block."""

    def __init__(self, review: Review, monkeypatch: pytest.MonkeyPatch, **options: object) -> None:
        self.opened: list[str] = []
        self.servers: list[uvicorn.Server] = []
        run = uvicorn.Server.run

        def noted(server: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
            self.servers.append(server)
            run(server, sockets)

        monkeypatch.setattr(uvicorn.Server, "run", noted)
        monkeypatch.setattr("webbrowser.open", self.opened.append)
        self.thread = threading.Thread(target=serve, args=(review,), kwargs=options)

    def __enter__(self) -> "Served":
        self.thread.start()
        while not self.opened and self.thread.is_alive():
            time.sleep(0.01)
        return self

    def __exit__(self, *error: object) -> None:
        while not self.servers and self.thread.is_alive():
            time.sleep(0.01)
        for server in self.servers:
            server.should_exit = True
        self.thread.join()


def test_a_served_review_lets_its_person_in_and_shows_images(
    digits: Review, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Served(digits, monkeypatch, person="Ada") as served:
        (link,) = served.opened
        base = f"http://127.0.0.1:{own_port(digits)}"
        assert link.startswith(f"{base}/enter?token=")
        assert link in capsys.readouterr().out
        with httpx.Client(base_url=base, headers={"origin": base, "sec-fetch-site": "same-origin"}) as client:
            answer = client.get(link)
            assert (answer.status_code, answer.headers["location"]) == (303, "/")
            assert "server" not in answer.headers
            (task,) = client.post("/api/tasks", json={"count": 1}).json()["tasks"]
            assert client.get(f"/images/{task['left']}").headers["content-type"] == "image/png"
            assert client.get("/", headers={"host": "evil.example"}).status_code == 421
    assert [person.name for person in digits.store.people()] == ["Ada"]


def test_the_logging_of_other_libraries_is_left_alone(digits: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []

    class Theirs(logging.StreamHandler):  # type: ignore[type-arg]
        def close(self) -> None:
            closed.append("closed")
            super().close()

    handler = Theirs()
    with Served(digits, monkeypatch, person="Ada"):
        pass
    assert not closed
    handler.close()


def test_no_answer_waits_for_an_acknowledgement(digits: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    # Linux acknowledges after 40 ms what is not answered: with Nagle's algorithm each answer would take as long.
    with Served(digits, monkeypatch) as served, httpx.Client() as client:
        assert client.get(served.opened[0]).status_code == 303
        seconds = []
        for _ in range(20):
            began = time.perf_counter()
            assert client.get(served.opened[0].replace("/enter", "/static/base.css")).status_code == 200
            seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.035


def test_what_no_browser_sends_is_answered_too(digits: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    with Served(digits, monkeypatch):
        name = f"127.0.0.1:{own_port(digits)}"
        host = f"Host: {name}\r\n"
        ours = f"Origin: http://{name}\r\nSec-Fetch-Site: same-origin\r\n"
        for request, status in (
            (f"GET /static/../app.py HTTP/1.1\r\n{host}", 404),
            (f"GET /static/%2e%2e/app.py HTTP/1.1\r\n{host}", 404),
            (f"GET /static/..%2f..%2fpyproject.toml HTTP/1.1\r\n{host}", 404),
            (f"GET //etc/passwd HTTP/1.1\r\n{host}", 404),
            (f"GET http://evil.example/ HTTP/1.1\r\n{host}", 404),
            ("GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n", 421),
            ("GET / HTTP/1.0\r\n", 421),
            (f"GET / HTTP/1.1\r\n{host}{host}", 400),
            # Refused by what it says of its length, before a byte of it has come.
            (f"POST /api/tasks HTTP/1.1\r\n{host}{ours}Content-Length: 99999999\r\n", 413),
            (f"GET / HTTP/1.1\r\n{host}Connection: Upgrade\r\nUpgrade: websocket\r\n", 401),
        ):
            with socket.create_connection(("127.0.0.1", own_port(digits)), timeout=10) as wire:
                wire.sendall(request.encode() + b"\r\n")
                answer = wire.makefile("rb").readline().decode()
                assert answer.split(" ")[1] == str(status), request[:100]


def test_a_taken_port_is_replaced_unless_it_was_asked_for(digits: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", own_port(digits))):
        with Served(digits, monkeypatch) as served:
            assert f":{own_port(digits)}/" not in served.opened[0]
        with pytest.raises(UserError, match="cannot listen"):
            serve(digits, port=own_port(digits), open_browser=False)


def test_the_order_is_refreshed_while_people_judge_and_a_mistake_there_stops_nobody(
    digits: Review, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refreshed = threading.Event()

    def refresh(desk: Desk) -> None:
        if len(caplog.records):
            refreshed.set()
        raise RuntimeError("no model today")

    monkeypatch.setattr(Desk, "refresh", refresh)
    monkeypatch.setattr("sempairs.web.serving.REFRESH", 0.01)
    with Served(digits, monkeypatch) as served:
        assert refreshed.wait(10)
        assert httpx.get(served.opened[0]).status_code == 303
    assert "was not refreshed" in caplog.text


def test_by_which_names_a_server_is_called() -> None:
    assert allowed_hosts("127.0.0.1", 8321) == ["127.0.0.1:8321", "localhost:8321"]
    assert allowed_hosts("::1", 8321) == ["[::1]:8321", "localhost:8321"]
    assert allowed_hosts("192.168.1.5", 8321) == ["192.168.1.5:8321"]
    # Behind a proxy the header is the name alone.
    assert allowed_hosts("0.0.0.0", 80, ["Review.Example.org"]) == ["review.example.org:80", "review.example.org"]
    for address in ("0.0.0.0", "::"):
        with pytest.raises(UserError, match="every address"):
            allowed_hosts(address, 8321)


def test_an_address_that_is_none_is_named(digits: Review) -> None:
    for address in ("evil.example", "192.0.2.1"):  # a name; an address for documentation, which no machine has
        with pytest.raises(UserError, match=r"address|cannot listen"):
            serve(digits, address=address, open_browser=False)


def test_the_port_of_a_review_is_its_own_every_day(digits: Review) -> None:
    assert own_port(digits) == own_port(digits)
    assert own_port(digits) in PORTS
