"""One-time links, sessions, and who may let others in."""

from collections.abc import Callable
from http.cookies import SimpleCookie

import pytest
from starlette.testclient import TestClient

from made import made_source
from made_review import BASE, browser, made_app
from sempairs.review.session import Review
from sempairs.web.security import Guard

API = ("/api/history", "/api/progress", "/api/project", "/api/gallery?verdict=accept", "/images/no", "/openapi.json")
Visit = Callable[[str], TestClient]


def test_a_link_lets_in_once(stranger: TestClient, review: Review) -> None:
    link = f"/enter?token={review.store.make_token(review.person('Ada'))}"
    answer = stranger.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert cookie["httponly"] is True
    assert (cookie["samesite"], cookie["path"]) == ("strict", "/")
    assert cookie["domain"] == ""  # for this host alone
    assert stranger.get("/api/progress").status_code == 200
    assert stranger.get(link).status_code == 303  # who is in may use it as a bookmark
    again = browser(stranger.app)
    assert again.get(link).status_code == 401
    assert again.get("/api/progress").status_code == 401


def test_after_a_link_on_another_site_our_own_page_loads_the_next(stranger: TestClient, review: Review) -> None:
    # The cookie is SameSite=Strict: a redirection that another site began would come without it.
    token = review.store.make_token(review.person("Ada"))
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    answer = stranger.get("/enter", params={"token": token}, headers=headers)
    assert (answer.status_code, answer.headers["refresh"]) == (200, "0; url=/")
    assert stranger.get("/").status_code == 200


@pytest.mark.parametrize("token", ["", "no", "x" * 10_000, "\0", "\udcff".encode(errors="replace").decode(), "é"])
def test_a_token_that_is_none_lets_nobody_in(stranger: TestClient, token: str) -> None:
    answer = stranger.get("/enter", params={"token": token})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_without_a_session_there_is_nothing(stranger: TestClient) -> None:
    for path in API:
        assert stranger.get(path).status_code == 401
    for path in ("/api/tasks", "/api/decisions", "/api/people"):
        assert stranger.post(path, json={}).status_code == 401
    for path in ("/", "/review", "/grid"):
        answer = stranger.get(path)
        assert answer.status_code == 401
        assert "page-data" not in answer.text


@pytest.mark.parametrize("key", ["no", "", "x" * 5000, "%00", "'; drop table people; --"])
def test_a_cookie_that_is_none_opens_nothing(app: Guard, ada: TestClient, key: str) -> None:
    (name,) = dict(ada.cookies)
    headers = {"cookie": f"{name}={key}"}
    for path in API:
        assert browser(app).get(path, headers=headers).status_code == 401


def test_a_session_outlives_the_server(ada: TestClient, review: Review) -> None:
    restarted = browser(made_app(review, made_source()))
    restarted.cookies.update(ada.cookies)
    assert restarted.get("/api/progress").status_code == 200


def test_the_host_lets_others_in(ada: TestClient, app: Guard) -> None:
    said = ada.post("/api/people", json={"name": "Bob"}).json()
    assert said["person"] == "Bob"
    assert said["link"].startswith(f"{BASE}/enter?token=")
    bob = browser(app)
    assert bob.get(said["link"]).status_code == 303
    assert bob.get("/api/project").json()["person"] == "Bob"
    # Bob lets nobody in; Ada does, and gives Bob another link if he loses his session.
    assert bob.post("/api/people", json={"name": "Eve"}).status_code == 403
    assert ada.post("/api/people", json={"name": " Bob "}).json()["link"] != said["link"]
    assert [person["name"] for person in ada.get("/api/project").json()["people"]] == ["Ada", "Bob"]


def test_nobody_judges_as_a_simulated_person(ada: TestClient, review: Review) -> None:
    review.store.add_person("robot", simulated=True)
    assert ada.post("/api/people", json={"name": "robot"}).status_code == 400


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "a\nb", "a\0b", "\u202e", 7, None])
def test_a_name_is_a_name(ada: TestClient, review: Review, name: object) -> None:
    assert ada.post("/api/people", json={"name": name}).status_code in (400, 422)
    assert len(review.store.people()) == 1
