"""Each check of a published folder fails on what it is for, and on that alone."""

import json
import re
import shutil
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from made_published import SOURCE, answers, seal, terms, unjudged, vote
from sempairs.core.errors import UserError
from sempairs.pairs.publish import load, publish, verify

PAIRS = "data/pairs-00000.parquet"
NAMES = [
    "files", "checksums", "pairs", "votes", "provenance", "licence", "images", "croissant", "mlcroissant", "documents",
]  # fmt: skip


def outcome(folder):
    """What each check came to, and the sentences of those that failed."""
    checked = verify(folder)
    assert [check.name for check in checked.checks] == NAMES
    return {c.name: c.result for c in checked.checks}, " / ".join(
        c.sentence for c in checked.checks if c.result == "failed"
    )


def failed(folder):
    results, sentence = outcome(folder)
    return [name for name, result in results.items() if result == "failed"], sentence


def change_json(path, change):
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def test_everything_passes_as_published(original):
    results, _ = outcome(original)
    assert set(results.values()) == {"passed"}
    assert verify(original).passed


@pytest.mark.parametrize(
    ("change", "check", "sentence"),
    [
        (lambda f: (f / "virus.exe").write_bytes(b"MZ"), "files", "a file called 'virus.exe'"),
        (lambda f: (f / "data/pairs.pkl").write_bytes(b"\x80\x04."), "files", "a file called 'data/pairs.pkl'"),
        (lambda f: (f / "data/more").mkdir(), "files", "a folder called 'data/more'"),
        (lambda f: (f / ".hidden").write_text(""), "files", r"a file called '\.hidden'"),
        (lambda f: (f / "LICENSE").unlink(), "files", "lacks LICENSE"),
        (lambda f: (f / "SHA256SUMS").unlink(), "files", "lacks SHA256SUMS"),
        (lambda f: shutil.rmtree(f / "data"), "files", r"lacks data/pairs-00000\.parquet"),
        (lambda f: (f / PAIRS).rename(f / "data/pairs-00001.parquet"), "files", "lacks data/pairs-00000"),
        (lambda f: (f / "annotations.parquet").unlink(), "checksums", "1 files of SHA256SUMS are missing"),
        (lambda f: (f / "README.md").write_text("new"), "checksums", r"changed after they were published .*README\.md"),
        (lambda f: shutil.copy(f / PAIRS, f / "data/pairs-00001.parquet"), "checksums", "have no sum"),
        (lambda f: (f / "SHA256SUMS").write_text("../../etc/passwd\n"), "checksums", "line 1 of SHA256SUMS"),
        (lambda f: (f / "SHA256SUMS").write_bytes(b"\xff\xfe"), "checksums", "SHA256SUMS is not text"),
    ],
)  # fmt: skip
def test_files_and_sums(folder, change, check, sentence):
    change(folder)
    names, said = failed(folder)
    assert names == [check]
    assert re.search(sentence, said)
    assert not verify(folder).passed
    with pytest.raises(UserError, match=sentence.partition(" .*")[0]):
        load(folder)


def test_pairs_that_were_changed_under_new_sums(folder):
    path = folder / "data/pairs-00000.parquet"
    table = pq.read_table(path)
    swapped = table.set_column(1, "a", table.column("b")).set_column(2, "b", table.column("a"))
    pq.write_table(swapped.replace_schema_metadata(table.schema.metadata), path)
    names, said = failed(seal(folder))
    assert names[0] == "pairs"
    assert "changed after they were published" in said
    with pytest.raises(UserError, match="changed after they were published"):
        load(folder)


def test_votes_that_do_not_explain_the_verdicts(folder):
    path = folder / "annotations.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)
    names, said = failed(seal(folder))
    assert names[0] == "votes"
    assert "1 verdicts are not what the votes say" in said


def test_a_name_in_place_of_a_pseudonym(folder):
    path = folder / "annotations.parquet"
    row = pa.Table.from_pylist([vote("0" * 16, "reject") | {"annotator": "Ada"}])
    pq.write_table(pa.concat_tables([pq.read_table(path), row]), path)
    names, said = failed(seal(folder))
    assert names[0] == "votes"
    assert "not named by a pseudonym" in said


