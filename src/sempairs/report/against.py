"""Everything that goes against the claims of a study, as sentences: printed as plainly as what supports them."""

from collections.abc import Iterable, Iterator, Sequence

from sempairs.report.contents import Contents
from sempairs.report.gains import Gains, label
from sempairs.report.limits import collapsed
from sempairs.report.numbers import listed
from sempairs.report.phrases import figures, gain_phrase, quoted
from sempairs.report.places import named
from sempairs.report.roles import Role, main_treatment, roles
from sempairs.study.compare import Line
from sempairs.study.pooling import Pooled


def against(contents: Contents) -> list[tuple[str, list[str]]]:
    """Headings with what was found of each kind; of some kinds that may be nothing."""
    gains, role = contents.gains, roles(contents.study)
    found = [
        ("Treatments that scored lower, with an interval below zero", _verdicts(gains, role, "treatment", "lower")),
        (
            "Negative controls that scored higher, with an interval above zero",
            _verdicts(gains, role, "negative control", "higher"),
        ),
        ("Gains of treatments that stay undecided", _undecided(gains, role)),
        ("Arms that did better than the main treatment", _better(gains)),
        ("Trainings that collapsed", collapsed(contents.records)),
    ]
    if "more images" in role.values():
        found.insert(
            2,
            (
                "Other images alone that scored higher, with an interval above zero",
                _verdicts(gains, role, "more images", "higher"),
            ),
        )
    return [(heading, list(sentences)) for heading, sentences in found]


def treatment_sentence(contents: Contents) -> str:
    """Which arms carry the claim."""
    role, main = roles(contents.study), main_treatment(contents.study)
    treatments = [arm for arm in role if role[arm] == "treatment"]
    if main is None:
        return "No arm of this study carries the claim."
    return f"The claim is carried by {quoted(treatments)}; the main treatment is “{main}”."


def _verdicts(gains: Gains, role: dict[str, Role], of: Role, verdict: str) -> Iterator[str]:
    """Of each arm in this role every comparison with this verdict: of methods together, then of single ones."""
    together = [one for one in gains.pooled if one.pool == "all" and role[one.arm] == of and one.verdict == verdict]
    for name, found in _by_label(together, gains):
        yield f"{name}, methods together: {figures(found, gains)}."
    alone = [line for line in gains.lines if role[line.arm] == of and line.verdict == verdict]
    for name, found in _by_label(alone, gains):
        yield f"{name}: {figures(found, gains)}."


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
    groups: dict[str, list[Line | Pooled]] = {}
    for one in found:
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
