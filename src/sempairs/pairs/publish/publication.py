"""A publication: everything that the texts of a published folder are made of."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sempairs import __version__
from sempairs.core.errors import UserError
from sempairs.core.settings import validate
from sempairs.pairs.pairset import Origin
from sempairs.pairs.publish.answers import OWN_PART, Answers
from sempairs.pairs.publish.facts import Facts
from sempairs.pairs.publish.images import Published
from sempairs.pairs.publish.licences import Licence, decide, images_allowed, licence_of

FORMAT = 1
"""Raised when the texts are made otherwise, so that nobody compares those of two versions."""
ALLOW = {
    "nc": "a licence that forbids commercial use",
    "nd": "a licence that forbids derived works",
    "unknown": "a licence that is not known",
    "leaks": "images that also stand in an evaluation set",
    "no-leak-check": "no look at any evaluation set",
}
"""What blocks a publication unless somebody takes it upon themselves, in words."""


@dataclass(frozen=True)
class Publication:
    """What the documents are written from.

    Parameters
    ----------
    answers: of whoever publishes.
    facts: counted from the data.
    origin: of the pair set.
    allow: what was taken upon oneself, of `ALLOW`.
    certificate: of the review; None where there was none.
    leaks: what was found, by evaluation set.
    images: which are in the folder; None where there are none.
    files: size and sha256 of each table, by name.
    made_with: the version that wrote the folder.
    """

    answers: Answers
    facts: Facts
    origin: Origin
    allow: tuple[str, ...] = ()
    certificate: dict[str, Any] | None = None
    leaks: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    images: Published | None = None
    files: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    made_with: str = f"sempairs {__version__}"

    @property
    def licence(self) -> Licence:
        """The most restrictive licence of the parts. Raises UserError if one of them blocks."""
        return decide(self.licences(), self.allow)

    def licences(self) -> dict[str, str]:
        """The licence of each part."""
        parts = {OWN_PART: self.answers.about.licence}
        return parts | {source.name: source.licence for source in self.answers.sources}

    def blocking(self) -> set[str]:
        """What stands against publishing, of `ALLOW`, whether somebody allowed it or not."""
        reasons = {reason for part, spdx in self.licences().items() for reason in licence_of(spdx, part).blocks}
        if not self.leaks:
            reasons.add("no-leak-check")
        if any(found["leaked"] for found in self.leaks.values()):
            reasons.add("leaks")
        return reasons

    def check_allowed(self) -> None:
        """Raise UserError if anything stands against publishing that nobody took upon themselves."""
        decide(self.licences(), self.allow)
        promised = (self.certificate or {}).get("pairs", self.facts.pairs)
        if promised != self.facts.pairs:
            raise UserError(
                "the certificate is about another set of pairs", got=f"{promised} pairs, not {self.facts.pairs}",
                todo="publish the pairs and the certificate of one `sempairs review export`",
            )  # fmt: skip
        forbidden = self.blocking() - set(self.allow)
        if "no-leak-check" in forbidden:
            raise UserError(
                "nobody looked whether images of the set also stand in an evaluation set",
                todo="--check-leaks-on SOURCE, or --allow no-leak-check, which is recorded",
            )
        if "leaks" in forbidden:
            raise UserError(
                "images of the set also stand in an evaluation set",
                got="; ".join(f"{name}: {found['leaked']:,}" for name, found in self.leaks.items() if found["leaked"]),
                todo="leave their pairs out, before they are reviewed, with `sempairs pairs without-leaks`; "
                "or take it upon yourself with --allow leaks, which is recorded",
            )

    def check_images_allowed(self) -> None:
        """Raise UserError if the licence of a source keeps its images back."""
        for source in self.answers.sources:
            if not images_allowed(licence_of(source.licence, source.name)):
                raise UserError(
                    f"the licence of {source.name} does not let its images be published", got=source.licence,
                    todo="leave --images out: the pairs name the images by id and sha256",
                )  # fmt: skip

    @property
    def is_simulated(self) -> bool:
        """Whether a program gave any of the verdicts."""
        return self.facts.simulated_votes > 0

    def declaration(self) -> str:
        """What declares simulated verdicts; "" where people gave all of them."""
        facts = self.facts
        if not self.is_simulated:
            return ""
        who = "all" if facts.simulated_votes == facts.votes else f"{facts.simulated_votes:,} of the"
        return (
            f"Simulated verdicts: {who} {facts.votes:,} verdicts come from a program ({facts.simulated_annotators} of "
            f"{facts.annotators} annotators), not from people. They are no evidence of what people would say."
        )

    def to_json(self) -> dict[str, Any]:
        """As `provenance.json`."""
        return {
            "format": FORMAT,
            "made_with": self.made_with,
            "pair_set": {"hash": self.facts.hash, "origin": self.origin.to_json()},
            "counts": asdict(self.facts),
            "licence": {"whole": self.licence.spdx, "parts": self.licences()},
            "encoder": None if self.answers.encoder is None else self.answers.encoder.model_dump(),
            "review": {
                "votes": self.facts.votes,
                "annotators": self.facts.annotators,
                "simulated": self.is_simulated,
                "simulated_votes": self.facts.simulated_votes,
                "simulated_annotators": self.facts.simulated_annotators,
                "declaration": self.declaration(),
                "certificate": self.certificate,
            },
            "leaks": dict(self.leaks),
            "allowed": {name: ALLOW[name] for name in self.allow},
            "images": None if self.images is None else asdict(self.images),
            "answers": self.answers.to_json(),
        }

    @classmethod
    def from_json(cls, value: Any, facts: Facts, origin: Origin, files: Mapping[str, tuple[int, str]]) -> "Publication":
        """A publication as `provenance.json` tells of it, whose facts were counted again.

        Raises
        ------
        UserError: another format, or what no publication says.
        """
        try:
            if value["format"] != FORMAT:
                raise UserError(
                    f"provenance.json has format {value['format']!r}, this sempairs checks {FORMAT}",
                    todo=f"check it with what made it: {value['made_with']}",
                )
            images, leaks, allow = value["images"], value["leaks"], tuple(value["allowed"])
            made = cls(
                answers=validate(Answers, value["answers"], "provenance.json answers"),
                facts=facts,
                origin=origin,
                allow=allow,
                certificate=value["review"]["certificate"],
                leaks={name: _found(leaks[name]) for name in leaks},
                images=None if images is None else Published.from_json(images),
                files=files,
                made_with=str(value["made_with"]),
            )
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
            if isinstance(error, UserError):
                raise
            raise UserError("provenance.json does not tell of a publication", got=repr(error)[:200]) from None
        if not set(made.allow) <= set(ALLOW) or not isinstance(made.certificate, dict | None):
            raise UserError("provenance.json does not tell of a publication", got=str(made.allow)[:200])
        return made


def _found(leak: dict[str, Any]) -> dict[str, Any]:
    """What was found in one evaluation set, if that is what it is. Raises TypeError or KeyError otherwise."""
    for name in ("leaked", "evaluation"):
        if type(leak[name]) is not int:
            raise TypeError(f"{name} is no number")
    dict.keys(leak["levels"])
    return leak
