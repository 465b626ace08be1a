"""The page of an audit: its numbers, its sentences, its structure as HTML, and hostile names."""

import base64
import dataclasses
import io
import itertools
import re

import numpy as np
import pytest
from PIL import Image

from made import made_source
from read_page import Outline, text_of
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.audit import audit
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.rules import identity, same_class
from sempairs.report.audit_page import audit_page
from sempairs.report.audit_wording import audit_findings, chance
from sempairs.report.galleries import COUNT, LARGEST, galleries
from sempairs.report.names import LONGEST, shown
from sempairs.sources.base import Source


def known(channels: int = 1) -> tuple[PairSet, Source]:
    """90 pairs of 100 images: 0-4, 1-5, ... are right, every tenth (0-1, 10-11, ...) is false and the least similar."""
    source = made_source(100, channels=channels)
    left = np.arange(90)
    is_false = left % 10 == 0
    right = np.where(is_false, left + 1, left + 4)
    similarity = np.where(is_false, 0.1, 0.5) + left / 1000
    return PairSet.make(source, left, right, Spec(name="nearest", options={"k": 5}), similarity=similarity), source


def page_of(pairs: PairSet, source: Source) -> str:
    return audit_page("my pairs", pairs, source, audit(pairs, source))


@pytest.fixture(scope="module")
def page() -> str:
    return page_of(*known())


def without_labels(source: Source) -> Source:
    return dataclasses.replace(source, labels=None, label_names=())


def test_the_head_says_where_the_set_comes_from(page):
    pairs, source = known()
    text = text_of(page)
    assert f"pair set {pairs.hash} rule nearest: k 5 encoder none was asked" in text
    assert f"made images, content hash {source.fingerprint}" in text


def test_the_numbers_are_on_the_page(page):
    text = text_of(page)
    assert "pairs 90 90 different couples" in text
    assert "images in pairs 94 94.0% of 100" in text  # 0 to 93
    assert "purity 90.0% 95% [" in text  # 81 of 90
    # Class 0: 25 images, 0 to 92 are in a pair, 24 of them; 23 pairs begin with it, 5 of them false (0 20 40 60 80).
    assert "class 0 25 96.0% 23 25.6% 78.3% [" in text
    # 0-1, 20-21, ... are pairs of class 0 with 1, and 10-11, 30-31, ... of class 2 with 3.
    assert "class 0 18 5 · ·" in text
    assert "class 2 · · 18 4" in text


def test_what_speaks_for_a_set_and_against_it_are_said():
    found = audit_findings(audit(*known()))
    good, bad = " ".join(found.good), " ".join(found.bad)
    # By chance: each class has 25 of the 100 images.
    assert "90.0% of the pairs join two images of one class" in good
    assert "partners drawn blindly would reach 25.0%" in good
    assert "9 false pairs (10.0%): two images of different classes, most often class 0 with class 1 (5)." in bad
    assert "6 images are in no pair, 6.0% of the source." in bad
    assert "purity counts what the labels say" in " ".join(found.unknown)
    assert not set(found.good) & set(found.bad)


def test_pairs_no_better_than_chance_are_said_to_be_so():
    source = made_source(100)
    pairs = PairSet.make(source, np.arange(40), rng("chance").permutation(np.arange(60, 100)), Spec(name="random"))
    found = audit(pairs, source)
    assert chance(found) == pytest.approx(0.25)
    assert any("not surely better" in sentence for sentence in audit_findings(found).bad)


def test_imbalance_is_said_with_its_classes():
    source = made_source(100, classes=10)
    # Nine images of class 0, each with one of class 0, 1 and 2; three of class 1 with others of class 1.
    left = np.r_[np.tile(np.arange(0, 90, 10), 3), 1, 11, 21]
    right = np.r_[np.repeat([90, 91, 92], 9), 31, 41, 51]
    found = audit_findings(audit(PairSet.make(source, left, right, Spec(name="test")), source))
    said = " ".join(found.bad)
    # Class 0 begins 27 of 30 pairs, class 1 the other three: exp(-.9 log .9 - .1 log .1) = 1.38 classes.
    assert "3 of 10 classes make 100.0% of the pairs (class 0, class 1 and class 2), with 30.0% of the images" in said
    assert "effectively there are 1.4 of 10 classes" in said
    assert "7 classes without any pair: class 3, class 4, class 5, class 6, class 7 and 2 more." in said


