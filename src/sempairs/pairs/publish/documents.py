"""All texts of a published folder, each a function of the publication alone: so whoever has the data can check them."""

import json
from typing import Any

from sempairs.core.errors import UserError
from sempairs.pairs.publish.card import card
from sempairs.pairs.publish.citation import changelog, citation
from sempairs.pairs.publish.croissant import croissant
from sempairs.pairs.publish.datasheet import datasheet
from sempairs.pairs.publish.files import PROVENANCE
from sempairs.pairs.publish.licences import licence_text
from sempairs.pairs.publish.publication import Publication


def documents(publication: Publication) -> dict[str, str]:
    """The texts by the names of their files."""
    answers, licence = publication.answers, publication.licence
    notices = {source.name: f"{source.notice} ({source.url})".strip() for source in answers.sources}
    notes = [f"{part}: {spdx} {notices.get(part, '')}".rstrip() for part, spdx in publication.licences().items()]
    return {
        "README.md": card(publication),
        "DATASHEET.md": datasheet(publication),
        "croissant.json": _json(croissant(publication)),
        "LICENSE": licence_text(licence, answers.creator_names(), answers.about.date[:4], notes),
        "CITATION.cff": citation(answers, licence),
        "CHANGELOG.md": changelog(answers),
        PROVENANCE: _json(publication.to_json()),
    }


def _json(value: Any) -> str:
    try:
        return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    except ValueError as error:
        raise UserError("what is published holds what is not a number of JSON", got=error) from None
