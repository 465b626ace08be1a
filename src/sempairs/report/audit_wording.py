"""Plain sentences on a pair set: what speaks for it, what against it, and what an audit cannot know."""

from collections.abc import Iterator
from dataclasses import dataclass

from sempairs.pairs.audit import Audit, ClassAudit
from sempairs.pairs.purity import Purity
from sempairs.report.names import shown
from sempairs.report.numbers import counted, decimal, listed, percent, plain_interval

LABELLED_RULES = {"class", "semantic", "semantic-repaired", "mixed", "noisy"}
Sentences = Iterator[tuple[str, str]]
"""Sides of `AuditFindings`, each with a sentence."""
FEW_COVERED, WIDE, COMMON, NAMED = 0.5, 0.1, 0.3, 5


@dataclass(frozen=True)
class AuditFindings:
    """Sentences about a set, each of them in one place only."""

    good: tuple[str, ...]
    bad: tuple[str, ...]
    unknown: tuple[str, ...]


def audit_findings(audit: Audit) -> AuditFindings:
    """Read an audit."""
    said: dict[str, list[str]] = {"good": [], "bad": [], "unknown": []}
    for part in (_of_purity, _of_similarity, _of_coverage, _of_balance, _of_graph, _of_limits):
        for side, sentence in part(audit):
            said[side].append(sentence)
    return AuditFindings(*(tuple(sentences) for sentences in said.values()))


def _of_purity(audit: Audit) -> Sentences:
    if audit.self_pairs == audit.pairs:
        yield "good", "Every pair is an image with itself: classical augmented pairs, none of which can be false."
        return
    if audit.purity is None or audit.purity_robust is None:
        yield (
            "unknown",
            "Whether the pairs are right: the images have no labels. The galleries are all that there is to judge "
            "by; labels for a random sample of the images would tell.",
        )
        return
    text = f"{percent(audit.purity)} of the pairs join two images of one class {percents(audit.purity_robust)}; "
    text += f"partners drawn blindly would reach {percent(chance(audit))}"
    if audit.purity_robust[0] > chance(audit):
        yield "good", f"{text}."
    else:
        yield "bad", f"{text}, and these are not surely better."
    false = round((1 - audit.purity) * audit.pairs)
    if false:
        a, b, count = audit.confusions[0]
        yield (
            "bad",
            f"{counted(false, 'false pair')} ({percent(1 - audit.purity)}): two images of different classes, "
            f"most often {shown(a)} with {shown(b)} ({count:,}).",
        )
    yield from _worst_class(audit)
    width = audit.purity_robust[1] - audit.purity_robust[0]
    if width > WIDE:
        yield (
            "bad",
            f"There are too few pairs, or too few images in them, to pin purity down: its interval is "
            f"{100 * width:.0f} points wide.",
        )


def _worst_class(audit: Audit) -> Sentences:
    """The class that is surely below the whole set, if there is one."""
    known = [(one.name, one.purity) for one in audit.by_class if one.purity]
    name, worst = min(known, key=lambda one: one[1].share)
    best_name, best = max(known, key=lambda one: one[1].share)
    if audit.purity is not None and worst.robust[1] < audit.purity:
        yield (
            "bad",
            f"Purity is uneven: {percent(worst.share)} where the first image is {shown(name)}, "
            f"{percent(best.share)} where it is {shown(best_name)}.",
        )


def _of_similarity(audit: Audit) -> Sentences:
    if audit.similarity is None:
        yield "unknown", "Which pairs are doubtful: the rule gives them no similarity, so none can be left out by it."
    if audit.crossing is None or len(audit.by_similarity) < 2:
        return
    low, high = audit.by_similarity[0].purity, audit.by_similarity[-1].purity
    ends = f"{_share_of(low)} among the least similar {low.pairs:,} pairs, {_share_of(high)} among the most similar"
    if high.robust[0] > low.robust[1]:
        yield "good", f"Similarity tells right from false pairs: purity is {ends}; a threshold can raise it."
    else:
        yield "bad", f"Similarity does not surely tell right from false pairs: purity is {ends}."


