"""Small tables of what is made of many gains: their mean over data sets, and how far two families of methods differ."""

from collections.abc import Sequence

from sempairs.report.gains import Gains
from sempairs.report.numbers import counted, interval_in, measured_difference, p_value, points
from sempairs.report.plain_table import PlainTable
from sempairs.study.across_data import AcrossData, across_data
from sempairs.study.compare import Line
from sempairs.study.interactions import FamilyGap
from sempairs.study.pooling import Pooled


def across_table(gains: Gains) -> PlainTable | None:
    """Mean gains over data sets, in the main setting, by each metric that stands for three data sets or more.

    The data sets whose images the encoders were trained on are left out: they are no case of transfer.
    """
    study = gains.study
    unseen = {data for data, evaluate in study.evaluate.items() if evaluate.train.source != study.pool.source}
    found: list[Line | Pooled] = [
        one
        for setting in gains.settings[:1]
        for own in gains.chosen.values()
        for metric in own
        if metric.data in unseen
        for one in gains.pooled_of(setting, metric) or gains.lines_of(setting, metric)
    ]
    head = ("Metric", "Over", "Mean gain", "95% over data sets (t)", "p after Holm", "p, signs flipped")
    rows = [(one.arm, _across_cells(one, gains)) for one in across_data(one for one in found if one.against)]
    title = "Mean gain over the data sets that the encoders were not trained on"
    return PlainTable(title, head, 1, rows) if rows else None


def _across_cells(one: AcrossData, gains: Gains) -> tuple[str, ...]:
    return (
        one.metric + _against(one.against, gains),
        counted(len(one.data), "data set"),
        f"{measured_difference(one.difference or 0.0, one.unit)} {points(one.unit)}",
        interval_in(one.difference_interval, one.unit),
        p_value(one.p_holm),
        p_value(one.p_permutation),
    )


def gap_table(gaps: Sequence[FamilyGap], gains: Gains) -> PlainTable | None:
    """How much more contrastive methods gain, in the main setting by the first metric of each data set."""
    firsts = {(metrics[0].data, metrics[0].metric) for metrics in gains.chosen.values()}
    main = gains.settings[0] if gains.settings else None
    rows = [
        (gap.arm, _gap_cells(gap, gains))
        for gap in gaps
        if main is not None
        and (gap.encoder, gap.views, gap.budget) == (main.encoder, main.views, main.budget)
        and (gap.data, gap.metric) in firsts
    ]
    head = (
        "By",
        "In",
        "Contrastive",
        "Non-contrastive",
        "Gap",
        "95% over seeds (t)",
        "p after Holm",
        "p, signs flipped",
    )
    return PlainTable("Gains of contrastive and of non-contrastive methods", head, 2, rows) if rows else None


def _gap_cells(gap: FamilyGap, gains: Gains) -> tuple[str, ...]:
    unit = "%" if gap.relative else gap.unit
    three = (gap.gain_contrastive, gap.gain_non_contrastive, gap.difference or 0.0)
    return (
        f"{gap.metric} on {gap.data}{_against(gap.against, gains)}",
        "% of the score" if gap.relative else points(unit),
        *(measured_difference(value, unit) for value in three),
        interval_in(gap.difference_interval, unit),
        p_value(gap.p_holm),
        p_value(gap.p_permutation),
    )


def _against(against: str, gains: Gains) -> str:
    return "" if against == gains.study.baseline else f", against {against}"
