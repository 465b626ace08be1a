"""Everything that goes against the claims of a study, as sentences: printed as plainly as what supports them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sempairs.report.contents import Contents
from sempairs.report.gains import Gains, label
from sempairs.report.limits import collapsed
from sempairs.report.numbers import counted, listed, measured_difference, points
from sempairs.report.phrases import figures, gain_phrase, quoted
from sempairs.report.places import Setting, named
from sempairs.report.plain_table import PlainTable
from sempairs.report.roles import Role, main_treatment, roles
from sempairs.study.compare import Line
from sempairs.study.pooling import Pooled


@dataclass(frozen=True)
class Finding:
    """One kind of what goes against the claims.

    Parameters
    ----------
    sentences: of methods together where a study has several; none where nothing was found.
    by_method: the same of single methods, as a table.
    """

    heading: str
    sentences: list[str]
    by_method: PlainTable | None = None


def against(contents: Contents) -> list[Finding]:
    """What was found of each kind; of some kinds that may be nothing."""
    gains, role = contents.gains, roles(contents.study)
    more_images = _verdicts(
        "Other images alone that scored higher, with an interval above zero", gains, role, "more images", "higher"
    )
    return [
        _verdicts("Treatments that scored lower, with an interval below zero", gains, role, "treatment", "lower"),
        _verdicts(
            "Negative controls that scored higher, with an interval above zero",
            gains,
            role,
            "negative control",
            "higher",
        ),
        *([more_images] if "more images" in role.values() else []),
        Finding("Gains of treatments that stay undecided", list(_undecided(gains, role))),
        Finding("Arms that did better than the main treatment", list(_better(gains))),
        Finding("Trainings that collapsed", collapsed(contents.records)),
    ]


def treatment_sentence(contents: Contents) -> str:
    """Which arms carry the claim."""
    role, main = roles(contents.study), main_treatment(contents.study)
    treatments = [arm for arm in role if role[arm] == "treatment"]
    if main is None:
        return "No arm of this study carries the claim."
    return f"The claim is carried by {quoted(treatments)}; the main treatment is “{main}”."


def _verdicts(heading: str, gains: Gains, role: dict[str, Role], of: Role, verdict: str) -> Finding:
    """Of each arm in this role every comparison with this verdict: of methods together, then of single ones."""
    together = [one for one in gains.pooled if one.pool == "all" and role[one.arm] == of and one.verdict == verdict]
    alone = [line for line in gains.lines if role[line.arm] == of and line.verdict == verdict]
    told: Sequence[Line | Pooled] = together if gains.several else alone
    methods = ", methods together" if gains.several else ""
    sentences = [f"{name}{methods}: {figures(found, gains)}." for name, found in _by_label(told, gains)]
    return Finding(heading, sentences, _by_method(alone, gains) if gains.several and alone else None)


def _by_method(lines: Sequence[Line], gains: Gains) -> PlainTable:
    """A column for each method, a row for each arm and metric on a data set."""
    rows: dict[tuple[str, str, str, str], dict[str, str]] = {}
    for line in sorted(lines, key=lambda line: list(gains.study.arms).index(line.arm)):
        beside = "" if line.against == gains.study.baseline else f", against {line.against}"
        where = ", ".join(filter(None, (line.data, named(Setting.of(line.condition), gains.study))))
        unit = points(line.unit)
        own = rows.setdefault((line.arm, where + beside, line.metric, unit), {})
        own[line.method] = measured_difference(line.difference or 0.0, line.unit)
    methods = [method for method in gains.study.methods if any(method in own for own in rows.values())]
    return PlainTable(
        f"{counted(len(lines), 'comparison')}; the intervals are in the tables and in results.csv",
        ("On", "By", "In", *methods),
        3,
        [(arm, (*place, *(own.get(method, "") for method in methods))) for (arm, *place), own in rows.items()],
    )


def _undecided(gains: Gains, role: dict[str, Role]) -> Iterator[str]:
    """Of each treatment the gains, methods together where there are several, whose interval includes zero."""
    together = [one for one in gains.pooled if one.pool == "all"]
    every: Sequence[Line | Pooled] = together or gains.lines
    compared = [one for one in every if role[one.arm] == "treatment" and one.difference is not None]
    if compared and not any(one.difference_interval for one in compared):
        below = sum((one.difference or 0) < 0 for one in compared)
        yield f"All of them, as each comparison has one seed; {below} of {len(compared)} are below zero."
        return
    for name, own in _by_label((one for one in compared if one.verdict == "undecided"), gains):
        yield f"{name}: {figures(own, gains)}."


def _by_label(found: Iterable[Line | Pooled], gains: Gains) -> Iterator[tuple[str, list[Line | Pooled]]]:
    """In the order of the study's arms."""
    arms = list(gains.study.arms)
    groups: dict[str, list[Line | Pooled]] = {}
    for one in sorted(found, key=lambda one: arms.index(one.arm)):
        groups.setdefault(label(one, gains.study.baseline), []).append(one)
    yield from groups.items()


def _better(gains: Gains) -> Iterator[str]:
    """By each metric that stands for a data set the arms with a larger gain than the main treatment; no test."""
    main = main_treatment(gains.study)
    for setting in gains.settings:
        for data, metrics in gains.chosen.items():
            for metric in metrics:
                found = gains.pooled_of(setting, metric) or gains.lines_of(setting, metric)
                own = {one.arm: one for one in found
                       if one.against == gains.study.baseline and one.difference is not None}  # fmt: skip
                treatment = own.get(main or "")
                if treatment is None:
                    continue
                better = [one for one in own.values() if (one.difference or 0.0) > (treatment.difference or 0.0)]
                if better:
                    where = ", ".join(filter(None, (data, named(setting, gains.study))))
                    names = listed([f"{one.arm} {gain_phrase(one)}" for one in better])
                    yield f"On {where} by {treatment.metric}: {names}, where {main} has {gain_phrase(treatment)}."
