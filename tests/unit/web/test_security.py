"""The guard: what is refused before a route sees it, and what every answer carries."""

from collections.abc import Iterator

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from made import made_source
from made_review import BASE, browser, made_app, made_review, visitor
from sempairs.review.session import Review
from sempairs.web.security import BODY, Guard, refusal

POSTS = ("/api/tasks", "/api/decisions", "/api/people")
PATHS = (
    "/", "/review", "/grid", "/enter?token=no", "/api/progress", "/images/no", "/static/no", "/nowhere",
    "/openapi.json",
)  # fmt: skip
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    """One for all these tests, which change nothing in it."""
    made = made_review(tmp_path_factory.mktemp("security"), made_source())
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(review: Review) -> Guard:
    """Its server."""
    return made_app(review, made_source())


@pytest.fixture(scope="module")
def ada(app: Guard, review: Review) -> TestClient:
    """The browser of somebody who has entered."""
    return visitor(app, review, "Ada")


@pytest.fixture(scope="module")
def stranger(app: Guard) -> TestClient:
    """The browser of somebody who has not."""
    return browser(app)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8321.evil.example", "localhost:8321@evil.example",
        "127.0.0.1:8321, evil.example", "", "127.0.0.1.:8321", "[::1]:8321", "0.0.0.0:8321",
    ],
)  # fmt: skip
def test_another_host_is_refused(ada: TestClient, host: str) -> None:
    for answer in (ada.get("/", headers={"host": host}), ada.post("/api/tasks", json={}, headers={"host": host})):
        assert answer.status_code == 421
        assert answer.json()["error"]["todo"]


def test_two_hosts_are_refused(ada: TestClient) -> None:
    headers = [("host", "127.0.0.1:8321"), ("host", "127.0.0.1:8321")]
    assert ada.get("/", headers=headers).status_code == 421


def test_the_name_of_the_host_has_no_case(ada: TestClient) -> None:
    assert ada.get("/api/progress", headers={"host": "LOCALHOST:8321"}).status_code == 200


