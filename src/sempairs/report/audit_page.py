"""The page of an audit: what a pair set holds, in one file that can be attached to a paper."""

from dataclasses import dataclass

from markupsafe import Markup

from sempairs.pairs.audit import Audit, ClassAudit
from sempairs.pairs.pairset import PairSet
from sempairs.report.audit_figures import MARKS, component_bars, partner_bars, purity_curve
from sempairs.report.audit_wording import audit_findings, percents
from sempairs.report.figures import histogram
from sempairs.report.galleries import galleries
from sempairs.report.members import member
from sempairs.report.names import shown
from sempairs.report.pictures import PIXELATED
from sempairs.report.rendering import render_page
from sempairs.sources.base import Source

MOST_CLASSES = 40
LONGEST_FACT = 300


@dataclass(frozen=True)
class Heat:
    """One cell of the confusion table: a count, and how strongly it is coloured, 0 to 100."""

    count: int
    strength: int


def audit_page(name: str, pairs: PairSet, source: Source, audit: Audit) -> str:
    """The page as text: the same for the same set, images and versions.

    Parameters
    ----------
    name: of the set, for people.
    source: the images of the pairs.
    audit: of these pairs against this source.
    """
    classes, lowest = _classes(audit)
    return render_page(
        "audit.html",
        name=shown(name, 80),
        facts=_facts(pairs, source),
        audit=audit,
        source_images=len(source),
        findings=audit_findings(audit),
        percents=percents,
        figures=_figures(audit),
        marks=MARKS,
        classes=classes,
        lowest=lowest,
        heat=_heat(audit),
        galleries=galleries(pairs, source, audit),
        pixelated=source.shape[0] <= PIXELATED,
    )


def _facts(pairs: PairSet, source: Source) -> list[tuple[str, str]]:
    """Where the set comes from, for the head of the page."""
    origin = pairs.origin
    facts = [
        ("pair set", pairs.hash),
        ("rule", member({**origin.rule.options, "name": origin.rule.name})),
        ("encoder", origin.encoder or "none was asked"),
        ("images", f"{shown(source.name, 80)}, content hash {source.fingerprint}"),
        ("made from", ", ".join(origin.parents) or "images, not from other pair sets"),
    ]
    if origin.fingerprint != source.fingerprint:
        facts.insert(4, ("made on", f"images with the content hash {origin.fingerprint}: this source has others too"))
    return [(term, shown(value, LONGEST_FACT)) for term, value in facts]


def _figures(audit: Audit) -> list[tuple[Markup, str, tuple[str, ...]]]:
    """Every figure with its caption and the marks to explain."""
    figures: list[tuple[Markup, str, tuple[str, ...]]] = []
    if audit.similarity:
        edges, counts = audit.similarity["edges"], audit.similarity["counts"]
        layers, kinds = [(MARKS["all"], counts)], tuple[str, ...]()
        if "right" in audit.similarity:
            right = audit.similarity["right"]
            false = [count - own for count, own in zip(counts, right, strict=True)]
            layers, kinds = [(MARKS["right"], right), (MARKS["false"], false)], ("right", "false")
        caption = "Pairs by the similarity that they were chosen by."
        figures.append((histogram(edges, layers, "similarity"), caption, kinds))
    if len(audit.by_similarity) > 1 and audit.purity is not None:
        caption = (
            "Purity in bins of about as many pairs each. Upright: 95% interval; level: the similarities of the bin; "
            "dashed: all pairs"
        )
        if audit.crossing is not None:
            caption += f"; dotted: {audit.crossing:.3f}, where purity crosses its mean"
        curve = purity_curve(audit.by_similarity, audit.purity, audit.crossing, "purity")
        figures.append((curve, caption + ".", ()))
    caption = "Images of the source by the number of other images they are paired with."
    figures.append((partner_bars(audit.partners, "partners"), caption, ()))
    assert audit.graph is not None, "an audit of this version"
    caption = (
        "Where the paired images are: two images are in one component if a chain of pairs leads from one to the other. "
        "Left: the sizes of components; beside each bar: how many components have them."
    )
    figures.append((component_bars(audit.graph.sizes, "components"), caption, ()))
    return figures


def _classes(audit: Audit) -> tuple[list[ClassAudit], float]:
    """The classes of the table, at most `MOST_CLASSES` of lowest purity, and where its axis begins."""
    classes = list(audit.by_class)
    if len(classes) > MOST_CLASSES:
        classes = sorted(classes, key=lambda one: one.purity.share if one.purity else -1.0)[:MOST_CLASSES]
    ends = [one.purity.robust[0] for one in classes if one.purity]
    return classes, int(10 * min(ends, default=0.0)) / 10


def _heat(audit: Audit) -> list[list[Heat]] | None:
    """The confusion table; a false cell is the stronger, the larger its share of its row's pairs is."""
    if audit.confusion_matrix is None or not audit.confusions:
        return None
    matrix = audit.confusion_matrix
    off = [[0 if i == j else n / max(1, sum(row)) for j, n in enumerate(row)] for i, row in enumerate(matrix)]
    most = max(map(max, off))
    return [
        [Heat(n, round(100 * share / most)) for n, share in zip(row, shares, strict=True)]
        for row, shares in zip(matrix, off, strict=True)
    ]
