"""The texts: read by the Hub's own library and by a YAML parser, honest about simulation, deaf to hostile names."""

import json
import re

import huggingface_hub
import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pytest
import yaml

from made import made_source
from made_published import ALLOWED, about, answers, judged, terms, unjudged
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.publish import publish, verify
from sempairs.pairs.publish.wording import certified, name
from sempairs.pairs.publish.wording import yaml as written

HOSTILE = '<script>alert(1)</script> | [x](javascript:y) `z` *b* {"a": 1}\n---\n# title \\ "quoted" \u2028 \x07'


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """A folder whose verdicts a program gave."""
    pairs, annotations = judged(simulated=True)
    out = tmp_path_factory.mktemp("simulated") / "set"
    certificate = {"pairs": 40, "sentences": ["precision >= 90% at 95% confidence"]}
    publish(pairs, out, answers=answers(), annotations=annotations, certificate=certificate, allow=ALLOWED)
    return out


def front(folder):
    return yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])


def test_the_hub_reads_the_card(original):
    card = huggingface_hub.DatasetCard.load(original / "README.md")
    assert card.data.license == "cc-by-4.0"
    assert card.data.pretty_name == "Made pairs"
    assert card.data.size_categories == ["n<1K"]
    assert card.data.annotations_creators == ["expert-generated"]
    assert card.text.lstrip().startswith("# Made pairs")


def test_the_patterns_of_the_card_find_the_tables_with_the_columns_it_names(original):
    """What the library `datasets` does with a card: patterns to files, features by name and type."""
    data = front(original)
    kinds = {"string": pa.string(), "float64": pa.float64(), "int32": pa.int32(), "bool": pa.bool_()}
    kinds["timestamp[us, tz=UTC]"] = pa.timestamp("us", "UTC")
    kinds["image"] = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    features = {info["config_name"]: info["features"] for info in data["dataset_info"]}
    rows = {}
    for config in data["configs"]:
        files = sorted(original.glob(config["data_files"]))
        table = pyarrow.dataset.dataset(files).to_table()
        wanted = [(column["name"], kinds[column["dtype"]]) for column in features[config["config_name"]]]
        assert list(zip(table.schema.names, table.schema.types, strict=True)) == wanted
        rows[config["config_name"]] = len(table)
    assert rows == {"pairs": 40, "annotations": 41, "images": 40}
    assert [config["config_name"] for config in data["configs"] if config.get("default")] == ["pairs"]


def test_terms_of_ones_own_are_other_on_the_hub(tmp_path):
    publish(unjudged(), tmp_path / "s", answers=answers(sources=terms("LicenseRef-Mine")), allow=(*ALLOWED, "unknown"))
    data = front(tmp_path / "s")
    assert (data["license"], data["license_name"], data["license_link"]) == ("other", "LicenseRef-Mine", "LICENSE")
    assert "license" not in yaml.safe_load((tmp_path / "s/CITATION.cff").read_text())  # of SPDX names alone


def test_simulated_verdicts_are_declared_everywhere(simulated):
    for file in ("README.md", "DATASHEET.md", "provenance.json", "croissant.json"):
        assert (
            "imulated verdicts: all 41 verdicts come from a program (2 of 2 annotators)"
            in (simulated / file).read_text()
        )
    assert "The certificate rests on simulated verdicts" in (simulated / "README.md").read_text()
    assert json.loads((simulated / "provenance.json").read_text())["review"]["simulated"] is True
    assert front(simulated)["annotations_creators"] == ["machine-generated"]
    review = json.loads((simulated / "croissant.json").read_text())["prov:wasGeneratedBy"][1]
    assert review["prov:wasAssociatedWith"]["@type"] == "prov:SoftwareAgent"


def test_nothing_is_declared_where_people_judged(original):
    for file in ("README.md", "DATASHEET.md", "provenance.json", "croissant.json"):
        assert "imulated verdicts" not in (original / file).read_text()
    assert front(original)["annotations_creators"] == ["expert-generated"]


def test_some_simulated_votes_among_others(tmp_path):
    pairs, annotations = judged()
    place = annotations.schema.get_field_index("simulated")
    who = annotations.column("annotator").to_pylist()
    annotations = annotations.set_column(place, "simulated", pa.array([name == "person-02" for name in who]))
    publish(pairs, tmp_path / "s", answers=answers(), annotations=annotations, allow=ALLOWED)
    # 20 of the 41 votes are the second person's.
    assert "20 of the 41 verdicts come from a program" in (tmp_path / "s/README.md").read_text()
    assert front(tmp_path / "s")["annotations_creators"] == ["expert-generated", "machine-generated"]
    assert "(1 of 2 annotators)" in (tmp_path / "s/DATASHEET.md").read_text()


def test_the_counts_of_the_card(original):
    text = (original / "README.md").read_text()
    for line in (
        "| Pairs | 40 |", "| Images in them | 40 |", "| Made by the rule | 40 class |",
        "| Verdicts | 20 accept, 20 no verdict |", "| Votes | 41 by 2 annotators |",
        "| Pairs that were judged and are not in the set | 1 |", "| Images in this folder | 40 of 12 x 12 x 1 |",
        "| class 0 | 10 |",
    ):  # fmt: skip
        assert line in text
    assert "There is no certificate of their precision." in text