def test_a_vote_that_is_not_declared_as_simulated(folder):
    path = folder / "annotations.parquet"
    table = pq.read_table(path)
    place = table.schema.get_field_index("simulated")
    pq.write_table(table.set_column(place, "simulated", pa.array([True] * len(table))), path)
    names, _ = failed(seal(folder))
    assert "documents" in names  # they declare nothing


@pytest.mark.parametrize("name", ["README.md", "DATASHEET.md", "LICENSE", "CITATION.cff", "CHANGELOG.md"])
def test_a_document_that_says_otherwise_than_the_data(folder, name):
    path = folder / name
    path.write_text(path.read_text() + "\nAll of it is perfect.\n")
    assert failed(seal(folder)) == (["documents"], f"{name} does not say what the data and the answers say")


def test_numbers_of_the_card_are_those_of_the_data(folder):
    path = folder / "README.md"
    assert "| Pairs | 40 |" in path.read_text()
    path.write_text(path.read_text().replace("| Pairs | 40 |", "| Pairs | 4,000 |"))
    assert failed(seal(folder))[0] == ["documents"]


@pytest.mark.parametrize(
    ("change", "check", "sentence"),
    [
        (lambda p: p["answers"]["sheet"]["uses"].update(biases=""), "provenance", "1 mandatory answers are empty"),
        (lambda p: p["answers"]["creators"].clear(), "provenance", "creators"),
        (lambda p: p["answers"]["about"].update(licence=""), "provenance", r"about\.licence"),
        (lambda p: p.update(format=99), "provenance", "has format 99"),
        (lambda p: p.update(answers=[]), "provenance", "does not tell of a publication"),
        (lambda p: p.clear(), "provenance", "does not tell of a publication"),
        (lambda p: p.update(allowed={"everything": ""}), "provenance", "does not tell of a publication"),
        (lambda p: p.update(images=None), "provenance", "whether images are published"),
        (lambda p: p.update(leaks={"x": {"leaked": "no", "evaluation": 1, "levels": {}}}), "provenance", "not tell"),
        (lambda p: p["answers"]["sources"][0].update(licence="CC-BY-NC-4.0"), "licence", "forbids commercial use"),
        (lambda p: p["answers"]["sources"][0].update(licence="unknown"), "licence", "terms are not known"),
        (lambda p: p.update(allowed={}), "licence", "nobody looked"),
        (lambda p: p["review"].update(certificate={"pairs": 41}), "licence", "another set of pairs"),
        (lambda p: p["review"].update(certificate={"bound": float("nan")}), "documents", "not a number of JSON"),
        (lambda p: p["counts"].update(pairs=41), "documents", r"provenance\.json does not say"),
        (lambda p: p["review"].update(simulated=True), "documents", r"provenance\.json does not say"),
        (lambda p: p["images"].update(shape=[9, 9, 1]), "images", "has another size"),
        (lambda p: p["images"].update(images=41), "images", "counts other images"),
    ],
)  # fmt: skip
def test_provenance_that_was_changed_under_new_sums(folder, change, check, sentence):
    change_json(folder / "provenance.json", change)
    names, said = failed(seal(folder))
    assert names[0] == check
    assert re.search(sentence, said)


def test_what_made_it_may_be_another_version(folder):
    change_json(folder / "provenance.json", lambda p: p.update(made_with="sempairs 0.0.9"))
    assert verify(seal(folder)).passed


def test_images_that_their_licence_keeps_back(tmp_path):
    for spdx, name in {"CC-BY-ND-4.0": "nd", "unknown": "unknown", "LicenseRef-X": "unknown"}.items():
        with pytest.raises(UserError, match="does not let its images be published"):
            publish(
                unjudged(), tmp_path / name, answers=answers(sources=terms(spdx)), source=SOURCE, images=True,
                allow=("no-leak-check", name),
            )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_without_mlcroissant_the_check_says_so(original, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlcroissant", None)
    checked = verify(original)
    made = next(check for check in checked.checks if check.name == "mlcroissant")
    assert (made.result, made.sentence) == ("not made", "mlcroissant is not installed")
    assert checked.passed


def test_nothing_is_fetched(original, monkeypatch):
    import socket

    def refuse(*_):
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert verify(original).passed
