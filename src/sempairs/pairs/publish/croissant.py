"""croissant.json: the set described for programs.

**Source** The Croissant format 1.1 (http://mlcommons.org/croissant/1.1) with its vocabulary for responsible AI 1.0
(http://mlcommons.org/croissant/RAI/1.0) and, as it recommends, W3C PROV-O for where things come from.
"""

from typing import Any

from sempairs.pairs.pairset import SCHEMA
from sempairs.pairs.publish import wording
from sempairs.pairs.publish.citation import bibtex
from sempairs.pairs.publish.files import ANNOTATIONS
from sempairs.pairs.publish.publication import Publication

CONFORMS_TO = ("http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0")
PARQUET = "application/x-parquet"
"""The type that loaders know. The registered one, application/vnd.apache.parquet, is accepted and then not loaded."""
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
} | {
    term: f"cr:{term}"
    for term in (
        "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileObject",
        "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5",
        "parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate", "separator",
        "source", "subField", "transform",
    )
}  # fmt: skip
"""Appendix 1 of the format, and `prov`. Nothing in it is fetched."""
TYPES = {
    "string": "sc:Text", "double": "sc:Float", "int32": "sc:Integer", "int64": "sc:Integer", "bool": "sc:Boolean",
}  # fmt: skip
IMAGES_ID = "image-files"


def croissant(publication: Publication) -> dict[str, Any]:
    """The description, as plain values."""
    answers, licence = publication.answers, publication.licence
    about = answers.about
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": about.name,
        "alternateName": about.title,
        "description": " ".join([about.description, publication.declaration()]).strip(),
        "conformsTo": list(CONFORMS_TO),
        "license": licence.url or about.url,
        "url": about.url,
        "creator": [
            {"@type": "sc:Person" if each.kind == "person" else "sc:Organization", "name": each.name}
            for each in answers.creators
        ],
        "datePublished": about.date,
        "version": about.version,
        "citeAs": bibtex(answers),
        "keywords": ["semantic pairs", *about.keywords],
        "isLiveDataset": False,
        "identifier": f"sempairs:pair-set:{publication.facts.hash}",
        **_responsible(publication),
        **_provenance(publication),
        "distribution": _distribution(publication),
        "recordSet": _record_sets(publication),
    }


def _distribution(publication: Publication) -> list[dict[str, Any]]:
    """Each table with its sum, and the sets of files that records are read from."""
    files: list[dict[str, Any]] = [
        {
            "@type": "cr:FileObject", "@id": name, "name": name, "contentUrl": name, "contentSize": f"{size} B",
            "encodingFormat": PARQUET, "sha256": sha256,
        }
        for name, (size, sha256) in publication.files.items()
    ]  # fmt: skip
    sets = {"pair-files": "data/pairs-*.parquet"}
    if publication.images is not None:
        sets[IMAGES_ID] = "images/images-*.parquet"
    return files + [
        {"@type": "cr:FileSet", "@id": id, "name": id, "encodingFormat": PARQUET, "includes": pattern}
        for id, pattern in sets.items()
    ]


def _record_sets(publication: Publication) -> list[dict[str, Any]]:
    columns = {field.name: TYPES[str(field.type)] for field in SCHEMA}
    sets = [_records("pairs", "pair_id", {"fileSet": {"@id": "pair-files"}}, columns, wording.COLUMNS)]
    if publication.facts.vote_columns:
        kinds = {name: TYPES.get(kind, "sc:DateTime") for name, kind in publication.facts.vote_columns.items()}
        place = {"fileObject": {"@id": ANNOTATIONS}}
        sets.append(_records("annotations", None, place, kinds, wording.COLUMNS | wording.VOTE_COLUMNS))
    if publication.images is not None:
        kinds = {name: "sc:ImageObject" if name == "image" else "sc:Text" for name in wording.IMAGE_COLUMNS}
        made = _records("images", "id", {"fileSet": {"@id": IMAGES_ID}}, kinds, wording.IMAGE_COLUMNS)
        made["field"][-1]["source"]["transform"] = {"jsonPath": "bytes"}
        sets.append(made)
    return sets


def _records(
    id: str, key: str | None, place: dict[str, Any], columns: dict[str, str], means: dict[str, str]
) -> dict[str, Any]:
    """One table: its columns with what they mean."""
    return {
        "@type": "cr:RecordSet",
        "@id": id,
        "name": id,
        **({"key": {"@id": f"{id}/{key}"}} if key else {}),
        "field": [
            {
                "@type": "cr:Field", "@id": f"{id}/{name}", "name": name, "description": means[name], "dataType": kind,
                "source": {**place, "extract": {"column": name}},
            }
            for name, kind in columns.items()
        ],
    }  # fmt: skip


def _responsible(publication: Publication) -> dict[str, Any]:
    """The answers in the words of the RAI vocabulary."""
    sheet, facts = publication.answers.sheet, publication.facts
    judged = wording.judged(publication)
    said: dict[str, str | list[str]] = {
        "rai:dataCollection": sheet["collection"]["images"],
        "rai:dataCollectionType": ["Derived from existing images"],
        "rai:dataPreprocessingProtocol": [sheet["preprocessing"]["steps"]],
        "rai:dataAnnotationProtocol": [sheet["collection"]["judges"], *judged],
        "rai:dataAnnotationPlatform": ["sempairs"] if facts.votes else [],
        "rai:annotationsPerItem": f"{facts.votes / facts.pairs:.2f} on average" if facts.votes else "none",
        "rai:machineAnnotationTools": [publication.declaration()] if publication.is_simulated else [],
        "rai:dataUseCases": [sheet["uses"]["intended"]],
        "rai:dataLimitations": [sheet["uses"]["unsuited"], sheet["composition"]["noise"]],
        "rai:dataBiases": [sheet["uses"]["biases"]],
        "rai:personalSensitiveInformation": [sheet["composition"]["people"], sheet["composition"]["offensive"]],
        "rai:dataReleaseMaintenancePlan": f"{sheet['maintenance']['maintainer']} {sheet['maintenance']['updates']}",
    }
    kept = {key: value if isinstance(value, str) else [part for part in value if part] for key, value in said.items()}
    return {key: value for key, value in kept.items() if value}


def _provenance(publication: Publication) -> dict[str, Any]:
    """Where the set comes from, and what and who made it, in the words of PROV-O."""
    answers, origin, facts = publication.answers, publication.origin, publication.facts
    mined: dict[str, Any] = {"@type": "prov:Activity", "prov:label": f"Pairs made by {origin.rule}"}
    if answers.encoder is not None:
        mined["prov:used"] = {
            "@type": "prov:Entity",
            "prov:label": f"Encoder {answers.encoder.name} (weights: {answers.encoder.licence}), {origin.encoder}",
        }
    made = [mined]
    if facts.votes:
        who = "prov:SoftwareAgent" if publication.is_simulated else "prov:Person"
        label = f"{facts.annotators} annotators, {facts.simulated_annotators} of them simulated"
        made.append(
            {
                "@type": "prov:Activity",
                "prov:label": f"Review of the pairs, {facts.votes} verdicts",
                "prov:wasAssociatedWith": {"@type": who, "prov:label": label},
            }
        )
    return {
        "prov:wasDerivedFrom": [
            *({"@id": source.url, "prov:label": source.name} for source in answers.sources),
            *({"@id": f"urn:sempairs:pair-set:{parent}"} for parent in origin.parents),
        ],
        "prov:wasGeneratedBy": made,
        "prov:wasAttributedTo": [{"@type": "prov:Agent", "prov:label": each.name} for each in answers.creators],
    }
