"""How fast the next pair is there."""

import numpy as np
import pytest

from made_visitor import Visitor

pytestmark = pytest.mark.browser

WATCH = """() => {
    window.waits = [];
    let pressed = null;
    addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
    new MutationObserver(() => {
        const since = pressed;
        // The frame after the next one begins when the next one has been painted.
        requestAnimationFrame(() => requestAnimationFrame((now) => window.waits.push(now - since)));
    }).observe(document.querySelector("[data-sides]"), { childList: true });
}"""


def test_the_next_pair_is_painted_within_a_tenth_of_a_second(visitor: Visitor) -> None:
    """shared/review.md: p95 of 200 decisions under 100 ms, from the key to the paint."""
    page = visitor.go()
    page.wait_for_load_state("networkidle")
    page.evaluate(WATCH)
    for number in range(200):
        visitor.press("x" if number % 7 == 3 else "a")
    page.wait_for_timeout(200)  # the last paint
    waits = page.evaluate("window.waits")
    visitor.saved()
    assert np.percentile(waits, 95) < 100, np.percentile(waits, [5, 50, 95, 100])
    assert visitor.verdicts() == ["reject" if number % 7 == 3 else "accept" for number in range(200)]
