"""The description for programs: what mlcroissant makes of it, and what only our own rules refuse."""

import copy
import json
import warnings

import mlcroissant
import pyarrow.parquet as pq
import pytest

from made_published import SOURCE, judged, seal
from sempairs.core.errors import UserError
from sempairs.pairs.publish import verify
from sempairs.pairs.publish.croissant import CONTEXT
from sempairs.pairs.publish.croissant_rules import check_rules, load_records


@pytest.fixture(scope="module")
def described(original):
    return json.loads((original / "croissant.json").read_text())


def sums(described):
    return {file["contentUrl"]: file["sha256"] for file in described["distribution"] if "contentUrl" in file}


def opened(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mlcroissant.Dataset(jsonld=path)


def records(path, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(opened(path).records(name))


def test_mlcroissant_finds_no_error_and_no_warning(original):
    found = opened(original / "croissant.json").metadata
    assert found.ctx.issues.errors == set()
    assert found.ctx.issues.warnings == set()
    assert found.ctx.conforms_to.value == "http://mlcommons.org/croissant/1.1"
    assert found.conforms_to[1] == "http://mlcommons.org/croissant/RAI/1.0"


def test_its_context_is_the_standard_one_and_prov():
    from mlcroissant._src.core.context import Context
    from mlcroissant._src.core.rdf import make_context

    standard = make_context(Context(conforms_to="http://mlcommons.org/croissant/1.1"))
    assert standard | {"prov": "http://www.w3.org/ns/prov#"} == CONTEXT


def test_mlcroissant_loads_every_row_of_every_table(original):
    pairs, annotations = judged()
    path = original / "croissant.json"
    for name, table in {"pairs": pairs.table, "annotations": annotations}.items():
        loaded = records(path, name)
        assert len(loaded) == len(table)
        for row, wanted in zip(loaded, table.to_pylist(), strict=True):
            values = {key.removeprefix(f"{name}/"): value for key, value in row.items()}
            texts = {key: value.decode() if isinstance(value, bytes) else value for key, value in values.items()}
            assert texts == wanted


def test_mlcroissant_loads_the_pictures(original):
    loaded = records(original / "croissant.json", "images")
    assert [row["images/id"].decode() for row in loaded] == SOURCE.ids.tolist()
    assert all(row["images/image"].size == (12, 12) for row in loaded)  # made_source makes 12 x 12 pixels


def test_ten_records_are_tried(original):
    assert load_records(original / "croissant.json") == 10


def test_where_it_comes_from_and_who_judged(described):
    parent = judged()[0].origin.parents[0]
    derived = [entity["@id"] for entity in described["prov:wasDerivedFrom"]]
    assert derived == ["https://example.org/images", f"urn:sempairs:pair-set:{parent}"]
    review = described["prov:wasGeneratedBy"][1]
    assert review["prov:wasAssociatedWith"]["@type"] == "prov:Person"
    for key in ("Collection", "AnnotationProtocol", "UseCases", "Limitations", "Biases"):
        assert described[f"rai:data{key}"]
    assert described["rai:personalSensitiveInformation"] == ["Answer to people.", "Answer to offensive."]


def change(described, way):
    other = copy.deepcopy(described)
    way(other)
    return other


# What mlcroissant takes without a word (each was tried with 1.1.1), and what our rules say.
LET_THROUGH = {
    "no creator": (lambda d: d.pop("creator"), "has no creator"),
    "no licence": (lambda d: d.pop("license"), "has no license"),
    "an empty creator": (lambda d: d.update(creator=[]), "has no creator"),
    "no url": (lambda d: d.pop("url"), "has no url"),
    "no date": (lambda d: d.pop("datePublished"), "has no datePublished"),
    "a type that does not load": (
        lambda d: d["distribution"][0].update(encodingFormat="application/vnd.apache.parquet"),
        "which does not load: it must be application/x-parquet",
    ),
    "a way out": (lambda d: d["distribution"][0].update(contentUrl="../secret.parquet"), "leads out of the folder"),
}


@pytest.mark.parametrize("case", LET_THROUGH)
def test_what_mlcroissant_lets_through_our_rules_refuse(case, described, tmp_path):
    way, match = LET_THROUGH[case]
    other = change(described, way)
    path = tmp_path / "croissant.json"
    path.write_text(json.dumps(other))
    assert opened(path).metadata.ctx.issues.errors == set()
    with pytest.raises(UserError, match=match):
        check_rules(other, sums(described))


@pytest.mark.parametrize(
    ("way", "match"),
    [
        (lambda d: d["distribution"][0].update(contentUrl="/etc/passwd"), "leads out"),
        (lambda d: d["distribution"][0].update(contentUrl="https://example.org/x.parquet"), "leads out"),
        (lambda d: d["distribution"][0].update(contentUrl="file:///etc/passwd"), "leads out"),
        (lambda d: d["distribution"][0].update(contentUrl="data\\..\\x"), "leads out"),
        (lambda d: d["distribution"][0].update(contentUrl="README.md"), "names no table"),
        (lambda d: d["distribution"][0].update(contentUrl=7), "leads out"),
        (lambda d: d["distribution"][0].update(sha256="0" * 64), "sha256"),
        (lambda d: d["distribution"][0].pop("sha256"), "sha256"),
        (lambda d: d["distribution"][0].pop("encodingFormat"), "encodingFormat"),
        (lambda d: d["distribution"][-1].update(includes="../**/*.parquet"), "other files"),
        (lambda d: d["distribution"][-1].update(containedIn={"@id": "x"}), "other files"),
        (lambda d: d["distribution"].pop(0), "does not name the table"),
        (lambda d: d.update(distribution=[]), "has no distribution"),
        (lambda d: d.update(recordSet=[{"@id": "others"}]), "no record set `pairs`"),
        (lambda d: d.update({"@context": "https://example.org/context.jsonld"}), "fetched from elsewhere"),
        (lambda d: d["@context"].update(evil="https://example.org/"), "@context"),
        (lambda d: d.update(conformsTo="http://mlcommons.org/croissant/1.0"), "does not conform"),
        (lambda d: d.update(creator=["Ada"]), "creator without a name"),
        (lambda d: d.update({"@type": "sc:Book"}), "does not conform"),
        (lambda d: d.clear(), "@context"),
    ],
)
def test_other_rules(way, match, described):
    with pytest.raises(UserError, match=match):
        check_rules(change(described, way), sums(described))
    for nonsense in ([], None, "text", 7):
        with pytest.raises(UserError):
            check_rules(nonsense, {})


def test_a_description_that_breaks_a_rule_is_never_given_to_mlcroissant(folder):
    path = folder / "croissant.json"
    value = json.loads(path.read_text())
    value["distribution"][0]["contentUrl"] = "../secret.parquet"
    path.write_text(json.dumps(value))
    results = {check.name: check for check in verify(seal(folder)).checks}
    assert results["croissant"].result == "failed"
    assert "leads out" in results["croissant"].sentence
    assert results["mlcroissant"].result == "not made"


def test_a_table_that_mlcroissant_cannot_read_is_told(folder):
    path = folder / "croissant.json"
    value = json.loads(path.read_text())
    fields = value["recordSet"][0]["field"]
    fields[0]["source"]["extract"]["column"] = "nothing"
    path.write_text(json.dumps(value))
    results = {check.name: check for check in verify(seal(folder)).checks}
    assert results["mlcroissant"].result == "failed"
    assert "does not load the set" in results["mlcroissant"].sentence


def test_the_official_type_does_not_load(folder):
    """Why the type is one that is not registered."""
    path = folder / "croissant.json"
    path.write_text(path.read_text().replace("application/x-parquet", "application/vnd.apache.parquet"))
    assert pq.read_table(folder / "annotations.parquet").num_rows == 41
    with pytest.raises(UserError, match="does not load"):
        load_records(path)
