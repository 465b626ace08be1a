"""The sections of docs/findings.md on the claims C1 to C5."""

from collections.abc import Mapping

from findings_collapses import collapses_of
from findings_words import difference, gain, holm, in_percent, judged, mean, of_methods, table, tally

from sempairs.report.numbers import signed
from sempairs.study.claims import Answer, Evidence
from sempairs.study.claims.families import relative_gains, wins
from sempairs.study.claims.gains import ARM, pooled_by, transfer, transfer_together
from sempairs.study.claims.invariances import C4_STYLE, losses
from sempairs.study.claims.scores import NOT_USED, PROTOCOLS, SWAPS, TRANSFER, TRANSFER_DATA, USED
from sempairs.study.claims.verdicts import Effect

BY_DATA = """By data set: how many methods lie above zero / are undecided / lie below, how many keep p < 0.05 after
Holm's correction, and all methods together. The garments of the training are shown and not judged.
"""
EACH_CHANGE = """Each change, all methods together: whitened cosine of an image and its changed version, 1 is fully
invariant. Whether invariance to a change is good, a task decides.
"""
BY_METHOD = ("method", "kind", "augmented", "semantic", "difference", "relative", "Holm p")


def _method_row(effect: Effect) -> list[str]:
    scores = [mean(effect.reference, effect.unit), mean(effect.value, effect.unit)]
    return [effect.of, effect.family, *scores, difference(effect), in_percent(effect), holm(effect)]


def _pool_row(effect: Effect) -> list[str]:
    scores = [mean(effect.reference, effect.unit), mean(effect.value, effect.unit)]
    return [f"*{effect.of}*", "", *scores, difference(effect), in_percent(effect), ""]


def c1(main: Evidence) -> str:
    """Transfer: by method, by data set, and the arms that hold something fixed."""
    answer, weaker = transfer(main), transfer_together(main)
    parts = [judged(answer), f"The weaker form. {judged(weaker)}"]
    for protocol in PROTOCOLS:
        effects = [effect for effect in answer.effects if effect.metric == protocol]
        pool = [effect for effect in answer.headline if effect.metric == protocol]
        rows = [*map(_method_row, effects), *map(_pool_row, pool)]
        parts.append(f"**{protocol}**, mean of {', '.join(TRANSFER_DATA)}: {of_methods(effects)}.\n")
        parts.append(table(BY_METHOD, rows))
    parts.append(BY_DATA)
    rows = []
    for data in (TRANSFER, *TRANSFER_DATA, "garments"):
        for protocol in (*PROTOCOLS, *(["knn"] if data == "garments" else [])):
            effects = main.by_method(ARM, data, protocol)
            kept = sum(effect.p_holm is not None and effect.p_holm < 0.05 for effect in effects)
            if effects:
                pool = main.pooled(ARM, data, protocol)
                rows.append([data, protocol, tally(effects), str(kept), difference(pool), in_percent(pool)])
    parts.append(table(("data", "protocol", "methods above / undecided / below", "Holm", "together", "relative"), rows))
    parts.append(_arms(main))
    return "\n".join(parts)


ABOUT = {
    ("semantic", "augmented-pool"): "image diversity held equal",
    ("semantic-repaired", "augmented"): "the very same images",
    ("augmented-pool", "augmented"): "what more images alone bring",
    ("mined", "augmented"): "no labels",
    ("mixed", "augmented"): "half of the pairs",
    ("random", "augmented"): "control: must not help",
    ("semantic-repaired", "random"): "right against wrong partners",
}


def _arms(main: Evidence) -> str:
    rows, warnings = [], []
    comparisons = [(ARM, main.study.baseline), *((a, b) for a, b in main.study.comparisons if (a, b) in ABOUT)]
    for arm, against in comparisons:
        effects = [effect for protocol in PROTOCOLS for effect in main.by_method(arm, TRANSFER, protocol, against)]
        if not effects:
            continue
        linear, fewshot = ([one for one in effects if one.metric == protocol] for protocol in PROTOCOLS)
        pools = {effect.metric: effect for effect in pooled_by(main, arm, against)}
        weaker = transfer_together(main, arm, against)
        why = f" ({'; '.join(weaker.problems)})" if weaker.problems else ""
        cells = [difference(pools.get("linear")), tally(linear), difference(pools.get("5-shot")), tally(fewshot)]
        about = ABOUT.get((arm, against), "the claim")
        judged_as = NOT_JUDGED if main.study.arms[arm].control else weaker.verdict + why
        rows.append([f"{arm} − {against}", about, *cells, judged_as])
        if main.study.arms[arm].control:
            above = [effect for effect in (*effects, *pools.values()) if effect.side > 0]
            warnings += [f"{effect.of}, {effect.metric}: {difference(effect, unit=True)}" for effect in above]
    head = ("arms", "what it shows", "linear", "methods", "5-shot", "methods", "on average")
    text = "All pairs of arms, methods together, and by method above / undecided / below:\n\n" + table(head, rows)
    if warnings:
        return text + "\n**WARNING: a negative control helps.** " + "; ".join(warnings) + ".\n"
    return text + "\nNo interval of the negative control lies above zero.\n" if rows else text


NOT_JUDGED = "must not be above"


def c2(answer: Answer) -> str:
    """Detection by method."""
    rows = [*map(_method_row, answer.effects)]
    pools = [] if answer.headline == answer.effects else [_pool_row(effect) for effect in answer.headline]
    return "\n".join([judged(answer), of_methods(answer.effects).capitalize() + ".\n", table(BY_METHOD, rows + pools)])


