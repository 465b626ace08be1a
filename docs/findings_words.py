"""How docs/findings.md writes numbers, tables and verdicts; every number comes from the results."""

from collections.abc import Iterable, Sequence

from sempairs.report.numbers import (
    counted,
    decimal,
    interval,
    interval_in,
    measured_difference,
    p_value,
    points,
    signed,
)
from sempairs.study.claims.families import RELATIVE
from sempairs.study.claims.verdicts import Answer, Effect, counts

NONE = "–"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a line instead of an empty one."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    if not lines:
        return "No result yet.\n"
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *lines]) + "\n"


def difference(effect: Effect | None, unit: bool = False) -> str:
    """ "+3.6 [+2.1, +5.0]", with its unit if it is asked for; bold where the interval excludes zero."""
    if effect is None or effect.difference is None:
        return "not compared" if effect and effect.problem else NONE
    if effect.unit == RELATIVE:
        parts = [signed(effect.difference), interval(effect.interval)]
    else:
        parts = [measured_difference(effect.difference, effect.unit), interval_in(effect.interval, effect.unit)]
    text = " ".join(parts if effect.interval else parts[:1])
    text = f"**{text}**" if effect.side else text
    return f"{text} {'% of the baseline' if effect.unit == RELATIVE else points(effect.unit)}" if unit else text


def mean(value: float | None, unit: str) -> str:
    """A mean, without its unit."""
    return NONE if value is None else decimal(value, 1 if unit in ("%", RELATIVE) else 3)


def gain(value: float | None) -> str:
    """A gain by itself, in points or percent."""
    return NONE if value is None else signed(value)


def in_percent(effect: Effect | None) -> str:
    """The same difference in percent of the baseline's."""
    return NONE if effect is None or effect.relative is None else f"{signed(effect.relative)}%"


def holm(effect: Effect) -> str:
    """The corrected p."""
    return p_value(effect.p_holm)


def tally(effects: Sequence[Effect]) -> str:
    """ "3 / 4 / 1": above zero, undecided, below."""
    return " / ".join(map(str, counts(effects)))


def headline(answer: Answer) -> str:
    """The effects that stand for a claim; of parts of a claim each by its name."""
    parts = [f"{named(effect)} {difference(effect, unit=True)}" for effect in answer.headline]
    if all(effect.family for effect in answer.effects):
        for metric in dict.fromkeys(effect.metric for effect in answer.effects):
            own = [effect for effect in answer.effects if effect.metric == metric]
            up, _, down = counts(own)
            parts.append(f"{metric}: above zero for {up} of {len(own)} methods, below for {down}")
    return "; ".join(parts) or NONE


def named(effect: Effect) -> str:
    """Who gains, and by which metric."""
    return f"{effect.of}, {effect.metric}:"


def verdict(answer: Answer) -> str:
    """In bold, with the reason why nothing can be said, or why it says nothing of semantic pairs."""
    why = f" ({'; '.join(answer.problems)})" if answer.problems else ""
    hollow = " by the rule, but pairs of random partners do the same" if answer.hollow else ""
    return f"**{answer.verdict}**{hollow}{why}"


def judged(answer: Answer) -> str:
    """The verdict, and the rule that it is by."""
    return f"{answer.claim.claim}: {verdict(answer)}.\n\nRule: {answer.claim.rule}\n"


def of_methods(effects: Sequence[Effect]) -> str:
    """In a sentence how many methods gain."""
    up, open_, down = counts(effects)
    return f"above zero for {up} of {counted(len(effects), 'method')}, undecided for {open_}, below zero for {down}"
