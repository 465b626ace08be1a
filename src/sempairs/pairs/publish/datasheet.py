"""DATASHEET.md: the questions of a datasheet, answered by whoever publishes and, where it can, by the data itself."""

from sempairs.pairs.publish import wording
from sempairs.pairs.publish.publication import Publication
from sempairs.pairs.publish.questions import QUESTIONS, SECTIONS


def datasheet(publication: Publication) -> str:
    """The text of DATASHEET.md."""
    parts = [f"# Datasheet of {wording.name(publication.answers.about.title)}\n"]
    if publication.is_simulated:
        parts.append(f"> **Note.** {publication.declaration()}\n")
    parts.append(
        "The questions follow Gebru et al., Datasheets for Datasets (arXiv 1803.09010). What stands under "
        "*Filled in by sempairs* comes from the data, the rest was written by the publisher.\n"
    )
    from_data = _from_data(publication)
    for section, title in SECTIONS.items():
        parts.append(f"## {title}\n")
        for question in (each for each in QUESTIONS if each.section == section):
            answer = publication.answers.sheet[section][question.key]
            parts.append(f"**{question.text}**\n\n{wording.text(answer) if answer else 'Not answered.'}\n")
        for asked, lines in from_data.get(section, {}).items():
            parts.append(
                f"**{asked}**\n\n*Filled in by sempairs:*\n\n" + "\n".join(f"- {line}" for line in lines) + "\n"
            )
    return "\n".join(parts)


def _from_data(publication: Publication) -> dict[str, dict[str, list[str]]]:
    """What the data answers, by section and question."""
    answers, facts = publication.answers, publication.facts
    creators = [
        wording.name(each.name) + (f", {wording.name(each.affiliation)}" if each.affiliation else "")
        for each in answers.creators
    ]
    origin = publication.origin
    made = [f"rule: {wording.code(str(origin.rule))}"]
    made += [f"from the pair set {wording.code(parent)}" for parent in origin.parents]
    if answers.encoder is not None:
        made.append(f"through the encoder {wording.name(answers.encoder.name)} ({wording.code(str(origin.encoder))})")
    return {
        "motivation": {"Who made it?": creators},
        "composition": {
            "How many instances are there, and what is known of each?": [
                f"{what}: {count}" for what, count in wording.counts(publication)
            ],
            "Are there labels, splits, and is anything missing?": [
                f"known class: {facts.labelled:,} of {facts.pairs:,} pairs",
                f"splits: {wording.listed(facts.splits) if facts.splits else 'none'}",
                "images: " + ("in the folder" if publication.images else "not in the folder, named by id and sha256"),
            ],
            "Do its images also stand in evaluation sets?": wording.leaks(publication),
        },
        "collection": {"How were the pairs judged?": [wording.text(line) for line in wording.judged(publication)]},
        "preprocessing": {"How were the pairs made?": made},
        "distribution": {"Under which licence?": wording.licensed(publication)},
        "maintenance": {
            "Which versions are there?": [
                f"{wording.name(each.version)} ({wording.name(each.date)})" for each in answers.changes
            ]
        },
    }
