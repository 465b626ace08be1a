"""Which licence holds, and which block: the rules of each licence's own text."""

import itertools

import pytest

from sempairs.core.errors import UserError
from sempairs.pairs.publish.licences import LICENCES, decide, images_allowed, licence_of, licence_text


@pytest.mark.parametrize(
    ("parts", "winner"),
    [
        (("MIT", "CC0-1.0"), "MIT"),  # CC0 asks for nothing, MIT for its notice
        (("CC-BY-4.0", "MIT"), "CC-BY-4.0"),
        (("CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0"), "CC-BY-SA-4.0"),
        (("CC-BY-SA-3.0", "CC-BY-SA-4.0"), "CC-BY-SA-4.0"),  # 3.0, 4b: a later version of the licence will do
        (("ODC-By-1.0", "PDDL-1.0"), "ODC-By-1.0"),
    ],
)
def test_the_most_restrictive_one_wins_in_any_order(parts, winner):
    for order in itertools.permutations(parts):
        assert decide(dict(enumerate_names(order)), ()).spdx == winner


def enumerate_names(parts):
    return [(f"part {number}", part) for number, part in enumerate(parts)]


@pytest.mark.parametrize(
    ("spdx", "reasons"),
    [
        ("CC-BY-NC-4.0", ["nc"]),
        ("CC-BY-NC-SA-4.0", ["nc"]),
        ("CC-BY-ND-4.0", ["nd"]),
        ("CC-BY-NC-ND-4.0", ["nc", "nd"]),
        ("unknown", ["unknown"]),
        ("LicenseRef-ImageNet", ["unknown"]),
    ],
)
def test_unknown_nc_and_nd_block_until_each_reason_is_allowed(spdx, reasons):
    parts = {"mine": "CC0-1.0", "theirs": spdx}
    for allowed in itertools.chain.from_iterable(itertools.combinations(reasons, k) for k in range(len(reasons))):
        with pytest.raises(UserError, match="the licence of theirs blocks publication"):
            decide(parts, allowed)
    assert decide(parts, reasons).spdx == spdx


def test_all_others_are_free():
    free = {licence.spdx for licence in LICENCES if not licence.blocks}
    assert not any("NC" in spdx or "ND" in spdx for spdx in free)
    for spdx in free:
        decide({"mine": spdx}, ())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ODbL-1.0", "CC-BY-SA-4.0"),  # both want what is made from them under themselves
        ("CC-BY-SA-4.0", "CC-BY-NC-4.0"),
        ("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0"),
        ("CC-BY-NC-SA-4.0", "CC-BY-ND-4.0"),
    ],
)
def test_share_alike_beside_a_more_restrictive_one_is_refused(one, other):
    for a, b in ((one, other), (other, one)):
        with pytest.raises(UserError, match="under its own licence"):
            decide({"a": a, "b": b}, ("nc", "nd"))


def test_a_name_that_is_none_gets_the_nearest():
    with pytest.raises(UserError, match=r"did you mean 'CC-BY-4\.0'"):
        licence_of("CC-BY-4", "the source")


def test_images_of_unknown_and_nd_licences_stay_out():
    # ND forbids to share adapted material; the images here are cropped and encoded anew.
    kept = {licence.spdx for licence in LICENCES if not images_allowed(licence)} | {"unknown"}
    assert kept == {"CC-BY-ND-4.0", "CC-BY-NC-ND-4.0", "unknown"}
    assert not images_allowed(licence_of("unknown", "x"))
    assert not images_allowed(licence_of("LicenseRef-Mine", "x"))


def test_a_licence_file_names_the_licence_its_address_and_each_part():
    text = licence_text(licence_of("CC-BY-4.0", "x"), "Ada Example", "2026", ["images: CC-BY-4.0 (c) B"])
    for part in ("SPDX-License-Identifier: CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"):
        assert part in text
    assert "Copyright (c) 2026 Ada Example" in text
    assert "- images: CC-BY-4.0 (c) B\n" in text
    mit = licence_text(licence_of("MIT", "x"), "Ada Example", "2026", [])
    assert "Permission is hereby granted, free of charge" in mit
    assert 'THE SOFTWARE IS PROVIDED "AS IS"' in mit
