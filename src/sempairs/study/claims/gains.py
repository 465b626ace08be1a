"""Claims that an arm gains: C1 on transfer, C2 on detection, C5 with every encoder."""

from dataclasses import replace

from sempairs.study.claims.evidence import Evidence
from sempairs.study.claims.scores import PROTOCOLS, TRANSFER, TRANSFER_DATA
from sempairs.study.claims.verdicts import Answer, Claim, Effect, answered

ARM = "semantic"
ON_TRANSFER = f"mean of {', '.join(TRANSFER_DATA)}; linear probe and few-shot with 5 shots"

C1 = Claim(
    claim="Semantic pairs beat augmented pairs on transfer, for every method",
    rule="Supported if the interval of every method lies above zero by both protocols. Not supported if that of any "
    "method, or of all methods together, lies below zero by either.",
    data=ON_TRANSFER,
)
C1_TOGETHER = Claim(
    claim="Semantic pairs beat augmented pairs on transfer, on average over the methods",
    rule="Supported if the interval of all methods together lies above zero by both protocols, not supported if it "
    "lies below by either.",
    data=ON_TRANSFER,
)
C2 = Claim(
    claim="Semantic pairs beat augmented pairs on object detection, for every method",
    rule="Supported if the interval of every method lies above zero. Not supported if that of any method, or of all "
    "together, lies below.",
    data="garments on textured canvases, AP of a detector on the frozen encoder",
)
C5 = Claim(
    claim="It holds for more than one architecture",
    rule="Supported if with every encoder the interval of all methods together lies above zero by both protocols. Not "
    "supported if with any encoder it lies below by either.",
    data=ON_TRANSFER,
)


def transfer(main: Evidence, arm: str = ARM, against: str = "") -> Answer:
    """C1, or the same question of another two arms."""
    return _every_method(C1, main, TRANSFER, PROTOCOLS, arm, against)


def transfer_together(main: Evidence, arm: str = ARM, against: str = "") -> Answer:
    """The weaker form of C1, or the same question of another two arms."""
    effects = pooled_by(main, arm, against)
    return answered(C1_TOGETHER, effects, main.problems(_arms(main, arm, against), [TRANSFER], effects))


def detection(main: Evidence) -> Answer:
    """C2."""
    return _every_method(C2, main, "detection", ("detection AP",), ARM, "")


def architecture(study: Evidence) -> Answer:
    """C5."""
    effects = [
        replace(effect, of=f"{encoder}, {effect.of}")
        for encoder in study.study.encoders
        for effect in pooled_by(study, ARM, encoder=encoder)
    ]
    return answered(C5, effects, study.problems(_arms(study, ARM, ""), [TRANSFER], effects))


def pooled_by(study: Evidence, arm: str, against: str = "", encoder: str = "") -> tuple[Effect, ...]:
    """The gain of all methods together on transfer, by both protocols."""
    effects = (study.pooled(arm, TRANSFER, protocol, against, encoder=encoder) for protocol in PROTOCOLS)
    return tuple(effect for effect in effects if effect)


def _every_method(claim: Claim, study: Evidence, data: str, metrics: tuple[str, ...], arm: str, against: str) -> Answer:
    needed = [effect for metric in metrics for effect in study.by_method(arm, data, metric, against)]
    pools = [effect for metric in metrics if (effect := study.pooled(arm, data, metric, against))]
    problems = study.problems(_arms(study, arm, against), [data], [*needed, *pools])
    return answered(claim, needed, problems, besides=pools)


def _arms(study: Evidence, arm: str, against: str) -> tuple[str, str]:
    return arm, against or study.study.baseline
