"""A site, and people who visit it in Chromium. Wherever they go, nothing may break the policy or leave the origin."""

import itertools
import shutil
from collections.abc import Iterator
from importlib.resources import files

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from made_site import Site, make_project
from made_visitor import Visitor

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
WATCH = """addEventListener("securitypolicyviolation", (event) => {
    console.error("CSP", event.violatedDirective, event.blockedURI);
});"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(chromium: Browser, tests_cache: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running server. Its first person is Host."""
    running = Site(make_project(tmp_path_factory.mktemp("site")))
    yield running
    running.kill()


_numbers = itertools.count(1)


@pytest.fixture
def visitor(chromium: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """Somebody new. Afterwards nothing must have gone wrong in their browser but what they list in `wrong`."""
    context = chromium.new_context(**getattr(request, "param", {}))
    context.add_init_script(WATCH)
    context.set_default_timeout(15_000)
    page = context.new_page()
    person = Visitor(f"visitor {next(_numbers)}", site, context, page)
    happened: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: happened.append(f"error: {error}"))
        page.on("console", lambda said: happened.append(said.text) if said.type == "error" else None)
        page.on(
            "request", lambda asked: None if asked.url.startswith(site.url) else happened.append(f"left: {asked.url}")
        )

    watch(page)
    context.on("page", watch)
    page.goto(site.link(person.name))
    yield person
    context.close()
    unexpected = [line for line in happened if not any(known in line for known in person.wrong)]
    assert not unexpected


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which a Python package carries."""
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
