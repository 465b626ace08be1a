"""All pages: accessible in both themes and at phone width, deaf to other sites, and text stays text."""

import http.server
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from made_site import HOSTILE
from made_visitor import Visitor
from sempairs.review.base import Lane

pytestmark = pytest.mark.browser

RUN = """(tags) => axe.run(document, { runOnly: tags }).then((found) =>
    found.violations.map((one) => [one.id, one.nodes.map((node) => node.html + node.failureSummary)]))"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest.mark.parametrize(
    "visitor",
    [{"color_scheme": scheme, "viewport": size} for scheme in ("light", "dark") for size in (DESKTOP, PHONE)],
    indirect=True, ids=["light", "light, phone", "dark", "dark, phone"],
)  # fmt: skip
def test_axe_finds_nothing(visitor: Visitor, axe: str) -> None:
    page = visitor.go()

    def found() -> object:
        page.evaluate(axe)
        # The flash of a pressed button is over.
        expect(page.locator(".pressed")).to_have_count(0)
        page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
        return page.evaluate(RUN, TAGS)

    visitor.press("a", "x", " ")
    page.keyboard.press("c")
    assert found() == []
    for dialog in ("help", "remap", "note"):
        page.evaluate(f"document.getElementById('{dialog}').showModal()")
        assert found() == [], dialog
        page.evaluate(f"document.getElementById('{dialog}').close()")
    page.keyboard.press("z")
    page.locator("[data-history] button").first.click()
    assert found() == []
    visitor.go("/")
    page.wait_for_selector("[data-section=strata] table")
    page.wait_for_load_state("networkidle")
    assert found() == []
    with_grid(visitor)
    visitor.go("/grid")
    page.locator("[data-pairs] button").first.click()
    assert found() == []
    page.goto(visitor.site.url + "/enter?token=used")
    assert found() == []
    visitor.wrong.append("401")


def with_grid(visitor: Visitor) -> None:
    """All pairs that nobody has begun count as easy."""
    review = visitor.site.review()
    review.store.set_queue(Lane.grid, np.arange(len(review.candidates)), "made")
    review.close()


def test_a_page_of_pairs_is_saved_with_its_exceptions_and_taken_back(visitor: Visitor) -> None:
    with_grid(visitor)
    page = visitor.go("/grid")
    tiles = page.locator("[data-pairs] button")
    tiles.first.wait_for()
    count = tiles.count()
    tiles.nth(0).click()
    tiles.nth(2).click()
    tiles.nth(2).click()
    assert page.locator("[data-chosen]").inner_text() == f"{count - 2} accepted, 1 rejected, 1 unsure"
    page.keyboard.press("s")
    page.wait_for_selector("[data-action=undo]:enabled")
    visitor.saved()
    said = visitor.verdicts()
    assert said == ["reject", "accept", "unsure"] + ["accept"] * (count - 3)
    assert {event["lane"] for event in visitor.site.events(visitor.name)} == {"grid"}
    page.click("[data-action=undo]")
    visitor.saved()
    assert sum(event["kind"] == "undo" for event in visitor.site.events(visitor.name)) == count


def test_hostile_names_stay_text(visitor: Visitor) -> None:
    page = visitor.go("/")
    page.wait_for_selector("[data-section=strata] table")
    assert HOSTILE in page.locator("[data-section=strata]").inner_text()
    title = page.title()
    visitor.go("/review")
    page.keyboard.press("c")
    seen = set()
    for _ in range(20):
        seen.add(page.locator("[data-name]").inner_text())
        visitor.press("a")
    assert HOSTILE in seen
    visitor.saved()
    visitor.go("/")
    page.wait_for_load_state("networkidle")
    assert page.title() == title
    assert page.locator("img[onerror], img[src=x]").count() == 0


def test_the_theme_is_the_systems_until_somebody_chooses(visitor: Visitor) -> None:
    page = visitor.go("/")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.click("[data-theme-switch]")
    dark = page.evaluate(ground)
    assert dark != light
    visitor.go("/review")
    assert page.evaluate(ground) == dark
    page.click("[data-theme-switch]")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) == light


def test_the_host_lets_others_in(visitor: Visitor) -> None:
    visitor.page.goto(visitor.site.link("Host"))
    page = visitor.go("/")
    page.fill("#invited", "Ida <b>")
    page.click("[data-invite] button[type=submit]")
    link = page.locator("[data-link] code").inner_text()
    other = visitor.page.context.browser.new_context().new_page()
    other.goto(link)
    assert other.locator(".person").inner_text() == "Ida <b>"
    other.context.close()


ATTACK = """<!doctype html><iframe name="hidden"></iframe>
<form method="post" target="hidden" enctype="text/plain" action="{url}/api/decisions">
<input name='{body}' value=''>
</form>
<script>
  document.forms[0].submit();
  const body = document.forms[0][0].name;
  for (const mode of ["no-cors", "cors"])
    fetch("{url}/api/decisions", {{ method: "POST", mode, credentials: "include", body }}).catch(() => {{}});
</script>"""


@pytest.fixture
def attack() -> Iterator[dict[str, str]]:
    """A server of somebody else on this machine; the page that it serves is in `page`."""
    content = {"page": ""}

    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(content["page"].encode())

        def log_message(self, *given: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        content["url"] = f"http://127.0.0.1:{server.server_port}/"
        yield content
        server.shutdown()


def test_a_hostile_page_on_another_port_cannot_judge(visitor: Visitor, attack: dict[str, str]) -> None:
    """The cookie alone would let it: another port of this machine is the same site to a browser."""
    page = visitor.go()
    with page.expect_request("**/api/tasks") as asked:
        page.reload()
    task = asked.value.response().json()["tasks"][0]["id"]
    body = f'{{"decisions":[{{"uuid":"forged","task":"{task}","kind":"verdict","verdict":"accept"}}]}}'
    attack["page"] = ATTACK.format(url=visitor.site.url, body=body)
    visitor.wrong += ["left:", "403", "CORS", "net::ERR", "frame"]
    statuses: list[int] = []
    page.on("response", lambda said: statuses.append(said.status) if said.url.endswith("/api/decisions") else None)
    page.goto(attack["url"])
    page.wait_for_load_state("networkidle")
    assert statuses
    assert set(statuses) == {403}
    assert visitor.site.events(visitor.name) == []
