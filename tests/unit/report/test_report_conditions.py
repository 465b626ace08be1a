"""What is said to be equal is equal; what differs is shown."""

import dataclasses
from pathlib import Path

from sempairs.report.conditions import composition, conditions, member
from sempairs.report.contents import read_contents
from sempairs.report.limits import limits


def test_matched_arms_are_equal_in_everything(folder: Path) -> None:
    rows = {row.name: row for row in conditions(read_contents(folder))}
    assert all(row.equal for row in rows.values())
    assert rows["Pairs for training"].values == ("6,000 pairs",)
    assert rows["Class of each pair's first image"].values == ("2,000 of each of 3 classes",)
    assert rows["Budget"].values == ("115 optimizer steps, 29,440 pairs seen",)  # 115 x 256
    assert rows["Encoder"].values == ("small-resnet: width 32",)
    assert rows["Seeds"].values == ("0, 1 and 2",)


def test_an_arm_that_was_trained_otherwise_is_shown(folder: Path) -> None:
    contents = read_contents(folder)
    first = contents.trainings[0]
    longer = dataclasses.replace(first, result={**first.result, "steps": 230, "pairs_seen": 58880})
    rows = {
        row.name: row for row in conditions(dataclasses.replace(contents, trainings=(longer, *contents.trainings[1:])))
    }
    assert not rows["Budget"].equal
    assert rows["Budget"].values[0].startswith("augmented: 230 optimizer steps, 58,880 pairs seen and 115 optimizer")
    assert rows["Budget"].values[1].startswith("semantic, mined and random: 115 optimizer steps")
    assert rows["Encoder"].equal


def test_members_and_compositions_as_text() -> None:
    assert member({"name": "none"}) == "none"
    assert member({"name": "simclr", "size": None, "flip": 0.5, "kind": "a"}) == "simclr: flip 0.5, kind a"
    assert composition({}) == "unknown, there are no labels"
    assert composition({"cat": 1200, "dog": 3}) == "cat 1,200, dog 3"


def test_limits_give_the_quantile_that_belongs_to_the_seeds(folder: Path) -> None:
    text = " ".join(limits(read_contents(folder)))
    # The t quantile for 2 degrees of freedom at .975 is .95 sqrt(2 / (1 - .95^2)) = 4.3027.
    assert "± 4.30 standard errors (the t quantile for 2 degrees of freedom)" in text
    assert "28 × 28 pixels, grey" in text
    assert "the arm semantic were made from the pool's labels" in text


def test_items_that_share_images_are_said_to_do_so(folder: Path) -> None:
    contents = read_contents(folder)
    assert not any("episodes" in sentence for sentence in limits(contents))
    first = dataclasses.replace(contents.comparison.lines[0], over="episodes")
    comparison = dataclasses.replace(contents.comparison, lines=(first, *contents.comparison.lines[1:]))
    told = limits(dataclasses.replace(contents, comparison=comparison))
    assert any("episodes, they share test images" in sentence for sentence in told)