def _of_coverage(audit: Audit) -> Sentences:
    left_out = sum(audit.partners) - audit.images
    if not left_out:
        yield "good", f"Every one of the {audit.images:,} images of the source is in a pair."
    else:
        if audit.coverage >= FEW_COVERED:
            yield "good", f"{percent(audit.coverage)} of the images of the source are in a pair."
        are = "image is" if left_out == 1 else "images are"
        yield "bad", f"{left_out:,} {are} in no pair, {percent(1 - audit.coverage)} of the source."
    missing = [shown(one.name) for one in audit.by_class if not one.in_pairs]
    if missing:
        yield "bad", f"{counted(len(missing), 'class', 'classes')} without any pair: {_some(missing)}."
    covered = [(one.in_pairs / one.images, one.name) for one in audit.by_class if one.in_pairs]
    least, name = min(covered, default=(1.0, ""))
    if least < min(FEW_COVERED, audit.coverage / 2):
        yield "bad", f"Coverage is uneven: only {percent(least)} of the images of {shown(name)} are in a pair."


def _of_balance(audit: Audit) -> Sentences:
    """Whether some classes make more of the pairs than of the images."""
    if audit.effective_classes is None or len(audit.by_class) < 2:
        return
    by_pairs = sorted(audit.by_class, key=_pairs_of, reverse=True)
    common = by_pairs[: max(1, round(COMMON * len(by_pairs)))]
    of_pairs = sum(map(_pairs_of, common)) / audit.pairs
    of_images = sum(one.images for one in common) / sum(one.images for one in by_pairs)
    number = f"{decimal(audit.effective_classes)} of {len(by_pairs)}"
    if of_pairs > 1.25 * of_images:
        who = "One class makes" if len(common) == 1 else f"{len(common)} of {len(by_pairs)} classes make"
        names = _some([shown(one.name) for one in common])
        yield (
            "bad",
            f"{who} {percent(of_pairs)} of the pairs ({names}), with {percent(of_images)} of the images; "
            f"effectively there are {number} classes.",
        )
    else:
        yield "good", f"The classes are about as common among the pairs as among the images: effectively {number}."


def _of_graph(audit: Audit) -> Sentences:
    graph = audit.graph
    assert graph is not None, "an audit of this version"
    if audit.copies:
        yield (
            "bad",
            f"{counted(audit.copies, 'pair')} of two images with the same content: copies, from which a network learns "
            "no more than from an image with itself.",
        )
    if 0 < audit.self_pairs < audit.pairs:
        yield "bad", f"{counted(audit.self_pairs, 'pair')} of an image with itself among the others."
    if graph.repeated:
        yield "bad", f"{counted(graph.repeated, 'repetition')} of a pair that is in the set already."
    if graph.mirrored:
        yield (
            "bad",
            f"{counted(graph.mirrored, 'couple')} counted twice, as (a, b) and as (b, a): the {audit.pairs:,} pairs "
            f"hold {graph.couples:,} different couples.",
        )
    if graph.largest > 0.5 * audit.images and graph.largest > 2:
        yield (
            "bad",
            f"One connected component holds {graph.largest:,} images, {percent(graph.largest / audit.images)} of those "
            "in pairs: the set cannot be split by image without losing pairs.",
        )
    elif graph.largest > 2:
        yield (
            "good",
            f"The pairs fall into {graph.components:,} separate components, of at most {graph.largest:,} images: parts "
            "that share no image can be split off without losing pairs.",
        )


def _of_limits(audit: Audit) -> Sentences:
    if audit.purity is not None and audit.self_pairs < audit.pairs:
        if LABELLED_RULES & set(audit.rules):
            yield (
                "unknown",
                "How good the rule is: it read the labels, so purity only says that the rule did what it says.",
            )
        yield (
            "unknown",
            "Whether the labels are right, and whether two images of one class show anything else in common: purity "
            "counts what the labels say.",
        )
    yield (
        "unknown",
        "Whether an encoder learns more from these pairs than from others: purer pairs need not train better. A "
        "study of matched arms tells.",
    )


def chance(audit: Audit) -> float:
    """The purity to expect if each pair's second image were drawn from all images of the source."""
    images = sum(one.images for one in audit.by_class)
    return sum(_pairs_of(one) * one.images for one in audit.by_class) / (audit.pairs * images)


def percents(ends: tuple[float, float]) -> str:
    """An interval of shares, in percent: "[85.3, 87.1]"."""
    return plain_interval((100 * ends[0], 100 * ends[1]))


def _pairs_of(one: ClassAudit) -> int:
    return one.purity.pairs if one.purity else 0


def _share_of(purity: Purity) -> str:
    return f"{percent(purity.share)} {percents(purity.robust)}"


def _some(names: list[str]) -> str:
    """The first few of some names, and how many more there are."""
    rest = len(names) - NAMED
    return listed([*names[:NAMED], f"{rest:,} more"] if rest > 0 else names)
