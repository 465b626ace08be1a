"""The sections of docs/findings.md on what else the studies ask."""

from findings_collapses import collapses_of
from findings_words import NONE, difference, mean, table

from sempairs.report.numbers import decimal, percent, signed
from sempairs.study.claims import Evidence
from sempairs.study.claims.kept import kept
from sempairs.study.claims.negatives import maskings
from sempairs.study.claims.noise import Tolerance, tolerances
from sempairs.study.claims.without_labels import AIM, BEST, added_by_judgements, aim, shares

TOLERATED = """Tolerated is the largest share at which the interval of the gain lies above zero, and at all smaller
shares too. Where the mean gain falls to zero is on a straight line between two shares. Transfer was named before the
study; garments, new ones and those of the training, were added once transfer had shown no gain to lose.
"""
MASKED = """Masked minus all negatives. Masking uses the labels. The share of same-class images among the negatives is
what the runs with all negatives logged last. Garments were added once transfer had shown next to no difference.
"""
REPLACED = """Pairs share the content, solid and number of bands, and differ in style. A first study (pairs of one
solid, 230 steps) found the solid hardly better than by chance, and semantic pairs kept and dropped what random ones
did. This one took its place after those results were seen: more steps, more of the scene shared ([log](log.md)). BYOL,
at first left out for time, was added when the results of SimCLR were known.
"""


def noise(study: Evidence) -> str:
    """Gains by the share of false neighbours."""
    found = tolerances(study)
    levels = [share for share, _ in found[0].points] if found else []
    rows = [
        [
            one.of,
            " ".join(one.place),
            *(difference(effect) for _, effect in one.points),
            _tolerated(one),
            _crossing(one),
        ]
        for one in found
    ]
    head = ("method", "score", *(f"{share:.0%} false" for share in levels), "tolerated", "gain falls to zero")
    return TOLERATED + "\n" + table(head, rows)


def _tolerated(one: Tolerance) -> str:
    return "none" if one.tolerated is None else f"{one.tolerated:.0%}"


def _crossing(one: Tolerance) -> str:
    known = [effect.difference for _, effect in one.points if effect.difference is not None]
    if not known or known[0] <= 0:
        return NONE
    if one.bracket is None or one.crossing is None:
        return "not within these shares"
    low, high = one.bracket
    return f"at {one.crossing:.0%}, between {low:.0%} and {high:.0%}"


def labels(study: Evidence) -> str:
    """Shares of the label oracle's gain."""
    rows = [
        [
            one.arm, " ".join(one.place), signed(one.gain), signed(one.oracle),
            NONE if one.share is None else percent(one.share),
            NONE if one.interval is None else f"[{decimal(100 * one.interval[0])}, {decimal(100 * one.interval[1])}]",
            one.aim if not study.study.arms[one.arm].control else "control",
        ]
        for one in shares(study)
    ]  # fmt: skip
    head = ("pairs", "score", "gain, points", "gain of the labels", "share", "95% interval", f"{AIM:.0%} of it")
    added = [[one.of, f"{one.data} {one.metric}", difference(one)] for one in added_by_judgements(study)]
    return "\n".join(
        [
            f"The aim, {AIM:.0%} of the labels' gain without labels, by the rule that was named before the study "
            f"(`{BEST}`), on transfer by both protocols: **{aim(study)}**. The share is a ratio of two mean gains of "
            "the same seeds; its interval is Fieller's. There is none where the labels' own gain is not sure to be "
            "above zero. `wide` was added after the first results, chosen on seeds 10 to 12 (log.md), and is tested "
            "here on seeds of its own, with the same test images.\n",
            table(head, rows),
            "What the simulated judgements add to the pairs they choose from:\n",
            table(("pairs", "score", "difference"), added),
        ]
    )


def negatives(study: Evidence) -> str:
    """Masking same-class negatives."""
    rows = [
        [one.method, " ".join(one.place), NONE if one.share is None else percent(one.share), difference(one.augmented),
         difference(one.semantic), difference(one.gain), _shrinks(one.gain.side)]
        for one in maskings(study)
    ]  # fmt: skip
    head = ("method", "score", "same-class negatives", "augmented", "semantic", "gain", "the gain of semantic pairs")
    return MASKED + "\n" + table(head, rows)


def _shrinks(side: int) -> str:
    return {1: "grows when they are masked", -1: "shrinks when they are masked", 0: "undecided"}[side]


def nuisance_again(study: Evidence) -> str:
    """The study that took the place of a first one of its name."""
    return f"{REPLACED}\n{nuisance(study)}"


def nuisance(study: Evidence) -> str:
    """What is kept of scenes under one law of style, by each method."""
    baseline = study.study.baseline
    arms = [arm for arm in study.study.arms if arm != baseline]
    head = ("score", baseline, *(f"{arm} − {baseline}" for arm in arms))
    scores = kept(study)
    parts = []
    for method in dict.fromkeys(one.method for one in scores):
        rows = []
        for one in (own for own in scores if own.method == method):
            base = next((effect for effect in one.by_arm.values() if effect.reference is not None), None)
            first = NONE if base is None else mean(base.reference, base.unit)
            rows.append([one.metric, first, *(difference(one.by_arm.get(arm)) for arm in arms)])
        parts.append(f"{method}{collapses_of(method, study)}:\n\n{table(head, rows)}")
    return "\n".join(parts)
