"""What is published, that it is the same every time, and that nothing is left where it is refused."""

import dataclasses
import datetime
import filecmp
import json
import re
import subprocess
import sys

import numpy as np
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from made import made_source
from made_published import ALLOWED, SOURCE, about, answers, given, judged, terms, unjudged
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.pairs.duplicates import find_leaks, images_of
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.publish import load, publish, verify
from sempairs.pairs.publish.answers import parse_answers
from sempairs.pairs.publish.files import files_of
from sempairs.pairs.publish.tables import read_pairs, write_pairs

FILES = [
    "CHANGELOG.md", "CITATION.cff", "DATASHEET.md", "LICENSE", "README.md", "SHA256SUMS", "annotations.parquet",
    "croissant.json", "data/pairs-00000.parquet", "images/images-00000.parquet", "provenance.json",
]  # fmt: skip


def published(out, **more):
    """Publish pairs that nobody judged."""
    return publish(more.pop("pairs", unjudged()), out, **{"answers": answers(), "allow": ALLOWED} | more)


def test_the_files_are_these_and_no_others(original):
    assert sorted(path.relative_to(original).as_posix() for path in original.rglob("*") if path.is_file()) == FILES


def test_twice_the_same_bytes(original, tmp_path):
    pairs, annotations = judged()
    again = tmp_path / "again"
    publish(pairs, again, answers=answers(), annotations=annotations, source=SOURCE, images=True, allow=ALLOWED)
    same, other, missing = filecmp.cmpfiles(original, again, FILES, shallow=False)
    assert (sorted(same), other, missing) == (FILES, [], [])


def test_no_date_but_the_one_of_the_answers(tmp_path):
    changes = [{"version": "1.0.0", "date": "1999-12-31", "text": "First version."}]
    published(tmp_path / "set", answers=answers(about=about(date="1999-12-31"), changes=changes))
    texts = "".join(path.read_text() for path in (tmp_path / "set").iterdir() if path.is_file())
    assert set(re.findall(r"\b(?:19|20)\d\d-\d\d-\d\d\b", texts)) == {"1999-12-31"}
    assert str(datetime.date.today().year) not in texts.replace(load(tmp_path / "set").hash, "")


def test_loading_gives_the_pair_set_back(original):
    pairs, _ = judged()
    back = load(original)
    assert back.hash == pairs.hash
    assert back.table.equals(pairs.table.replace_schema_metadata(None))
    assert PairSet.load(original / "data/pairs-00000.parquet").hash == pairs.hash


def test_a_set_in_several_files_comes_back_whole(tmp_path):
    pairs = unjudged()
    write_pairs(pairs, tmp_path, rows=15)
    files = {path.relative_to(tmp_path).as_posix(): path for path in sorted((tmp_path / "data").iterdir())}
    assert list(files) == [f"data/pairs-0000{number}.parquet" for number in range(3)]
    assert read_pairs(files).hash == pairs.hash
    with pytest.raises(UserError, match="changed after they were published"):
        read_pairs(dict(list(files.items())[:2]))
    write_pairs(PairSet(pairs.table, dataclasses.replace(pairs.origin, parents=("0" * 16,))), tmp_path / "other")
    with pytest.raises(UserError, match="does not hold one pair set"):
        read_pairs(files | {"data/pairs-00003.parquet": tmp_path / "other/data/pairs-00000.parquet"})


def test_any_reader_of_parquet_reads_it(original):
    pairs, annotations = judged()
    assert pyarrow.dataset.dataset(original / "data").to_table().equals(pairs.table)
    assert pq.read_table(original / "annotations.parquet").equals(annotations)


def test_the_bytes_do_not_tell_this_machines_folders(tmp_path):
    base = unjudged()
    for spec in (Spec(name="folder", options={"root": "photos"}), Spec(name="made", options={"file": "/home/me/x"})):
        pairs = PairSet(base.table, dataclasses.replace(base.origin, source=spec))
        out = tmp_path / spec.name
        published(out, pairs=pairs)
        assert load(out).hash == pairs.hash
        assert load(out).origin.source is None
        assert not any(
            b"/home/me" in path.read_bytes() or b'"photos"' in path.read_bytes() for path in out.rglob("*.*")
        )
    kept = Spec(name="fashion-mnist", options={"split": "train"})
    published(tmp_path / "kept", pairs=PairSet(base.table, dataclasses.replace(base.origin, source=kept)))
    assert load(tmp_path / "kept").origin.source == kept


def test_a_folder_that_exists_is_never_written_over(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="exists already"):
        published(tmp_path / "there")
    assert [path.name for path in tmp_path.rglob("*")] == ["there", "mine.txt"]
    (tmp_path / "empty").mkdir()
    published(tmp_path / "empty")
    assert verify(tmp_path / "empty").passed


