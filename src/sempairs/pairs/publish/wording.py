"""Text for the documents: Markdown and YAML in which no name from the data can do anything, and shared sentences."""

import re
from typing import Any

from sempairs.pairs.publish.facts import NO_VERDICT
from sempairs.pairs.publish.publication import ALLOW, Publication

COLUMNS = {
    "pair_id": "Name of the pair: a hash of both ids and contents, the same in every set that holds the pair.",
    "a": "Id of the first image.",
    "b": "Id of the second image; the first one's own where a pair is an image with itself.",
    "a_hash": "sha256 of the first image's content when the pair was made.",
    "b_hash": "sha256 of the second image's content when the pair was made.",
    "rule": "The rule that made the pair.",
    "similarity": "The score by which the rule chose the pair; empty where it has none.",
    "group": "The key that both images share, such as a class; empty where the rule needs none.",
    "label": "The class of both images where it is known and the same.",
    "verdict": "What the votes say: accept, reject or unsure; empty where nobody judged, or the votes disagree.",
    "votes": "How many votes the pair has.",
    "split": "The part of a split that the pair belongs to.",
}
VOTE_COLUMNS = {
    "pair_id": "The pair that was judged.",
    "annotator": "Pseudonym of who judged.",
    "verdict": "accept, reject or unsure.",
    "lane": "Why the pair was shown: random (a share drawn by chance), ordered, more, grid, again or adjudicate.",
    "status": "saved, or surplus where the pair had all its votes already.",
    "simulated": "Whether a program gave the verdict.",
    "seconds": "How long the pair was on the page.",
    "class_shown": "Whether the name of the class was on the page.",
    "swapped": "Whether the second image stood on the left.",
    "at": "When the verdict was stored.",
}
IMAGE_COLUMNS = {
    "id": "Id of the image, as in the pairs.",
    "content_hash": "sha256 of its content when the pairs were made, as in the pairs.",
    "label": "Its class, where that is known.",
    "image": "The pixels, as a PNG file without metadata.",
}