def test_the_certificate_is_in_the_card_the_datasheet_and_the_provenance(simulated):
    for file in ("README.md", "DATASHEET.md"):
        assert "Certificate: precision &gt;= 90% at 95% confidence." in (simulated / file).read_text()
    told = json.loads((simulated / "provenance.json").read_text())["review"]["certificate"]
    assert told == {"pairs": 40, "sentences": ["precision >= 90% at 95% confidence"]}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"certified": False, "complete": False}, ["nothing was certified when the set was published"]),
        ({"certified": False, "complete": True}, ["a", "b", "c"]),
        ({"certified": True, "complete": False}, ["a", "b", "c"]),  # d is for who judges, not for who reads
    ],
)
def test_a_certificate_promises_what_it_has_shown_and_no_more(state, said):
    assert certified({**state, "sentences": ["a", "b", "c", "d"]}) == said


def test_the_citation_file(original):
    read = yaml.safe_load((original / "CITATION.cff").read_text())
    assert read == {
        "cff-version": "1.2.0", "message": "If you use this set of pairs, please cite it.", "type": "dataset",
        "title": "Made pairs", "abstract": "Pairs of squares.", "version": "1.0.0", "date-released": "2026-11-22",
        "authors": [{"family-names": "Example", "given-names": "Ada", "affiliation": "A University"}],
        "url": "https://example.org/made-pairs", "license": "CC-BY-4.0",
    }  # fmt: skip


def test_every_question_has_an_answer_or_says_that_it_has_none(original):
    text = (original / "DATASHEET.md").read_text()
    asked = re.findall(r"^\*\*(.+\?)\*\*\n\n(.+)$", text, re.MULTILINE)
    assert len(asked) == text.count("?**") == 29  # the 21 questions, and 8 that sempairs answers
    assert ("What is it for?", "Answer to intended.") in asked
    assert ("Who paid for it?", "Not answered.") in asked


def test_hostile_names_do_nothing(tmp_path):
    source = made_source(8, classes=2)
    names = (HOSTILE, "</table><img src=x onerror=y>")
    base = unjudged(source)
    labels = pa.array([names[number % 2] for number in range(8)])
    table = base.table.set_column(base.table.schema.get_field_index("label"), base.table.schema.field("label"), labels)
    table = table.set_column(table.schema.get_field_index("group"), table.schema.field("group"), labels)
    table = table.set_column(table.schema.get_field_index("rule"), table.schema.field("rule"), pa.array([HOSTILE] * 8))
    pairs = PairSet(table, base.origin)
    told = answers(
        about=about(title=HOSTILE, description=HOSTILE),
        creators=[{"name": HOSTILE}],
        sources=[{"name": HOSTILE, "licence": "MIT", "url": "https://example.org/", "citation": HOSTILE}],
        uses={"intended": HOSTILE, "unsuited": HOSTILE, "biases": HOSTILE},
    )
    publish(pairs, tmp_path / "s", answers=told, allow=ALLOWED)
    assert verify(tmp_path / "s").passed
    for file in ("README.md", "DATASHEET.md", "CHANGELOG.md"):
        body = (tmp_path / "s" / file).read_text()
        body = body.split("\n---\n", 1)[1] if file == "README.md" else body
        assert "<script" not in body
        assert "<img" not in body
        assert "</table" not in body
    card = (tmp_path / "s/README.md").read_text()
    assert f"\n\n# {name(HOSTILE.strip())}\n\n" in card  # the title is one line
    assert len(re.findall(r"^\| .* \| 4 \|$", card, re.MULTILINE)) == 2  # each class is one row of two cells
    assert front(tmp_path / "s")["pretty_name"] == HOSTILE.strip()
    assert yaml.safe_load((tmp_path / "s/CITATION.cff").read_text())["title"] == HOSTILE.strip()


@pytest.mark.parametrize("sign", list("\\`*_{}[]()#|!~$"))
def test_signs_of_markdown_are_escaped(sign):
    assert name(f"a{sign}b") == f"a\\{sign}b"


def test_yaml_says_what_it_was_given():
    random = np.random.default_rng(0)
    texts = ["".join(map(chr, random.integers(1, 0xD7FF, 30))) for _ in range(50)]
    texts += ["", " ", "yes", "1.0", "null", "# no", "a: b", "- a", "'", '"', "\\n", "😀", HOSTILE]
    value = {
        "texts": texts,
        "empty": [],
        "none": {},
        "deep": [{"a": [True, "b", False]}],
        "rows": [{"x": "1", "y": "2"}],
    }
    assert yaml.safe_load(written(value)) == value


def test_the_size_classes_of_the_hub():
    from sempairs.pairs.publish.card import _size

    found = [_size(n) for n in (1, 999, 1000, 99_999, 1_000_000, 10**9, 10**12)]
    assert found == ["n<1K", "n<1K", "1K<n<10K", "10K<n<100K", "1M<n<10M", "1B<n<10B", "n>1T"]


def test_the_spec_of_a_rule_is_shown_as_it_is(tmp_path):
    import dataclasses

    base = unjudged()
    rule = Spec(name="filter", options={"label": "`; rm -rf"})
    pairs = PairSet(base.table, dataclasses.replace(base.origin, rule=rule))
    publish(pairs, tmp_path / "s", answers=answers(), allow=ALLOWED)
    assert "rule: `filter(label=' ; rm -rf')`" in (tmp_path / "s/DATASHEET.md").read_text()