def c3(answer: Answer, main: Evidence) -> str:
    """Families of methods, and gains in percent."""
    first, second = answer.parts
    gaps = [
        [
            e.metric,
            "% of the baseline" if e.unit != "%" else "points",
            gain(e.value),
            gain(e.reference),
            difference(e),
        ]
        for e in first.effects
    ]
    largest = [
        [
            e.metric,
            e.of,
            gain(e.value),
            gain(e.reference),
            difference(e),
            "{} of {}".format(*wins(main, e.metric)),
        ]
        for e in second.effects
    ]
    by_protocol = {protocol: relative_gains(main, protocol) for protocol in PROTOCOLS}
    methods = list(dict.fromkeys(name for gains in by_protocol.values() for name in gains))
    relative = [
        [name, main.families[name], *(_mean_percent(by_protocol[protocol].get(name)) for protocol in PROTOCOLS)]
        for name in methods
    ]
    return "\n".join(
        [
            judged(answer), judged(first),
            table(("protocol", "unit", "contrastive", "others", "difference"), gaps),
            judged(second),
            table(("protocol", "compared", "SimCLR, %", "best other, %", "difference", "seeds it leads"), largest),
            "Gain in percent of what augmented pairs reach, mean over seeds:\n",
            table(("method", "kind", *PROTOCOLS), relative),
        ]
    )  # fmt: skip


def _mean_percent(by_seed: Mapping[int, float] | None) -> str:
    return "–" if not by_seed else f"{signed(sum(by_seed.values()) / len(by_seed))}%"


def c4(answer: Answer, studies: Mapping[str, Evidence]) -> str:
    """Invariances, style, and what is lost without augmentations."""
    parts = [judged(answer)]
    for part in answer.parts:
        rows = [
            [effect.of, effect.data, effect.metric, difference(effect)] for effect in (*part.effects, *part.controls)
        ]
        if part.claim is C4_STYLE and "nuisance" in studies:
            rows += _style_by_method(studies["nuisance"])
        parts += [judged(part), table(("methods", "data", "score", "difference"), rows)]
    if "main" in studies:
        parts.append(EACH_CHANGE)
        parts.append(_changes(studies["main"]))
    if "augmentation" in studies:
        parts += ["Mean scores by views, and how much the gain grows:\n", _views(studies["augmentation"])]
        rows = [[e.of, e.metric, gain(e.reference), gain(e.value), difference(e)]
                for e in losses(studies["augmentation"])]  # fmt: skip
        parts.append(table(("method and views", "protocol", "gain with full views", "gain there", "difference"), rows))
    return "\n".join(parts)


def _style_by_method(nuisance: Evidence) -> list[list[str]]:
    """One by one where there are several: a method that collapses drops everything, which counts as less style."""
    effects = [effect.turned for effect in nuisance.by_method(ARM, "scenes", "style R2")]
    if len(effects) < 2:  # the row of all methods together is that of the only one
        return []
    return [[f"{one.of}{collapses_of(one.of, nuisance)}", one.data, one.metric, difference(one)] for one in effects]


def _changes(main: Evidence) -> str:
    groups = [
        ("not used", NOT_USED, "invariance", ""),
        ("used", USED, "invariance", ""),
        ("swap", SWAPS, "scenes", " swap"),
    ]
    asked = [("", kind, "*mean*", data, "swaps" if kind == "swap" else kind) for kind, _, data, _ in groups]
    for kind, names, data, suffix in groups:
        asked += [(name, kind, why, data, f"invariance {name}{suffix}") for name, why in names.items()]
    rows = []
    for name, kind, why, data, metric in asked:
        semantic, random = (main.pooled(arm, data, metric) for arm in (ARM, "random"))
        if semantic:
            scores = [mean(semantic.reference, "cosine"), mean(semantic.value, "cosine")]
            rows.append([name, kind, why, *scores, difference(semantic), difference(random)])
    head = ("change", "an augmentation?", "why", "augmented", "semantic", "semantic − augmented", "random − augmented")
    return table(head, rows)


def _views(study: Evidence) -> str:
    rows = []
    for views in study.study.views:
        for protocol in PROTOCOLS:
            one = study.pooled(ARM, TRANSFER, protocol, views=views)
            if one:
                rows.append([views, protocol, mean(one.reference, "%"), mean(one.value, "%"), difference(one)])
    return table(("views", "protocol", "augmented", "semantic", "gain, methods together"), rows)


def c5(answer: Answer, study: Evidence) -> str:
    """Encoders."""
    rows = []
    for encoder in study.study.encoders:
        for protocol in PROTOCOLS:
            pool = study.pooled(ARM, TRANSFER, protocol, encoder=encoder)
            own = study.by_method(ARM, TRANSFER, protocol, encoder=encoder)
            if pool:
                each = "; ".join(f"{effect.of} {difference(effect)}" for effect in own)
                scores = [mean(pool.reference, "%"), mean(pool.value, "%")]
                rows.append([encoder, protocol, *scores, difference(pool), each])
    head = ("encoder", "protocol", "augmented", "semantic", "methods together", "each method")
    return "\n".join([judged(answer), table(head, rows), BY_ENCODER, _by_encoder(study)])


BY_ENCODER = "By data set, methods together. The garments of the training are shown and not judged.\n"


def _by_encoder(study: Evidence) -> str:
    data = ("garments", *TRANSFER_DATA)
    rows = [
        [encoder, protocol, *(difference(study.pooled(ARM, name, protocol, encoder=encoder)) for name in data)]
        for encoder in study.study.encoders
        for protocol in PROTOCOLS
    ]
    return table(("encoder", "protocol", *data), rows)
