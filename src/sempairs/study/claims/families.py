"""Claim C3: contrastive methods gain more than non-contrastive ones, and SimCLR most of all in relative terms."""

from dataclasses import replace

import numpy as np

from sempairs.study.claims.evidence import Evidence, effect_of
from sempairs.study.claims.gains import ARM, ON_TRANSFER
from sempairs.study.claims.scores import PROTOCOLS, TRANSFER
from sempairs.study.claims.verdicts import Answer, Claim, Effect, answered, combined
from sempairs.study.estimates import estimated

RELATIVE = "percent of the baseline"
"""The unit of gains that are divided by what augmented pairs reach."""

C3 = Claim(
    claim="Contrastive methods gain more than non-contrastive ones, and SimCLR gains most in relative terms",
    rule="Supported if both parts are, not supported if either is not.",
    data=ON_TRANSFER,
)
C3_FAMILIES = Claim(
    claim="Contrastive methods gain more than non-contrastive ones",
    rule="The mean gain of contrastive methods minus that of the others, seed by seed, in points and in percent of "
    "what augmented pairs reach. Supported if all four intervals (two protocols, two units) lie above zero, not "
    "supported if any lies below.",
    data=ON_TRANSFER,
)
C3_SIMCLR = Claim(
    claim="SimCLR gains most in relative terms",
    rule="SimCLR's gain in percent minus that of the other method that gains most, seed by seed. Supported if the "
    "interval lies above zero by both protocols, not supported if it lies below by either.",
    data=ON_TRANSFER,
)


def families(main: Evidence) -> Answer:
    """C3."""
    arms = ARM, main.study.baseline
    refused = [effect for protocol in PROTOCOLS for effect in main.by_method(ARM, TRANSFER, protocol) if effect.problem]
    gaps = [effect for protocol in PROTOCOLS for effect in family_effects(main, protocol)]
    largest = [effect for protocol in PROTOCOLS if (effect := simclr_minus_best(main, protocol))]
    parts = [
        answered(claim, effects, main.problems(arms, [TRANSFER], [*effects, *refused] if effects else []))
        for claim, effects in ((C3_FAMILIES, gaps), (C3_SIMCLR, largest))
    ]
    return combined(C3, parts)


def family_effects(main: Evidence, protocol: str) -> list[Effect]:
    """The mean gain of contrastive methods minus that of the others, in points and in percent."""
    place = ARM, main.study.baseline, TRANSFER, protocol
    effects = []
    for gap in main.family_gaps:
        if (gap.arm, gap.against, gap.data, gap.metric) == place:
            means = {"value": gap.gain_contrastive, "reference": gap.gain_non_contrastive}
            effect = effect_of(gap, "contrastive minus non-contrastive", **means)
            effects.append(replace(effect, unit=RELATIVE) if gap.relative else effect)
    return effects


def simclr_minus_best(main: Evidence, protocol: str) -> Effect | None:
    """SimCLR's gain in percent minus that of the best other method, over the seeds that both have."""
    gains = relative_gains(main, protocol)
    own = next((name for name in gains if main.study.methods[name]["name"] == "simclr"), None)
    others = {name: float(np.mean(list(by_seed.values()))) for name, by_seed in gains.items() if name != own}
    if own is None or not others:
        return None
    best = max(others, key=lambda name: others[name])
    seeds = [seed for seed in gains[own] if seed in gains[best]]
    if not seeds:
        return None
    ours, theirs = (np.array([gains[name][seed] for seed in seeds]) for name in (own, best))
    found = estimated(seeds, (ours - theirs)[:, None])
    return Effect(
        of=f"{own} minus {best}", data=TRANSFER, metric=protocol, unit=RELATIVE, n=len(seeds),
        difference=found["difference"], interval=found.get("difference_interval"),
        value=float(ours.mean()), reference=float(theirs.mean()),
    )  # fmt: skip


def relative_gains(main: Evidence, protocol: str) -> dict[str, dict[int, float]]:
    """By method and seed the gain in percent of the mean of augmented pairs."""
    return {
        line.method: {s: 100 * d / line.reference for s, d in zip(line.seeds, line.differences, strict=True)}
        for line in main.lines(ARM, TRANSFER, protocol)
        if line.reference and line.reference > 0
    }


def wins(main: Evidence, protocol: str) -> tuple[int, int]:
    """In how many of how many seeds SimCLR gains most of all methods in percent."""
    gains = relative_gains(main, protocol)
    own = next((name for name in gains if main.study.methods[name]["name"] == "simclr"), None)
    if own is None:
        return 0, 0
    seeds = [seed for seed in gains[own] if all(seed in by_seed for by_seed in gains.values())]
    return sum(gains[own][seed] == max(by_seed[seed] for by_seed in gains.values()) for seed in seeds), len(seeds)
