"""Claim C4: semantic pairs bring invariances beyond the augmentations, and lose less when augmentations are removed."""

from collections.abc import Sequence
from dataclasses import replace

from sempairs.study.claims.evidence import Evidence, effect_of
from sempairs.study.claims.gains import ARM, ON_TRANSFER
from sempairs.study.claims.scores import PROTOCOLS, TRANSFER
from sempairs.study.claims.verdicts import Answer, Claim, Effect, answered, combined

C4 = Claim(
    claim="Semantic pairs bring invariances beyond the augmentations used, and lose less when augmentations are "
    "removed",
    rule="Supported if all parts are, not supported if any is not.",
    data="the studies main, nuisance and augmentation",
)
C4_INVARIANCE = Claim(
    claim="They bring invariances beyond the augmentations used",
    rule="Semantic minus augmented, all methods together, of the whitened cosine of an image and its changed version: "
    "mean over the transformations that are not among the augmentations, and mean over the swaps in rendered scenes. "
    "Supported if both intervals lie above zero, not supported if either lies below.",
    data="unseen garments transformed; scenes with background, light or pose drawn again",
)
C4_STYLE = Claim(
    claim="They drop what pairs do not share",
    rule="Trained on rendered scenes whose style is independent: how much less of the style can be read off the "
    "features (R2 of kernel ridge, mean over the style factors), all methods together. Supported if the interval of "
    "augmented minus semantic lies above zero, not supported if it lies below.",
    data="scenes of the study nuisance",
)
C4_REMOVED = Claim(
    claim="They lose less when augmentations are removed",
    rule="The gain of semantic pairs with fewer augmentations minus their gain with all of them, seed by seed, all "
    "methods together, on transfer. Supported if every interval (crop-only and none, two protocols) lies above "
    "zero, not supported if any lies below.",
    data=ON_TRANSFER,
)


def invariance(main: Evidence) -> Answer:
    """The first part of C4: features that stay as they are under changes that no view has shown."""
    places = [("invariance", "not used"), ("scenes", "swaps")]
    effects = tuple(effect for data, metric in places if (effect := main.pooled(ARM, data, metric)))
    problems = main.problems((ARM, main.study.baseline), [data for data, _ in places], effects)
    if len(effects) < len(places):
        problems = (*problems, "one of the two means has no scores")
    controls = [effect for data, metric in places for effect in main.controls(data, metric)]
    return answered(C4_INVARIANCE, effects, problems, controls=controls)


def style(nuisance: Evidence) -> Answer:
    """The second part of C4: factors of a scene that cannot be read off the features."""
    effect = nuisance.pooled(ARM, "scenes", "style R2")
    effects = (effect.turned,) if effect else ()
    problems = nuisance.problems((ARM, nuisance.study.baseline), ["scenes"], effects)
    controls = [effect.turned for effect in nuisance.controls("scenes", "style R2")]
    return answered(C4_STYLE, effects, problems, controls=controls)


def removed(augmentation: Evidence) -> Answer:
    """The third part of C4."""
    effects = [effect for effect in losses(augmentation) if not effect.family]
    problems = augmentation.problems((ARM, augmentation.study.baseline), [TRANSFER], effects)
    return answered(C4_REMOVED, effects, problems)


def losses(augmentation: Evidence) -> tuple[Effect, ...]:
    """How much larger the gain is with fewer augmentations: of each method, and of all together (without a family)."""
    found = []
    for protocol in PROTOCOLS:
        for change in augmentation.changes:
            place = change.factor, change.arm, change.against, change.data, change.metric
            if place == ("views", ARM, augmentation.study.baseline, TRANSFER, protocol) and change.pool in ("", "all"):
                family = augmentation.families[change.methods[0]] if not change.pool else ""
                who = change.methods[0] if not change.pool else f"{len(change.methods)} methods together"
                effect = effect_of(change, f"{who}, {change.level} minus {change.first}", family=family)
                found.append(
                    replace(effect, value=change.gain, reference=change.gain_first, problem=change.refused)
                )  # fmt: skip
    return tuple(found)


def invariances(parts: Sequence[Answer]) -> Answer:
    """C4 from its parts."""
    return combined(C4, parts)