@pytest.mark.parametrize(
    ("site", "origin"),
    [
        ("cross-site", "https://evil.example"),
        ("same-site", "http://127.0.0.1:9999"),  # a hostile page on another port: the cookie comes along
        ("cross-site", BASE),
        ("same-origin", "https://evil.example"),
        ("same-origin", "null"),
        ("same-origin", "http://localhost:8321"),  # allowed as a host, but not the one that was asked
        ("same-origin", BASE + "/"),
        ("none", BASE),
        ("", BASE),
        ("same-origin", ""),
    ],
)
def test_a_post_from_elsewhere_is_refused(ada: TestClient, site: str, origin: str) -> None:
    headers = {"sec-fetch-site": site, "origin": origin, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    for path in POSTS:
        assert ada.post(path, json={}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("origin", "site", "passes"),
    [
        # Browsers send Fetch Metadata to trustworthy origins alone: https, and this machine.
        ("http://192.168.1.5:8321", "", True),
        ("http://192.168.1.5:8321", "same-origin", True),
        ("http://192.168.1.5:8321", "cross-site", False),
        ("https://192.168.1.5:8321", "", False),
        ("http://evil.example", "", False),
        ("http://127.0.0.1:8321", "", False),
        ("", "", False),
    ],
)
def test_over_plain_http_from_another_machine_the_origin_alone_tells(origin: str, site: str, passes: bool) -> None:
    told = {"host": "192.168.1.5:8321"} | ({"origin": origin} if origin else {})
    headers = Headers(told | ({"sec-fetch-site": site} if site else {}))
    assert (refusal("POST", headers, ["192.168.1.5:8321"]) is None) == passes


@pytest.mark.parametrize("host", ["127.0.0.1:8321", "localhost:8321", "[::1]:8321"])
def test_on_this_machine_both_headers_are_needed(host: str) -> None:
    headers = {"host": host, "origin": f"http://{host}"}
    assert refusal("POST", Headers(headers), [host]) is not None
    assert refusal("POST", Headers(headers | {"sec-fetch-site": "same-origin"}), [host]) is None


def test_a_post_without_the_headers_of_a_browser_is_refused(ada: TestClient) -> None:
    bare = TestClient(ada.app, BASE, cookies=dict(ada.cookies))
    assert bare.get("/api/progress").status_code == 200
    assert bare.post("/api/tasks", json={}).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_need_the_same(ada: TestClient, method: str) -> None:
    assert ada.request(method, "/api/tasks", headers={"origin": "https://evil.example"}).status_code == 403
    assert ada.request(method, "/api/tasks").status_code == 405


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_loads_is_refused_and_a_link_to_us_is_not(ada: TestClient, site: str) -> None:
    for mode, dest in (("no-cors", "image"), ("cors", "empty"), ("navigate", "iframe"), ("no-cors", "script")):
        headers = {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest}
        for path in PATHS:
            assert ada.get(path, headers=headers).status_code == 403
    link = {"sec-fetch-site": site, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert ada.get("/", headers=link).status_code == 200


def test_every_answer_carries_the_headers(ada: TestClient, stranger: TestClient) -> None:
    refused = ada.get("/", headers={"host": "evil.example"})
    large = ada.post("/api/tasks", content=b"x" * (BODY + 1))
    for answer in (*(c.get(path) for path in PATHS for c in (ada, stranger)), refused, large, ada.put("/")):
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        # As the issue demands: nothing from anywhere but ourselves, and nobody may frame us.
        own = dict.fromkeys(("script-src", "style-src", "img-src", "connect-src", "form-action"), "'self'")
        none = dict.fromkeys(("default-src", "frame-ancestors", "base-uri"), "'none'")
        assert policy == own | none
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in answer.headers
    assert ada.get("/").headers["cache-control"] == "no-store"


def test_a_large_body_is_refused_before_anything_parses_it(ada: TestClient) -> None:
    for size, status in ((BODY, 400), (BODY + 1, 413), (50 * BODY, 413)):  # 400: so many brackets are no JSON
        assert ada.post("/api/tasks", content=b"[" * size, headers=JSON).status_code == status


def test_a_body_of_no_stated_length_is_refused_as_soon_as_it_is_too_large(ada: TestClient) -> None:
    read = []

    def parts() -> Iterator[bytes]:
        for number in range(1000):
            read.append(number)
            yield b" " * 1024

    assert ada.post("/api/tasks", content=parts(), headers=JSON).status_code == 413
    lying = {**JSON, "content-length": "2"}
    assert ada.post("/api/tasks", content=b" " * (BODY + 1), headers=lying).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[" * 60_000, b'{"count": 1' + b"0" * 5000 + b"}", b'{"count": NaN}', b"\xff\xfe",
        b'{"\\ud800": 1}',
        b'{"count": 1e999}', b'{"count": true}', b'{"count": "1"}', b'{"lane": "gold"}', b'{"lane": "\\u0000"}',
        b'{"stratum": -1}', b'{"stratum": 99999999999999999999999}', b"null", b"[]", b'{"count": 101}',
        b'{"__proto__": {}}',
    ],
)  # fmt: skip
def test_a_body_of_another_form_is_answered_with_what_is_wrong(ada: TestClient, body: bytes) -> None:
    answer = ada.post("/api/tasks", content=body, headers=JSON)
    assert answer.status_code in (400, 422)
    said = answer.json()
    assert set(said) == {"error"}
    assert set(said["error"]) == {"problem", "todo"}


def test_a_form_is_no_json(ada: TestClient) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        assert ada.post("/api/tasks", content=b"{}", headers={"content-type": kind}).status_code == 422


def test_no_answer_tells_of_our_code(ada: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr("sempairs.web.desk.Desk.progress", broken)
    for headers in ({}, {"accept": "text/html"}):
        answer = ada.get("/api/progress", headers=headers)
        assert answer.status_code == 500
        for word in ("secret", "Traceback", "RuntimeError", ".py"):
            assert word not in answer.text


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/oauth2-redirect"])
def test_there_is_no_page_that_loads_scripts_from_elsewhere(ada: TestClient, path: str) -> None:
    assert ada.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static/%2e%2e%2fapp.py",
        "/static/..%5capp.py", "/static//etc/passwd", "/static/%00", "/static/....//app.py",
        "/static/%252e%252e/app.py",
        "/static/.%00./app.py", "/images/../../../../etc/passwd", "/images/..%2f..%2fetc%2fpasswd",
        "/images/%2e%2e/%2e%2e/etc/passwd", "/images//etc/passwd", "/images/%00", "/images/",
        "/images/0000", "/images/" + "a" * 5000, "/static/", "/static",
    ],
)  # fmt: skip
def test_no_path_leads_out(ada: TestClient, path: str) -> None:
    answer = ada.get(ada.base_url.copy_with(raw_path=path.encode()))  # as it is written, tidied by nobody
    assert answer.status_code in (400, 404)
    assert "root:" not in answer.text
    assert "make_app" not in answer.text
