"""The pages as they leave the server: whole, and with every hostile name escaped."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from made import made_source
from made_review import made_app, made_review, visitor
from sempairs.review.settings import ReviewSettings

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>'\"&{{7*7}}"
PAGES = ("/", "/review", "/review?lane=random", "/review?lane=adjudicate&stratum=0", "/grid?stratum=0")


class Reader(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.data = "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One more element."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Text, or the content of the script that was opened last."""
        if self.tags and self.tags[-1] == ("script", {"type": "application/json", "id": "page-data"}) and not self.data:
            self.data = data
        self.text += data


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_only_what_is_ours_and_there(ada: TestClient, path: str) -> None:
    answer = ada.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Reader(answer.text)
    loaded = [attrs[name] for _, attrs in page.tags for name in ("src", "href") if name in attrs]
    for url in loaded:
        assert url is not None
        assert url.startswith(("/", "#"))
        assert not url.startswith("//")
        if url.startswith("/static/"):
            assert ada.get(url).status_code == 200, url
    # What the policy would block: scripts and styles in the page, and handlers of events.
    assert not [tag for tag, _ in page.tags if tag == "style"]
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on") or name == "style"]
    assert all("src" in attrs or attrs.get("type") == "application/json" for tag, attrs in page.tags if tag == "script")


def test_every_script_and_style_has_its_type(ada: TestClient) -> None:
    folder = Path(Reader.__module__ and __file__).parents[3] / "src" / "sempairs" / "web" / "static"
    types = {".js": "javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    for file in folder.iterdir():
        answer = ada.get(f"/static/{file.name}")
        assert types[file.suffix] in answer.headers["content-type"]
        assert answer.headers["cache-control"] == "no-cache"


def test_the_page_tells_its_script_where_it_stands(ada: TestClient) -> None:
    data = json.loads(Reader(ada.get("/review?lane=adjudicate&stratum=0").text).data)
    assert (data["lane"], data["stratum"], data["person"]) == ("adjudicate", 0, "Ada")
    assert data["progress"] == ada.get("/api/progress").json()
    assert json.loads(Reader(ada.get("/grid").text).data)["lane"] == "grid"


def test_hostile_names_stay_names(tmp_path: Path) -> None:
    source = made_source()
    object.__setattr__(source, "label_names", tuple(f"{HOSTILE} {number}" for number in range(4)))
    review = made_review(tmp_path, source, name=HOSTILE, settings=ReviewSettings(question=HOSTILE))
    client = visitor(made_app(review, source), review, HOSTILE)
    clean = [tag for tag, _ in Reader(client.get("/review").text).tags].count("script")
    for path in PAGES:
        text = client.get(path).text
        page = Reader(text)
        assert json.loads(page.data)["name"] == HOSTILE
        assert HOSTILE in page.text  # as text: the question
        assert "onerror" not in re.sub(r"&lt;.*?&gt;|\\u003c.*?\\u003e", "", text)
        assert "49" not in page.text.replace(page.data, "")  # nothing of it was taken for a template
        assert [tag for tag, _ in page.tags].count("script") <= clean + 1
    task = client.post("/api/tasks", json={}).json()["tasks"][0]
    assert task["name"].startswith(HOSTILE)


@pytest.mark.parametrize("path", ["/nowhere", "/review?lane=gold", "/grid?stratum=x", "/review?stratum=-1", "/enter"])
def test_a_person_who_goes_astray_gets_a_page(ada: TestClient, path: str) -> None:
    answer = ada.get(path, headers={"accept": "text/html,*/*"})
    assert answer.status_code in (404, 422)
    assert "<h1>" in answer.text
    assert "error" in ada.get(path).json()