def text(value: str) -> str:
    """Somebody's text, in which HTML is no HTML."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def name(value: str) -> str:
    """A name from the data on one line of Markdown, in which no sign means anything."""
    line = "".join(c if c.isprintable() else " " for c in value)
    return re.sub(r"([\\`*_{}\[\]()#|!~$])", r"\\\1", text(line))


def code(value: str) -> str:
    """A name from the data as code on one line of Markdown."""
    return "`" + "".join(c if c.isprintable() and c != "`" else " " for c in value) + "`"


def rows(*lines: tuple[str, str], head: tuple[str, str]) -> str:
    """A table of two columns."""
    return "\n".join(f"| {left} | {right} |" for left, right in (head, ("---", "---"), *lines)) + "\n"


def yaml(value: Any, indent: int = 0) -> str:
    """Tables and lists of texts and truths as YAML in block style; every text is quoted."""
    space = "  " * indent
    if isinstance(value, dict):
        return "".join(f"{space}{key}:{_under(item, indent + 1)}" for key, item in value.items())
    if isinstance(value, list):
        return "".join(f"{space}-{_under(item, indent + 1)}" for item in value)
    return f"{space}{_scalar(value)}\n"


def _under(value: Any, indent: int) -> str:
    if isinstance(value, dict | list):
        if not value:
            return " {}\n" if isinstance(value, dict) else " []\n"
        return "\n" + yaml(value, indent)
    return f" {_scalar(value)}\n"


def _scalar(value: str | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


def counts(publication: Publication) -> list[tuple[str, str]]:
    """What the data tells, in words."""
    facts = publication.facts
    lines = [("Pairs", f"{facts.pairs:,}"), ("Images in them", f"{facts.images:,}")]
    if facts.self_pairs:
        lines.append(("Pairs of an image with itself", f"{facts.self_pairs:,}"))
    lines.append(("Made by the rule", listed(facts.rules)))
    if facts.similarity is not None:
        lines.append(("Similarity", "{:.4f} to {:.4f}".format(*facts.similarity)))
    if facts.labelled:
        lines.append(("Pairs whose images have the same known class", f"{facts.labelled:,}"))
    if facts.splits:
        lines.append(("Splits", listed(facts.splits)))
    lines.append(("Verdicts", listed(facts.verdicts)))
    if facts.votes:
        by = f"{facts.votes:,} by {facts.annotators} annotators"
        lines.append(("Votes", f"{by}, {facts.simulated_votes:,} of them simulated" if facts.simulated_votes else by))
    if facts.other_pairs:
        lines.append(("Pairs that were judged and are not in the set", f"{facts.other_pairs:,}"))
    images = publication.images
    shape = None if images is None else " x ".join(map(str, images.shape))
    lines.append(("Images in this folder", "none" if images is None else f"{images.images:,} of {shape}"))
    lines.append(("Hash of the pair set", f"`{facts.hash}`"))
    return lines


def listed(numbers: dict[str, int], most: int = 12) -> str:
    """Numbers by name on one line."""
    parts = [f"{count:,} {name(key)}" for key, count in list(numbers.items())[:most]]
    return ", ".join(parts + ([f"and {len(numbers) - most:,} more"] if len(numbers) > most else []))


def judged(publication: Publication) -> list[str]:
    """How the pairs were judged and what that promises, a sentence each."""
    facts, lines = publication.facts, []
    if not facts.votes:
        lines.append("Nobody judged these pairs.")
    else:
        who = "one annotator" if facts.annotators == 1 else f"{facts.annotators} annotators"
        lines.append(f"{who.capitalize()} gave {facts.votes:,} verdicts (`annotations.parquet`).")
    unjudged = facts.verdicts.get(NO_VERDICT, 0)
    if facts.votes and unjudged:
        lines.append(f"{unjudged:,} of the {facts.pairs:,} pairs have no verdict of their own.")
    if publication.certificate is not None:
        lines += [f"Certificate: {line}." for line in certified(publication.certificate)]
        if publication.is_simulated:
            lines.append("The certificate rests on simulated verdicts, and promises nothing about people's.")
    elif facts.votes:
        lines.append("There is no certificate of their precision.")
    return lines


def certified(certificate: dict[str, Any]) -> list[str]:
    """What a certificate promises: its first three sentences, of which a fourth tells what is left to do."""
    if not certificate.get("certified", True) and not certificate.get("complete", False):
        return ["nothing was certified when the set was published"]
    said = certificate.get("sentences", certificate.get("sentence", []))
    lines = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    lines = [line for line in lines if isinstance(line, str)]
    return lines[:3] or ["see `provenance.json`"]


def licensed(publication: Publication) -> list[str]:
    """Which licence holds and why, a sentence each."""
    whole = publication.licence
    link = f"[{whole.name}]({whole.url})" if whole.url else "the terms of the sources"
    lines = [f"The set is under {link} (`{whole.spdx}`), the most restrictive licence of its parts."]
    for source in publication.answers.sources:
        line = f"Images of {name(source.name)} ({text(source.url)}): {code(source.licence)}. {text(source.notice)}"
        lines.append(line.strip())
    lines.append(f"The pairs and verdicts themselves: {code(publication.answers.about.licence)}.")
    encoder = publication.answers.encoder
    if encoder is not None:
        lines.append(
            f"Weights of the encoder that the pairs were mined with, {name(encoder.name)}: `{encoder.licence}`."
        )
    reasons = [ALLOW[reason] for reason in publication.allow]
    return lines + [f"Published in spite of {reason}; its publisher answers for that." for reason in reasons]


def leaks(publication: Publication) -> list[str]:
    """What is known of images that also stand in evaluation sets, a sentence each."""
    if not publication.leaks:
        return ["Nobody looked whether its images also stand in an evaluation set."]
    lines = []
    for evaluation, found in publication.leaks.items():
        leaked, total = found["leaked"], found["evaluation"]
        levels = ", ".join(found["levels"])
        lines.append(
            f"{leaked:,} of the {total:,} images of {name(evaluation)} also stand here (compared by {levels})."
            if leaked
            else f"None of the {total:,} images of {name(evaluation)} was found here (compared by {levels})."
        )
    return lines
