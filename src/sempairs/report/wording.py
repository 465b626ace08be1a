"""Plain sentences on what a comparison supports, what speaks against it and what it leaves open."""

from collections.abc import Sequence
from dataclasses import dataclass

from sempairs.report.numbers import counted, interval, listed, p_value, points, signed
from sempairs.study.compare import Comparison, Line

LEVEL = 0.05


@dataclass(frozen=True)
class Findings:
    """What the numbers say of the claim that other pairs beat the baseline's.

    Parameters
    ----------
    summary: two sentences for the head of the page.
    supported: what is shown: intervals over seeds above zero, a control that does not help.
    against: every score below the baseline's, and a control that helps.
    undecided: what these numbers cannot tell.
    """

    summary: tuple[str, str]
    supported: tuple[str, ...]
    against: tuple[str, ...]
    undecided: tuple[str, ...]


def findings(comparison: Comparison, controls: frozenset[str]) -> Findings:
    """Read a comparison.

    Parameters
    ----------
    controls: the arms that must not help.
    """
    arms: dict[str, list[Line]] = {}
    for line in comparison.lines:
        if line.difference is not None:
            arms.setdefault(line.arm, []).append(line)
    treatments = [_Arm(name, lines, comparison) for name, lines in arms.items() if name not in controls]
    control_arms = [_Arm(name, lines, comparison) for name, lines in arms.items() if name in controls]
    corrected = _holm(comparison)
    control_words = [_control(arm) for arm in control_arms]
    helped = [bool(arm.of("higher")) for arm in control_arms]
    supported = [arm.tally() + arm.sizes() for arm in treatments if arm.of("higher")]
    supported += [words for words, bad in zip(control_words, helped, strict=True) if not bad and treatments_seeds(arms)]
    against = [words for words, bad in zip(control_words, helped, strict=True) if bad]
    against += [sentence for arm in treatments for sentence in arm.below()]
    if not any(arm.below() for arm in treatments):
        against.append(f"No arm{' but a control' if control_arms else ''} scored below {comparison.baseline} pairs in any comparison.")
    undecided = [sentence for arm in treatments for sentence in arm.open()]
    undecided += [sentence for arm in control_arms for sentence in arm.open()]
    last = " ".join([*control_words, corrected])
    head = "; ".join(arm.tally().rstrip(".") for arm in treatments) + "."
    return Findings((head, last), tuple(supported), tuple(against), (*undecided, corrected))
