"""Somebody who judges in a browser."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Page

from made_site import Site

SHOWN = "[...document.querySelectorAll('[data-sides] img')].map((image) => image.src).join()"
"""Which pair is on the page, as an expression of JavaScript."""


@dataclass
class Visitor:
    """Somebody with a browser of their own, who was let in."""

    name: str
    site: Site
    context: BrowserContext
    page: Page
    wrong: list[str] = field(default_factory=list)

    def go(self, path: str = "/review") -> Page:
        """Open a page of the site; the one for judging is ready when its pair is shown."""
        self.page.goto(self.site.url + path)
        if path.startswith("/review"):
            self.page.wait_for_selector("[data-sides] img")
        return self.page

    def press(self, *keys: str) -> None:
        """Press keys one after the other, as soon as the pair that they are meant for is on the page."""
        for key in keys:
            before = self.shown()
            self.page.keyboard.press(key)
            self.other_than(before)

    def other_than(self, before: str) -> None:
        """Wait until another pair is shown: Playwright's own wait evaluates a string, which the policy forbids."""
        self.page.evaluate(
            f"""(before) => new Promise((resolve) => {{
                const look = () => [before, ""].includes({SHOWN}) ? requestAnimationFrame(look) : resolve();
                look();
            }})""", before,
        )  # fmt: skip

    def shown(self) -> str:
        """Which pair is on the page."""
        found: str = self.page.evaluate(SHOWN)
        return found

    def saved(self) -> None:
        """Wait until the page says that everything is saved."""
        self.page.wait_for_selector('[data-saved][data-state="saved"]', timeout=60_000)

    def verdicts(self) -> list[Any]:
        """What of this person stands in the store, in order."""
        return [event["verdict"] for event in self.site.events(self.name) if event["kind"] == "verdict"]
