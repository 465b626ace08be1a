"""What a person must say about a set before it is published, and the file that asks.

**Source** Gebru, Morgenstern, Vecchione, Vaughan, Wallach, Daumé, Crawford, "Datasheets for Datasets", Communications
of the ACM 64, 2021, arXiv 1803.09010: its sections and, in our words, its questions. **Departure**: what the data
itself tells (how many, which splits, who judged) is not asked but counted.
"""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """One question of the datasheet.

    Parameters
    ----------
    section, key: where its answer stands in the file.
    text: as it is asked.
    mandatory: nothing is published while it is empty.
    """

    section: str
    key: str
    text: str
    mandatory: bool = False


SECTIONS = {
    "motivation": "Motivation",
    "composition": "Composition",
    "collection": "Collection process",
    "preprocessing": "Preprocessing, cleaning and labelling",
    "uses": "Uses",
    "distribution": "Distribution",
    "maintenance": "Maintenance",
}
QUESTIONS = (
    Question("motivation", "purpose", "For what purpose was the set made, and which gap does it fill?", True),
    Question("motivation", "funding", "Who paid for it?"),
    Question("composition", "instances", "What do the images show, and what makes two of them a pair?", True),
    Question("composition", "sample", "Of which larger collection are they a sample, and how was it drawn?"),
    Question("composition", "people", "Do the images show people, or tell anything about persons?", True),
    Question("composition", "offensive", "Could any of it offend, threaten or cause anxiety?", True),
    Question("composition", "noise", "Which errors, noise and redundancies are known?"),
    Question("collection", "images", "How were the images acquired: by whom, with what, when?", True),
    Question("collection", "judges", "Who judged the pairs, how were they chosen, instructed and paid?", True),
    Question("collection", "consent", "Did the persons shown know and agree, and was there an ethical review?"),
    Question("preprocessing", "steps", "What was done to images and pairs before people judged them?", True),
    Question("preprocessing", "raw", "Are the raw data kept, and where?"),
    Question("uses", "intended", "What is it for?", True),
    Question("uses", "unsuited", "What should it not be used for?", True),
    Question("uses", "biases", "Which biases does it have, and whom may they disadvantage?", True),
    Question("uses", "done", "What has it been used for already?"),
    Question("distribution", "how", "How and to whom is it distributed?"),
    Question("distribution", "restrictions", "Which regulations or other restrictions apply?"),
    Question("maintenance", "maintainer", "Who maintains it, and how can they be reached?", True),
    Question("maintenance", "updates", "Will it be corrected or extended, how often and by whom?", True),
    Question("maintenance", "contributions", "How can others extend it or report errors?"),
)
_HEAD = """\
# What is asked before a pair set is published. Fill in the texts; those marked (must) may not stay empty.
# Several lines stand between three quotation marks: \"\"\"like this\"\"\".

[about]
# (must) Short, for files and addresses: letters, digits, - and _
name = {name}
# (must) For people.
title = ""
# (must) One paragraph.
description = ""
# (must) MAJOR.MINOR.PATCH
version = "1.0.0"
# (must) Of this version, as 2026-11-22; no other date is written into the folder.
date = ""
# (must) Where the set will be found: https://...
url = ""
# (must) The licence of your own work, the pairs and verdicts: an SPDX name such as CC0-1.0 or CC-BY-4.0
licence = ""
keywords = []

# One such table for each of those who made the set, one at least.
[[creators]]
# (must)
name = ""
# "person" or "organisation"
kind = "person"
affiliation = ""
# https://orcid.org/...
orcid = ""

# One such table for each collection that the images come from, one at least.
[[sources]]
# (must)
name = {source}
# (must) An SPDX name, "unknown", or LicenseRef-NAME for terms of its own.
licence = ""
# (must) https://...
url = ""
# The line that its licence wants kept, such as: Copyright (c) 2017 Zalando SE
notice = ""
# How its makers want to be cited.
citation = ""
"""
_ENCODER = """
# The encoder whose features the pairs were mined with.
[encoder]
# (must)
name = ""
# (must) The licence of its weights: an SPDX name, "unknown", or "none" if it has no weights.
licence = ""
url = ""
"""
_CHANGES = """
# One such table for each version, the last one first.
[[changes]]
# (must)
version = "1.0.0"
# (must)
date = ""
# (must)
text = "First version."
"""


def template(name: str, source: str, encoder: bool) -> str:
    """The file to fill in (TOML), with what is known.

    Parameters
    ----------
    name: of the pair set.
    source: of the images; "" where it is not known.
    encoder: whether features of an encoder chose the pairs.
    """
    lines = [_HEAD.format(name=_text(name), source=_text(source)) + (_ENCODER if encoder else "") + _CHANGES]
    for section in SECTIONS:
        lines.append(f"[{section}]")
        for question in (each for each in QUESTIONS if each.section == section):
            lines += [f"# {'(must) ' if question.mandatory else ''}{question.text}", f'{question.key} = ""']
        lines.append("")
    return "\n".join(lines)


def _text(value: str) -> str:
    """A TOML string: a JSON one is."""
    return json.dumps(value)
