"""Rules for a croissant.json: what mlcroissant lets through and loaders then trip over, and what mlcroissant checks."""

import itertools
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sempairs.core.errors import UserError
from sempairs.pairs.publish.croissant import CONFORMS_TO, CONTEXT, PARQUET

RECORDS = 10
NEEDED = ("name", "description", "license", "url", "creator", "datePublished", "version")
"""What Croissant 1.1 wants of every data set, and a version."""


def check_rules(described: Any, sums: Mapping[str, str]) -> int:
    """How many files a description names, if every one is a table of the folder and nothing leads out of it.

    Parameters
    ----------
    described: the JSON of croissant.json.
    sums: sha256 of the tables in the folder, by name.

    Raises
    ------
    UserError: the first rule that is broken.
    """
    if not isinstance(described, dict) or described.get("@context") != CONTEXT:
        raise _broken("its @context is not that of Croissant 1.1 with PROV, or is fetched from elsewhere")
    if described.get("@type") != "sc:Dataset" or described.get("conformsTo") != list(CONFORMS_TO):
        raise _broken(f"it does not conform to {' and '.join(CONFORMS_TO)}")
    for key in NEEDED:
        if not described.get(key):
            raise _broken(f"it has no {key}")
    creators = described["creator"] if isinstance(described["creator"], list) else [described["creator"]]
    if not all(isinstance(creator, dict) and creator.get("name") for creator in creators):
        raise _broken("it has a creator without a name")
    named = [_check_resource(resource, sums) for resource in _dicts(described.get("distribution"), "distribution")]
    tables = [name for name in named if name is not None]
    missing = sorted(set(sums) - set(tables))
    if missing:
        raise _broken(f"it does not name the table {missing[0]}")
    if "pairs" not in {record.get("@id") for record in _dicts(described.get("recordSet"), "recordSet")}:
        raise _broken("it has no record set `pairs`")
    return len(tables)


def _check_resource(resource: dict[str, Any], sums: Mapping[str, str]) -> str | None:
    """The table that a resource names; None for a set of files."""
    id, format = resource.get("@id"), resource.get("encodingFormat")
    if format != PARQUET:
        raise _broken(f"the encodingFormat of {id!r} is {format!r}, which does not load: it must be {PARQUET}")
    if resource.get("@type") == "cr:FileSet":
        pattern = resource.get("includes")
        if pattern not in ("data/pairs-*.parquet", "images/images-*.parquet") or resource.get("containedIn"):
            raise _broken(f"{id!r} includes other files than those of the folder: {pattern!r}")
        return None
    url = resource.get("contentUrl")
    if not isinstance(url, str) or ".." in url or url.startswith(("/", "\\")) or ":" in url:
        raise _broken(f"the contentUrl of {id!r} leads out of the folder: {url!r}")
    if url not in sums:
        raise _broken(f"the contentUrl of {id!r} names no table of the folder: {url!r}")
    if resource.get("sha256") != sums[url]:
        raise _broken(f"the sha256 of {id!r} is not that of the file")
    return url


def _dicts(value: Any, key: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        raise _broken(f"it has no {key}")
    return value


def _broken(rule: str) -> UserError:
    return UserError(f"croissant.json: {rule}")


def load_records(path: Path, most: int = RECORDS) -> int:
    """How many records of the pairs mlcroissant loads, at most so many; only for a description that keeps the rules.

    Raises
    ------
    UserError: mlcroissant refuses the description, or a record does not come.
    ModuleNotFoundError: mlcroissant is not installed.
    """
    import mlcroissant  # type: ignore[import-untyped, import-not-found, unused-ignore]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of its own dependencies
        try:
            records = mlcroissant.Dataset(jsonld=path).records("pairs")
            return sum(1 for _ in itertools.islice(records, most))
        except Exception as error:  # whatever its parsers and pandas raise
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise UserError("mlcroissant does not load the set", got=reason[0]) from None
