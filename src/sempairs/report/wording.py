"""Plain sentences on what a comparison supports, what speaks against it and what it leaves open."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sempairs.report.numbers import counted, interval_in, listed, measured_difference, p_value, points
from sempairs.study.compare import Comparison, Line

LEVEL = 0.05


@dataclass(frozen=True)
class Findings:
    """What the numbers say of the claim that an arm's pairs beat the baseline's.

    Parameters
    ----------
    summary: two sentences for the head of the page.
    supported: gains whose interval over seeds lies above zero; a control that does not help.
    against: all scores below the baseline's; a control that helps.
    undecided: what these numbers cannot tell.
    """

    summary: tuple[str, ...]
    supported: tuple[str, ...]
    against: tuple[str, ...]
    undecided: tuple[str, ...]


def findings(comparison: Comparison, controls: frozenset[str]) -> Findings:
    """Read a comparison; `controls` are the arms that must not help."""
    arms: dict[str, list[Line]] = {}
    for line in _placed(comparison.lines):
        if line.difference is not None:
            arms.setdefault(line.arm, []).append(line)
    claims = [_Reading(lines, comparison.baseline) for arm, lines in arms.items() if arm not in controls]
    nulls = [_Reading(lines, comparison.baseline) for arm, lines in arms.items() if arm in controls]
    corrected, corrected_briefly = _holm(arms), _holm(arms, named=False)
    below = [reading.below() for reading in claims if reading.lower]
    but = " but the negative control" if nulls else ""
    nothing = f"No arm{but} scored below {comparison.baseline} pairs in any comparison."
    return Findings(
        summary=(
            *([", ".join(_opening(reading, n == 0) for n, reading in enumerate(claims)) + "."] if claims else []),
            " ".join([*(reading.control(brief=True) for reading in nulls), corrected_briefly]),
        ),
        supported=(
            *(reading.gain() for reading in claims if reading.decided_higher),
            *(reading.control() for reading in nulls if reading.paired and not reading.decided_higher),
        ),
        against=(*(reading.control() for reading in nulls if reading.decided_higher), *(below or [nothing])),
        undecided=(*(reading.open() for reading in (*claims, *nulls) if reading.open()), corrected),
    )


def _placed(lines: Sequence[Line]) -> list[Line]:
    """The lines that judge, as gains, with the method in the name of their data where a study has more than one."""
    several = len({line.method for line in lines}) > 1
    judging = [line.as_gain for line in lines if line.direction != "neither"]
    return [replace(line, data=f"{line.data} by {line.method}") if several else line for line in judging]


def _opening(reading: "_Reading", first: bool) -> str:
    """A clause of the summary; the first one says what is counted."""
    if first:
        return reading.tally()
    brief = f" (above zero in {len(reading.decided_higher)}, below in {len(reading.decided_lower)})"
    return f"{reading.pairs} in {len(reading.higher)} of {len(reading.lines)}{brief if reading.paired else ''}"


class _Reading:
    """The lines of one arm, sorted by what they say."""

    def __init__(self, lines: Sequence[Line], baseline: str) -> None:
        self.lines, self.pairs, self.baseline = lines, f"{lines[0].arm} pairs", f"{baseline} pairs"
        self.paired = len(lines[0].seeds) > 1
        self.higher = [line for line in lines if line.difference and line.difference > 0]
        self.lower = [line for line in lines if line.difference and line.difference < 0]
        self.decided_higher = [line for line in lines if line.verdict == "higher"]
        self.decided_lower = [line for line in lines if line.verdict == "lower"]

    def tally(self) -> str:
        """How often the arm scored higher, and how often its interval excludes zero on either side."""
        of = f"{len(self.higher)} of {counted(len(self.lines), 'comparison')}"
        text = f"{_capital(self.pairs)} scored higher than {self.baseline} in {of}"
        if not self.paired:
            return text
        up, down = len(self.decided_higher), len(self.decided_lower)
        return f"{text} (95% interval over seeds above zero in {up}, below zero in {down})"

    def gain(self) -> str:
        """The tally, and the gains whose interval lies above zero."""
        return f"{self.tally()}. Above zero: {_figures(self.decided_higher)}."

    def below(self) -> str:
        """Every comparison in which the arm scored lower, decided or not."""
        text = f"{_capital(self.pairs)} scored lower than {self.baseline} in {len(self.lower)} of {len(self.lines)}"
        if self.paired:
            text += f", with an interval below zero in {len(self.decided_lower)}"
        return f"{text}: {_figures(self.lower)}."

    def open(self) -> str:
        """What cannot be told of this arm; empty if there is nothing of the kind."""
        if not self.paired:
            sides = [_side(line.items_interval) for line in self.lines]
            return (
                f"One seed says nothing about other seeds: for {self.pairs} there is no interval over seeds and no p. "
                f"For these very encoders the interval over test items is above zero in {sides.count(1)} of "
                f"{len(sides)}, below zero in {sides.count(-1)}."
            )
        unsure = [line for line in self.lines if line.verdict == "undecided"]
        if not unsure:
            return ""
        text = (
            f"{_capital(self.pairs)}: the interval over seeds includes zero in {len(unsure)} of {len(self.lines)}, "
            f"which shows neither a gain nor a loss: {_places(unsure)}."
        )
        fixed = sum(_side(line.items_interval) != 0 for line in unsure)
        if fixed:
            text += (
                f" In {fixed} of these the interval over test items excludes zero: the trained encoders do differ "
                "on such images, but training again may turn it around."
            )
        return text

    def control(self, *, brief: bool = False) -> str:
        """Whether a negative control did what it must: not help."""
        name = f"the negative control, {self.pairs},"
        n, up, down = len(self.lines), len(self.decided_higher), len(self.decided_lower)
        if not self.paired:
            of = f"{len(self.higher)} of {counted(n, 'comparison')}"
            return f"{_capital(name)} scored higher than {self.baseline} in {of}; one seed cannot judge that."
        if up:
            warning = (
                f"A warning: {name} scored higher than {self.baseline} with an interval above zero in {up} of {n}: "
                f"{_figures(self.decided_higher)}."
            )
            cause = (
                "Chance, or something besides right pairs, raises these scores; it may raise those of other arms too."
            )
            return warning if brief else f"{warning} {cause}"
        return (
            f"{_capital(name)} never scored higher than {self.baseline} with an interval above zero, as it must be "
            f"(below zero in {down} of {n})."
        )


def _side(ends: tuple[float, float] | None) -> int:
    """1 for an interval above zero, -1 for one below, 0 for one that includes zero or is not known."""
    return 0 if ends is None else int(ends[0] > 0) - int(ends[1] < 0)


def _figures(lines: Sequence[Line]) -> str:
    """Differences with their intervals: "on garments knn +3.6 [+2.1, +5.0], linear +1.2 [+0.2, +2.2] points"."""
    parts = []
    for place, group in itertools.groupby(lines, key=lambda line: line.data):
        own = list(group)
        by_unit = itertools.groupby(own, key=lambda line: line.unit)
        values = (f"{', '.join(map(_figure, alike))} {points(unit)}" for unit, alike in by_unit)
        parts.append(f"on {place} {', '.join(values)}")
    return "; ".join(parts)


def _figure(line: Line) -> str:
    difference = f"{line.metric} {measured_difference(line.difference or 0, line.unit)}"
    return difference + (f" {interval_in(line.difference_interval, line.unit)}" if line.difference_interval else "")


def _places(lines: Sequence[Line]) -> str:
    """Where scores were taken: "knn and linear on garments; knn on digits"."""
    groups = itertools.groupby(lines, key=lambda line: line.data)
    return "; ".join(f"{listed([line.metric for line in group])} on {place}" for place, group in groups)


def _holm(arms: Mapping[str, Sequence[Line]], *, named: bool = True) -> str:
    """How much is left when one corrects for having looked so many times; `named` says what."""
    corrected = [line.p_holm for lines in arms.values() for line in lines if line.p_holm is not None]
    if not corrected:
        return "With one seed there are no p-values to correct."
    kept = {
        arm: [line for line in lines if line.p_holm is not None and line.p_holm < LEVEL] for arm, lines in arms.items()
    }
    text = f"After Holm's correction for all {counted(len(corrected), 'comparison')} of the study, "
    count = sum(map(len, kept.values()))
    if not count:
        return f"{text}no difference keeps p < {LEVEL} (the smallest corrected p is {p_value(min(corrected))})."
    which = ", ".join(f"{arm} ({_places(lines)})" for arm, lines in kept.items() if lines)
    noun = "difference keeps" if count == 1 else "differences keep"
    return f"{text}{count} {noun} p < {LEVEL}" + (f": {which}." if named else ".")


def merged(protocols: Sequence[str]) -> list[str]:
    """Sentences that differ in single words as one: "λ = 0.1 of 8" and "λ = 0.3 of 8" as "λ = 0.1 or 0.3 of 8"."""
    alike: dict[int, list[list[str]]] = {}
    for words in map(str.split, protocols):
        alike.setdefault(len(words), []).append(words)
    return [
        " ".join(" or ".join(dict.fromkeys(choice)) for choice in zip(*group, strict=True)) for group in alike.values()
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