def refusals():
    pairs, annotations = judged()
    empty = given()
    empty["uses"]["biases"] = ""
    found = find_leaks(images_of(unjudged(), SOURCE), SOURCE)
    other = find_leaks(SOURCE.take(np.arange(5)), SOURCE)
    return {
        "an empty answer": ({"answers": parse_answers(empty)}, "1 mandatory answers are empty"),
        "nobody looked for leaks": ({"allow": ()}, "nobody looked"),
        "a leak": ({"allow": (), "leaks": {"test": found}}, "also stand in an evaluation set"),
        "leaks of other images": ({"leaks": {"test": other}}, "looked for among other images"),
        "nc": ({"answers": answers(sources=terms("CC-BY-NC-4.0"))}, "source 0 blocks .* commercial"),
        "nd": ({"answers": answers(sources=terms("CC-BY-ND-4.0"))}, "source 0 blocks .* derived"),
        "unknown": ({"answers": answers(sources=terms("MIT", "unknown"))}, "source 1 blocks .* not known"),
        "no images": ({"images": True}, "without their source"),
        "other images": ({"images": True, "source": made_source(30)}, "does not have"),
        "verdicts without votes": ({"pairs": pairs}, "20 verdicts are not what the votes say"),
        "votes that are none": ({"annotations": annotations.drop(["lane"])}, "no column 'lane'"),
        "an unknown permission": ({"allow": ("everything",)}, "nothing called 'everything'"),
        "another set's certificate": ({"certificate": {"pairs": 7}}, "about another set of pairs"),
        "a certificate that is no JSON": ({"certificate": {"bound": float("nan")}}, "not a number of JSON"),
    }


@pytest.mark.parametrize("case", refusals())
def test_what_is_refused_leaves_nothing_behind(case, tmp_path):
    more, match = refusals()[case]
    with pytest.raises(UserError, match=match):
        published(tmp_path / "out", **more)
    assert list(tmp_path.iterdir()) == []


def test_what_was_allowed_is_recorded_and_what_was_not_needed_is_not(tmp_path):
    nc = answers(sources=terms("CC-BY-NC-4.0"))
    published(tmp_path / "out", answers=nc, allow=("nc", "nd", "leaks", "no-leak-check"))
    provenance = json.loads((tmp_path / "out/provenance.json").read_text())
    assert list(provenance["allowed"]) == ["nc", "no-leak-check"]
    assert provenance["licence"] == {
        "whole": "CC-BY-NC-4.0", "parts": {"the pairs and verdicts": "CC0-1.0", "source 0": "CC-BY-NC-4.0"},
    }  # fmt: skip
    assert "in spite of a licence that forbids commercial use" in (tmp_path / "out/README.md").read_text()


def test_the_most_restrictive_licence_stands_in_every_document(tmp_path):
    published(tmp_path / "out", answers=answers(sources=terms("MIT", "CC-BY-SA-4.0", "CC-BY-4.0")))
    read = {path.name: path.read_text() for path in (tmp_path / "out").iterdir() if path.is_file()}
    assert read["README.md"].startswith('---\nlicense: "cc-by-sa-4.0"\n')
    assert "SPDX-License-Identifier: CC-BY-SA-4.0" in read["LICENSE"]
    assert json.loads(read["croissant.json"])["license"] == "https://creativecommons.org/licenses/by-sa/4.0/"
    assert 'license: "CC-BY-SA-4.0"' in read["CITATION.cff"]


def test_leaks_that_were_looked_for_are_reported(tmp_path):
    found = {"clean": find_leaks(SOURCE, made_source(20, seed=9)), "test": find_leaks(SOURCE, SOURCE)}
    checked = published(tmp_path / "out", leaks=found, allow=("leaks",))
    assert "in spite of images that also stand in an evaluation set" in "\n".join(checked.lines())
    card = (tmp_path / "out/README.md").read_text()
    assert "None of the 20 images of clean was found here" in card
    assert "40 of the 40 images of test also" in card


def test_the_encoders_weight_licence_is_recorded_and_does_not_block(tmp_path):
    base = unjudged()
    pairs = PairSet(base.table, dataclasses.replace(base.origin, encoder="feedbeef"))
    with pytest.raises(UserError, match="encoder"):
        published(tmp_path / "out", pairs=pairs)
    encoder = {"name": "a net", "licence": "CC-BY-NC-4.0", "url": "https://example.org/net"}
    published(tmp_path / "out", pairs=pairs, answers=answers(encoder=encoder))
    assert json.loads((tmp_path / "out/provenance.json").read_text())["encoder"] == encoder
    for name in ("README.md", "croissant.json"):
        assert "CC-BY-NC-4.0" in (tmp_path / "out" / name).read_text()


def test_a_new_version_says_what_changed(tmp_path):
    changes = [
        {"version": "1.1.0", "date": "2026-12-01", "text": "Forty more pairs."},
        {"version": "1.0.0", "date": "2026-11-22", "text": "First version."},
    ]
    published(tmp_path / "out", answers=answers(about=about(version="1.1.0", date="2026-12-01"), changes=changes))
    text = (tmp_path / "out/CHANGELOG.md").read_text()
    assert text.index("1.1.0 (2026-12-01)") < text.index("Forty more pairs.") < text.index("1.0.0 (2026-11-22)")


def test_sha256sum_agrees(original):
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=original, check=True)
    assert len((original / "SHA256SUMS").read_text().splitlines()) == len(files_of(original)) - 1


def test_importing_it_loads_no_mlcroissant():
    code = "import sys, sempairs.pairs.publish; sys.exit('mlcroissant' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
