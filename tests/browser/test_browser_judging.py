"""What keys and buttons do on the page of one pair."""

import pytest
from playwright.sync_api import expect

from made_visitor import Visitor

pytestmark = pytest.mark.browser


def kinds(visitor: Visitor) -> list[object]:
    return [event["kind"] for event in visitor.site.events(visitor.name)]


def test_undo_brings_the_pair_back_and_it_can_be_judged_anew(visitor: Visitor) -> None:
    page = visitor.go()
    first = visitor.shown()
    visitor.press("a", "Backspace")
    assert visitor.shown() == first
    visitor.press("x")
    visitor.saved()
    events = visitor.site.events(visitor.name)
    assert [(event["kind"], event["verdict"]) for event in events] == [
        ("verdict", "accept"), ("undo", None), ("verdict", "reject")
    ]  # fmt: skip
    assert events[1]["supersedes"] == events[0]["uuid"]
    assert len({event["pair"] for event in events}) == 1
    assert page.locator("[data-history] button").count() == 1


def test_undo_reaches_back_over_a_reload(visitor: Visitor) -> None:
    page = visitor.go()
    first = visitor.shown()
    visitor.press("a")
    second = visitor.shown()
    visitor.saved()
    page.reload()
    page.wait_for_selector("[data-history] button")
    page.wait_for_selector("[data-sides] img")
    assert visitor.shown() == second  # the lease is this person's
    visitor.press("Backspace")
    assert visitor.shown() == first
    visitor.saved()
    assert kinds(visitor) == ["verdict", "undo"]


def test_a_click_in_the_history_revises(visitor: Visitor) -> None:
    page = visitor.go()
    pairs = []
    for key in ("a", "a", "x"):
        pairs.append(visitor.shown())
        visitor.press(key)
    due = visitor.shown()
    assert page.locator("[data-history] button").count() == 3
    page.locator("[data-history] button").nth(1).click()  # the second one judged, of three
    visitor.other_than(due)
    assert visitor.shown() == pairs[1]
    assert page.locator("[data-was]").inner_text() == "“accept”"
    visitor.press(" ")
    assert visitor.shown() == due
    visitor.saved()
    events = visitor.site.events(visitor.name)
    assert [event["verdict"] for event in events] == ["accept", "accept", "reject", "unsure"]
    assert events[3]["supersedes"] == events[1]["uuid"]
    assert page.locator("[data-history] button").last.get_attribute("class") == "unsure"


def test_keys_rest_while_something_is_typed_or_a_dialog_is_open(visitor: Visitor) -> None:
    page = visitor.go()
    shown = visitor.shown()
    page.keyboard.press("n")
    page.keyboard.type("a x z")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    for key in "axa":
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    for keys in ("Control+a", "Alt+x", "Meta+a"):
        page.keyboard.press(keys)
    assert visitor.shown() == shown
    visitor.saved()
    assert [(event["kind"], event["text"]) for event in visitor.site.events(visitor.name)] == [("note", "a x z")]


def test_a_held_key_judges_once(visitor: Visitor) -> None:
    page = visitor.go()
    before = visitor.shown()
    for _ in range(10):
        page.keyboard.down("a")  # from the second on, as a keyboard repeats
    page.keyboard.up("a")
    visitor.other_than(before)
    visitor.saved()
    assert visitor.verdicts() == ["accept"]


def test_keys_can_be_changed_and_switched_off_and_stay_so(visitor: Visitor) -> None:
    page = visitor.go()
    page.keyboard.press("?")
    page.click("[data-open=remap]")
    page.click("[data-remap=accept]")
    page.keyboard.press("x")  # it rejects already
    assert "Reject" in page.locator("[data-remap-says]").inner_text()
    page.click("[data-remap=accept]")
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector("[data-sides] img")
    assert page.locator("[data-action=accept] kbd").inner_text() == "J"
    shown = visitor.shown()
    page.keyboard.press("a")
    assert visitor.shown() == shown
    visitor.press("j")
    visitor.saved()

    page.keyboard.press("?")
    page.click("[data-open=remap]")
    page.click("[data-keys-on]")
    page.keyboard.press("Escape")
    shown = visitor.shown()
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert visitor.shown() == shown
    page.click("[data-action=reject]")
    expect(page.locator("[data-history] button")).to_have_count(2)
    visitor.saved()
    assert visitor.verdicts() == ["accept", "reject"]


def test_every_action_is_a_button_too(visitor: Visitor) -> None:
    page = visitor.go()
    for number, action in enumerate(("accept", "reject", "unsure"), 1):
        page.click(f"[data-action={action}]")
        expect(page.locator("[data-history] button")).to_have_count(number)
        page.wait_for_selector("[data-sides] img")
    page.click("[data-action=undo]")
    page.click("[data-action=flag]")
    page.click("[data-action=flag]")
    visitor.saved()
    assert kinds(visitor) == ["verdict", "verdict", "verdict", "undo", "flag", "unflag"]
    # A click does not keep the focus: else the next Space would press that button.
    assert page.evaluate("document.activeElement.tagName") in ("BODY", "MAIN")


def test_one_image_stands_in_the_place_of_the_other(visitor: Visitor) -> None:
    page = visitor.go()
    figures = page.locator("[data-sides] figure")
    apart = [figures.nth(side).bounding_box() for side in (0, 1)]
    assert apart[0] is not None
    assert apart[1] is not None
    assert apart[0]["x"] < apart[1]["x"]
    assert (apart[0]["width"], apart[0]["height"]) == (apart[1]["width"], apart[1]["height"])
    for side in (0, 1, 0):
        page.keyboard.press("z")
        assert figures.nth(side).is_visible()
        assert not figures.nth(1 - side).is_visible()
        assert figures.nth(0).bounding_box() == figures.nth(1).bounding_box()
    page.keyboard.press("Escape")
    assert figures.nth(0).is_visible()
    assert figures.nth(1).is_visible()


def test_the_vote_tells_whether_the_class_was_shown(visitor: Visitor) -> None:
    page = visitor.go()
    assert not page.locator("[data-name]").is_visible()
    visitor.press("a")
    page.keyboard.press("c")
    assert page.locator("[data-name]").is_visible()
    page.keyboard.press("c")  # it was seen all the same
    visitor.press("a")
    visitor.press("a")
    visitor.saved()
    assert [event["class_shown"] for event in visitor.site.events(visitor.name)] == [False, True, False]
