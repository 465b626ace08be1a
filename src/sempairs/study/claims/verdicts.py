"""The rule by which a claim is judged, written down before the results: it asks on which side of zero intervals lie."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sempairs.study.estimates import Ends, turned_ends

Verdict = Literal["supported", "not supported", "undecided"]


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A difference that a claim says is above zero, with its 95% t interval over seeds.

    Parameters
    ----------
    of: what differs: a method, "8 methods together", an encoder, ...
    data, metric, unit: where it was measured.
    n: how many seeds.
    family: of a method that stands alone.
    relative: the difference in percent of what it is a difference from.
    value, reference: the two means it is the difference of, where there are two.
    p_holm: corrected for the methods that are judged beside it.
    problem: why there is no interval.
    """

    of: str
    data: str
    metric: str
    unit: str
    n: int = 0
    family: str = ""
    difference: float | None = None
    interval: Ends | None = None
    relative: float | None = None
    value: float | None = None
    reference: float | None = None
    p_holm: float | None = None
    problem: str = ""

    @property
    def side(self) -> int:
        """1 if the interval lies above zero, -1 if it lies below, else 0."""
        return 0 if self.interval is None else int(self.interval[0] > 0) - int(self.interval[1] < 0)

    @property
    def turned(self) -> "Effect":
        """The same of what should be low: "less style R2"."""
        difference = None if self.difference is None else -self.difference
        return replace(self, metric=f"less {self.metric}", difference=difference, interval=turned_ends(self.interval))


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What is claimed, and by which rule it is judged.

    Parameters
    ----------
    claim: in a sentence.
    rule: when it is supported and when it is not, in sentences.
    data: what is looked at.
    """

    claim: str
    rule: str
    data: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the results say of a claim.

    Parameters
    ----------
    verdict: by the rule; "undecided" wherever there are `problems`.
    headline: the few effects that stand for it.
    effects: all that the rule looks at; none of a claim of several parts.
    problems: runs that are missing and comparisons that are refused.
    parts: of a claim of several parts, their answers.
    controls: the same effects of the negative controls.
    """

    claim: Claim
    verdict: Verdict
    headline: tuple[Effect, ...] = ()
    effects: tuple[Effect, ...] = ()
    problems: tuple[str, ...] = ()
    parts: tuple["Answer", ...] = ()
    controls: tuple[Effect, ...] = ()

    @property
    def hollow(self) -> bool:
        """Whether it is supported by the rule, and a negative control would be as well."""
        return self.verdict == "supported" and bool(self.controls) and all(one.side > 0 for one in self.controls)


def answered(
    claim: Claim,
    needed: Sequence[Effect],
    problems: Sequence[str] = (),
    besides: Sequence[Effect] = (),
    controls: Sequence[Effect] = (),
) -> Answer:
    """Supported if every interval lies above zero, not supported if any lies below, undecided otherwise.

    Undecided as well if anything is missing: nothing is extrapolated from runs that are there to others.

    Parameters
    ----------
    needed: effects that must all lie above zero.
    besides: effects that must not lie below, and stand for the claim; the `needed` ones do if there are none.
    controls: those of `needed`, brought by negative controls.
    """
    sides = {effect.side for effect in needed}
    verdict: Verdict = "undecided"
    if needed and not problems and all(effect.interval is not None for effect in needed):
        if -1 in sides or any(effect.side < 0 for effect in besides):
            verdict = "not supported"
        elif sides == {1}:
            verdict = "supported"
    return Answer(
        claim=claim,
        verdict=verdict,
        headline=tuple(besides or needed),
        effects=tuple(needed),
        problems=tuple(problems),
        controls=tuple(controls),
    )


def combined(claim: Claim, parts: Sequence[Answer]) -> Answer:
    """Of a claim of several parts: supported if all are, not supported if any is not, undecided otherwise."""
    verdicts = {part.verdict for part in parts}
    verdict: Verdict = "supported" if verdicts == {"supported"} else "undecided"
    return Answer(
        claim=claim,
        verdict="not supported" if "not supported" in verdicts else verdict,
        headline=tuple(effect for part in parts for effect in part.headline),
        problems=tuple(dict.fromkeys(problem for part in parts for problem in part.problems)),
        parts=tuple(parts),
    )


def counts(effects: Sequence[Effect]) -> tuple[int, int, int]:
    """How many intervals lie above zero, hold it (or are not known), and lie below."""
    sides = [effect.side for effect in effects]
    return sides.count(1), sides.count(0), sides.count(-1)
