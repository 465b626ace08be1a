"""A queue that loses nothing: without a connection, over a closed window, and when the server is killed."""

import pytest

from made_visitor import Visitor

pytestmark = pytest.mark.browser
LOST = "net::ERR_"


def test_offline_decisions_are_sent_in_order_when_the_connection_is_back(visitor: Visitor) -> None:
    visitor.wrong.append(LOST)
    page = visitor.go()
    visitor.press("a")
    visitor.saved()
    visitor.context.set_offline(True)
    visitor.press("x", "a", "Backspace", "x", "x")
    page.wait_for_selector('[data-saved][data-state="retrying"]')
    assert visitor.verdicts() == ["accept"]
    visitor.context.set_offline(False)
    visitor.saved()
    events = visitor.site.events(visitor.name)
    assert [event["verdict"] for event in events] == ["accept", "reject", "accept", None, "reject", "reject"]
    assert events[3]["supersedes"] == events[2]["uuid"]
    assert len({event["uuid"] for event in events}) == 6


def test_what_waits_outlives_the_window(visitor: Visitor) -> None:
    visitor.wrong.append(LOST)
    page = visitor.go()
    visitor.context.set_offline(True)
    visitor.press("a", "x", "a")
    page.wait_for_selector('[data-saved][data-state="retrying"]')
    judged = [image for image in page.locator("[data-history] img").evaluate_all("all => all.map((one) => one.src)")]
    page.close()
    visitor.context.set_offline(False)
    visitor.page = visitor.context.new_page()
    visitor.go()
    visitor.saved()
    assert visitor.verdicts() == ["accept", "reject", "accept"]
    assert visitor.shown().split(",")[0] not in judged[::2] or visitor.shown().split(",")[1] not in judged[1::2]


def test_a_killed_server_loses_nothing(visitor: Visitor) -> None:
    visitor.wrong.append(LOST)
    page = visitor.go()
    visitor.press("a", "x", "a")
    visitor.saved()
    visitor.site.kill()
    assert visitor.verdicts() == ["accept", "reject", "accept"]  # what was shown as saved
    visitor.press("x", "a", "x", "x")
    page.wait_for_selector('[data-saved][data-state="retrying"]')
    visitor.site.start()
    visitor.saved()
    visitor.press("a")
    visitor.saved()
    assert visitor.verdicts() == ["accept", "reject", "accept", "reject", "accept", "reject", "reject", "accept"]
    review = visitor.site.review()
    review.store.verify_chain()
    review.close()


def test_a_session_that_ended_keeps_what_waits(visitor: Visitor) -> None:
    visitor.wrong.append("401")
    page = visitor.go()
    visitor.context.clear_cookies()
    visitor.press("a", "x")
    page.wait_for_selector('[data-saved][data-state="signed-out"]')
    page.wait_for_selector('[data-notice]:has-text("2 decisions wait")')  # the first may be refused before the second
    page.goto(visitor.site.link(visitor.name))
    visitor.go()
    visitor.saved()
    assert visitor.verdicts() == ["accept", "reject"]