def test_couples_copies_and_components_are_said():
    source = made_source(40)
    source.hashes[1] = source.hashes[0]
    left, right = np.r_[0, 1, np.arange(2, 30), 35], np.r_[1, 0, np.arange(3, 31), 35]
    found = audit_findings(audit(PairSet.make(source, left, right, Spec(name="test")), source))
    said = " ".join(found.bad)
    assert "1 couple counted twice, as (a, b) and as (b, a): the 31 pairs hold 30 different couples." in said
    assert "2 pairs of two images with the same content" in said
    assert "1 pair of an image with itself among the others." in said
    assert "One connected component holds 29 images, 90.6% of those in pairs" in said  # 2 to 30, of 32


def test_what_labels_made_proves_nothing_and_identity_cannot_be_false():
    source = made_source(40)
    assert "it read the labels" in " ".join(audit_findings(audit(same_class(source), source)).unknown)
    found = audit_findings(audit(identity(source), source))
    assert any("classical augmented pairs" in sentence for sentence in found.good)
    assert "purity" not in " ".join(found.good + found.bad)


def test_without_labels_the_page_says_what_it_cannot_know():
    pairs, source = known()
    page = page_of(pairs, without_labels(source))
    text = text_of(page)
    assert "Whether the pairs are right: the images have no labels." in text
    assert "purity unknown" in text
    assert 'id="classes"' not in page
    assert 'class="pair differs"' not in page
    assert [one.title for one in galleries(pairs, without_labels(source), audit(pairs, without_labels(source)))] == [
        "Most similar",
        "Borderline",
        "Least similar",
    ]


def test_galleries_show_the_pairs_they_name():
    pairs, source = known()
    found = audit(pairs, source)
    best, border, worst, false = galleries(pairs, source, found)
    assert [picture.similarity for picture in best.pictures[:2]] == pytest.approx([0.589, 0.588])
    # The nine false pairs have .1 to .18, the next has .501: purity crosses its mean at the last false one.
    assert found.crossing == pytest.approx(0.18)
    assert border.pictures[0].similarity == pytest.approx(0.18)
    assert [picture.similarity for picture in worst.pictures[:2]] == pytest.approx([0.1, 0.11])
    assert len(false.pictures) == 9
    assert not any(picture.same_class for picture in false.pictures)
    assert len(best.pictures) == len(worst.pictures) == COUNT
    first = Image.open(io.BytesIO(base64.b64decode(worst.pictures[0].sides[1].split(",")[1])))
    np.testing.assert_array_equal(np.asarray(first), source.frames[1, :, :, 0])  # the pair 0-1


def test_a_couple_is_shown_once_and_images_are_read_at_once(monkeypatch):
    source = made_source(8)
    pairs = PairSet.make(source, np.array([0, 4, 1]), np.array([4, 0, 5]), Spec(name="m"), similarity=np.ones(3))
    reads = []
    images = Source.images
    monkeypatch.setattr(Source, "images", lambda self, rows: reads.append(rows) or images(self, rows))
    shown_pairs = galleries(pairs, source, audit(pairs, source))
    assert [len(gallery.pictures) for gallery in shown_pairs] == [2, 2, 2]
    assert len(reads) == 1
    assert reads[0].tolist() == [0, 1, 4, 5]


