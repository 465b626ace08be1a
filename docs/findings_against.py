"""The section of docs/findings.md that lists everything that went against a claim, decided by the intervals alone."""

from collections.abc import Iterator, Mapping

from findings_words import difference

from sempairs.study.claims import Answer, Effect, Evidence
from sempairs.study.claims.gains import ARM
from sempairs.study.claims.invariances import losses
from sempairs.study.claims.noise import tolerances
from sempairs.study.claims.scores import PROTOCOLS, TRANSFER, TRANSFER_DATA


def against(found: Mapping[str, Evidence], judged: Mapping[str, Answer]) -> str:
    """Claims that are not supported, then every interval that lies on the wrong side of zero."""
    lines = [
        f"{key} is {answer.verdict}: {answer.claim.claim[0].lower()}{answer.claim.claim[1:]}."
        for key, answer in judged.items()
        if answer.verdict != "supported"
    ]
    if "main" in found:
        lines += _main(found["main"])
    lines += _controls(found)
    if "augmentation" in found:
        lines += [_said("lose more", effect) for effect in losses(found["augmentation"]) if effect.side < 0]
    if "architecture" in found:
        own = found["architecture"]
        lines += [
            _said(f"{encoder}, semantic − {own.study.baseline}", effect)
            for encoder in own.study.encoders
            for protocol in PROTOCOLS
            for effect in own.by_method(ARM, TRANSFER, protocol, encoder=encoder)
            if effect.side < 0
        ]
    if "noise" in found:
        lines += [
            _said(f"with {share:.0%} of false neighbours", effect)
            for one in tolerances(found["noise"])
            for share, effect in one.points
            if effect.side < 0
        ]
    return "".join(f"- {line}\n" for line in lines) or "Nothing.\n"


def _main(main: Evidence) -> Iterator[str]:
    """Losses by data set, of all arms but the controls, and gains of the controls."""
    for arm, other in main.study.comparisons:
        control, hoped = main.study.arms[arm].control, -1
        for data in (TRANSFER, *TRANSFER_DATA, "garments", "detection"):
            for metric in (*PROTOCOLS, "knn", "detection AP"):
                pool = main.pooled(arm, data, metric, other)
                effects = (*main.by_method(arm, data, metric, other), *([pool] if pool else []))
                for effect in dict.fromkeys(effects):
                    if effect.side == (1 if control else hoped):
                        yield _said(f"{'the control ' * control}{arm} − {other}", effect)


def _controls(found: Mapping[str, Evidence]) -> Iterator[str]:
    """What C4 asks for and the negative control brings as well."""
    for name, data, metric in (
        ("main", "invariance", "not used"),
        ("main", "scenes", "swaps"),
        ("nuisance", "scenes", "style R2"),
    ):
        if name in found:
            effect = found[name].pooled("random", data, metric)
            effect = effect.turned if effect and metric == "style R2" else effect
            if effect and effect.side > 0:
                yield _said("what C4 asks for, pairs of random partners bring too", effect)


def _said(what: str, effect: Effect) -> str:
    return f"{what}: {effect.of} on {effect.data}, {effect.metric} {difference(effect, unit=True)}"
