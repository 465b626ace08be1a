"""How to cite the set: CITATION.cff 1.2, BibTeX, and the list of its changes."""

import re
from typing import Any

from sempairs.pairs.publish.answers import Answers, Creator
from sempairs.pairs.publish.licences import Licence
from sempairs.pairs.publish.wording import name, text, yaml


def citation(answers: Answers, licence: Licence) -> str:
    """The text of CITATION.cff."""
    about = answers.about
    fields: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use this set of pairs, please cite it.",
        "type": "dataset",
        "title": about.title,
        "abstract": about.description,
        "authors": [_author(creator) for creator in answers.creators],
        "version": about.version,
        "date-released": about.date,
        "url": about.url,
    }
    if licence.url:
        fields["license"] = licence.spdx
    if about.keywords:
        fields["keywords"] = list(about.keywords)
    return yaml(fields)


def _author(creator: Creator) -> dict[str, str]:
    """A person has names, an organisation a name. The last word stands for the family, as BibTeX takes it too."""
    given, _, family = creator.name.rpartition(" ")
    names = {"name": creator.name}
    if creator.kind == "person":
        names = {"family-names": family, **({"given-names": given} if given else {})}
    more = {"affiliation": creator.affiliation if creator.kind == "person" else "", "orcid": creator.orcid}
    return names | {key: value for key, value in more.items() if value}


def bibtex(answers: Answers) -> str:
    """An entry for the set."""
    about = answers.about
    fields = {
        "title": about.title,
        "author": " and ".join(creator.name for creator in answers.creators),
        "year": about.date[:4],
        "version": about.version,
        "url": about.url,
    }
    lines = [f"  {key} = {{{_plain(value)}}}" for key, value in fields.items()]
    return f"@misc{{{about.name},\n" + ",\n".join(lines) + "\n}"


def changelog(answers: Answers) -> str:
    """The text of CHANGELOG.md."""
    parts = ["# Changes\n"]
    for change in answers.changes:
        parts.append(f"## {name(change.version)} ({name(change.date)})\n\n{text(change.text)}\n")
    return "\n".join(parts)


def _plain(value: str) -> str:
    """Text that cannot end the field it stands in, nor the block of code around it."""
    return re.sub(r"[{}<>`\\]", "", " ".join(value.split()))