def test_pairs_without_similarity_are_drawn_at_random_and_the_same_every_time():
    source = made_source(100)
    pairs = same_class(source)
    one, two = page_of(pairs, source), page_of(pairs, source)
    assert one == two
    assert "Drawn at random" in one
    assert "Histogram" not in one
    assert "Which pairs are doubtful" in text_of(one)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_page_is_well_formed_and_carries_everything_in_it(channels):
    page = page_of(*known(channels))
    outline = Outline(page)
    assert not outline.all("script", "link", "iframe", "object", "base", "form")
    images = outline.all("img")
    assert len(images) == 2 * (3 * COUNT + 9)
    assert all((image["src"] or "").startswith("data:image/png;base64,") and image["alt"] for image in images)
    links = [value for _, attrs in outline.tags for name, value in attrs.items() if name.endswith("href")]
    assert all(link and link.startswith("#") for link in links)
    assert not re.search(r"url\((?!#)|@import", page)
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    figures = re.findall(r'<svg role="img".*?<title>(.*?)</title>', page, flags=re.S)
    assert [title.split(" ")[0] for title in figures] == ["Histogram", "Images", "Connected"]  # 90 pairs: one bin
    levels = [int(level) for level in re.findall(r"<h(\d)[ >]", page)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_purity_against_similarity_is_drawn_where_there_are_pairs_enough():
    source = made_source(400)
    left = np.arange(390)
    similarity = left / 390
    pairs = PairSet.make(source, left, left + np.where(left < 100, 1, 4), Spec(name="test"), similarity=similarity)
    page = page_of(pairs, source)
    assert "<title>Purity by similarity with 95% intervals. 0.00 to 0.14: 0.0%" in page  # 390 pairs: 7 bins
    assert "Similarity tells right from false pairs: purity is 0.0% [" in text_of(page)


def test_hostile_names_are_text_and_short():
    pairs, source = known()
    names = ("<script>alert(1)</script>", "x" * 5000, "\u202egnp.exe\x00\ud800", "שלום")
    hostile = dataclasses.replace(source, label_names=names, name='"><img src=x>')
    origin = dataclasses.replace(pairs.origin, rule=Spec(name="<i>", options={"path": "</dd>" * 5000}))
    page = audit_page("<b>\u202e", PairSet(pairs.table, origin), hostile, audit(pairs, hostile))
    page.encode()  # a lone surrogate cannot be written
    outline = Outline(page)
    assert not outline.all("script", "i", "b") or all("style" in attrs for attrs in outline.all("i"))
    assert not outline.all("script", "b")
    assert all((image["src"] or "").startswith("data:") for image in outline.all("img"))
    assert "\u202e" not in page
    assert "x" * LONGEST not in page
    assert len(page) < 400_000


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("coat", "coat"),
        ("", "(no name)"),
        ("a\nb\u2028c", "a\ufffdb\ufffdc"),
        ("x" * 100, "x" * (LONGEST - 1) + "…"),
        ("שלום", "\u2068שלום\u2069"),
        ("👩\u200d🔬", "👩\u200d🔬"),
    ],
)
def test_names_that_others_chose(name, expected):
    assert shown(name) == expected


def test_many_classes_are_listed_by_purity_without_a_matrix():
    source = made_source(600, classes=60)
    left = np.arange(540)
    right = np.where(left % 60 == 7, left + 1, left + 60)  # class 7 is always wrong
    page = page_of(PairSet.make(source, left, right, Spec(name="test")), source)
    text = text_of(page)
    assert "The 40 of 60 classes with the lowest purity" in text
    assert "The 1 commonest false neighbours First image Second image Pairs Share of all class 7 class 8 9 1.7%" in text
    rows = re.findall(r'<th scope="row">class (\d+)</th><td>10</td>', page)
    assert len(rows) == 40
    assert rows[0] == "7"


def test_the_page_stays_small_whatever_the_images():
    source = made_source(200, size=96, channels=3)  # noise: a PNG cannot make it smaller
    pairs = PairSet.make(
        source, np.arange(196), np.arange(4, 200), Spec(name="test"), similarity=np.linspace(0, 1, 196)
    )
    largest = COUNT * 2 * 4 * LARGEST**2 * 3 * 4 / 3  # four galleries of raw pixels in base64
    assert largest < 2_500_000
    assert len(page_of(pairs, source)) < largest + 100_000


def test_a_set_of_one_pair_has_a_page():
    source = made_source(4)
    page = page_of(PairSet.make(source, np.array([0]), np.array([1]), Spec(name="test")), source)
    assert "purity 0.0% 95% [0.0, 97.5]" in text_of(page)  # Clopper-Pearson for none of one: 1 - α/2
