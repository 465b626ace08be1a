"""The abstract of a report: what was compared and what came out, in plain sentences made from the verdicts alone."""

import itertools
from collections.abc import Iterator, Sequence

from sempairs.report.contents import Contents
from sempairs.report.gains import Gains
from sempairs.report.limits import collapsed_runs
from sempairs.report.members import briefly
from sempairs.report.numbers import counted, interval_in, listed, measured_difference, p_value, points
from sempairs.report.phrases import capital, gain_phrase
from sempairs.report.places import named
from sempairs.report.roles import main_treatment, roles
from sempairs.statistics import least_p
from sempairs.study.compare import Line
from sempairs.study.interactions import Change, FamilyGap
from sempairs.study.matrix import StudyFile
from sempairs.study.pooling import Pooled
from sempairs.study.records import Metric

LEVEL = 0.05
FACTORS = (("encoders", "encoder", "encoders"), ("views", "way of augmenting", "ways of augmenting"),
           ("budgets", "budget", "budgets"))  # fmt: skip


def abstract(contents: Contents) -> list[str]:
    """The abstract, a text for each paragraph."""
    gains, role = contents.gains, roles(contents.study)
    main = main_treatment(contents.study)
    treatments = [arm for arm in role if role[arm] == "treatment"]
    others = [arm for arm in role if role[arm] in ("treatment", "more images") and arm != main]
    controls = [arm for arm in role if role[arm] == "negative control"]
    paragraphs = [
        [_compared(contents)],
        [*_main(gains, main)] if main else [],
        [*_contrasts(gains, main), *_gaps(contents, main), *_changes(contents, main)] if main else [],
        [sentence for arm in others for sentence in _another(gains, arm)],
        [sentence for arm in controls for sentence in _control(gains, arm)],
        [*_lower(gains, treatments), *_collapses(contents), *_corrected(gains)],
    ]
    return [" ".join(sentences) for sentences in paragraphs if sentences]


def _compared(contents: Contents) -> str:
    """What was trained, and whether it was matched."""
    study, runs, compared = contents.study, contents.records.runs, contents.comparison.matched
    sizes = listed([f"{number:,}" for number in sorted({int(run.pairs["pairs"]) for run in runs})])
    done = counted(len(runs), "training")
    if contents.records.missing:
        done += f" of {len(study.cells)} (the study is not finished)"
    refused = sum(bool(one.problems) for one in compared)
    return (
        f"Encoders were trained from scratch on pairs made in {len(study.arms)} ways of {briefly(study.pool)}, "
        f"{_spanned(study)}: {done} on {sizes} pairs each. That nothing but the pairs differs was checked in "
        f"{counted(len(compared), 'comparison')} of two arms; {refused or 'none'} {'were' if refused > 1 else 'was'} "
        "refused."
    )


def _spanned(study: StudyFile) -> str:
    """The factors of a study that have levels to speak of."""
    several = [(len(getattr(study, table)), one, many) for table, one, many in FACTORS]
    factors = [counted(n, one, many) for n, one, many in several if n > 1]
    with_them = listed([*factors, counted(len(study.seeds), "seed")])
    return f"by {counted(len(study.methods), 'method')} ({listed(list(study.methods))}), with {with_them}"


def _found(gains: Gains, arm: str, against: str) -> list[Line | Pooled]:
    """The gains of an arm in the main setting by the metrics that stand for data sets, methods together if several."""
    metrics = [metric for own in gains.chosen.values() for metric in own] if gains.settings else []
    every = ((metric, gains.settings[0]) for metric in metrics)
    both = (gains.pooled_of(main, metric) or gains.lines_of(main, metric) for metric, main in every)
    return [
        one for own in both for one in own if (one.arm, one.against) == (arm, against) and one.difference is not None
    ]


def _main(gains: Gains, arm: str) -> Iterator[str]:
    """The main treatment against the baseline: where it scores higher, where lower, and where that is open."""
    found = _found(gains, arm, gains.study.baseline)
    if not found:
        return
    first = found[0]
    setting = named(gains.settings[0], gains.study)
    together = f", {setting}" if setting else ""
    together += f", {counted(len(first.methods), 'method')} together" if isinstance(first, Pooled) else ""
    seeds = counted(len(first.seeds), "seed")
    if first.difference_interval is None:
        yield f"The gain of {arm} pairs over {gains.study.baseline} pairs{together}, {seeds}: {_told(found)}."
        return
    shares = "; in round brackets, how many methods do so by themselves" if isinstance(first, Pooled) else ""
    yield (
        f"{capital(arm)} pairs were compared with {gains.study.baseline} pairs{together}, by the mean difference over "
        f"{seeds} and its 95% t-interval{shares}."
    )
    for verdict, words in (
        ("higher", "They score higher"),
        ("lower", "They score lower"),
        ("undecided", "It is undecided, as the interval includes zero,"),
    ):
        own = [one for one in found if one.verdict == verdict]
        if own:
            yield f"{words} {_told(own)}."


def _told(found: Sequence[Line | Pooled]) -> str:
    """Gains by data set: "on garments by knn +3.7 points [+2.6, +4.9] (6 of 8); on ..."."""
    by_data = itertools.groupby(found, key=lambda one: one.data)
    return "; ".join(
        f"on {data} by {listed([f'{one.metric} {gain_phrase(one)}{_share(one)}' for one in own])}"
        for data, own in by_data
    )


def _contrasts(gains: Gains, arm: str) -> Iterator[str]:
    """The main treatment in the contrasts of the study, more briefly."""
    for against in (other for ours, other in gains.study.contrasts if ours == arm):
        contrast = _found(gains, arm, against)
        if contrast:
            first = contrast[0]
            gain = f"{gain_phrase(first)} by {first.metric} on {first.data}"
            yield f"Over {against} pairs the gain is {gain}; {_tally(contrast)}."


def _share(one: Line | Pooled) -> str:
    """Of methods together, how many of them are on the same side by themselves."""
    if not isinstance(one, Pooled):
        return ""
    if one.difference_interval is None:
        return f" (above zero for {one.above} of {len(one.methods)})"
    if one.verdict == "undecided":
        return f" ({one.higher} higher, {one.lower} lower of {len(one.methods)})"
    return f" ({one.higher if one.verdict == 'higher' else one.lower} of {len(one.methods)})"


def _first(gains: Gains) -> Metric | None:
    """The metric that stands for the study: the first one of its first data set."""
    return next((metrics[0] for metrics in gains.chosen.values()), None)


def _is_first(one: Change | FamilyGap, gains: Gains, arm: str) -> bool:
    """Whether an estimate is of the study's first metric, and of an arm against the baseline."""
    first = _first(gains)
    if first is None or (one.arm, one.against) != (arm, gains.study.baseline):
        return False
    return one.data == first.data and one.metric in (first.metric, f"less {first.metric}")


def _gaps(contents: Contents, arm: str) -> Iterator[str]:
    """Whether contrastive methods gain more, in points and in percent."""
    gains = contents.gains
    for gap in contents.gaps:
        main = gains.settings[0] if gains.settings else None
        if not _is_first(gap, gains, arm) or main is None:
            continue
        if (gap.encoder, gap.views, gap.budget) == (main.encoder, main.views, main.budget):
            kind = "%" if gap.relative else gap.unit
            unit = "percent of the baseline" if gap.relative else points(gap.unit)
            ours, theirs, apart = (
                measured_difference(value or 0.0, kind)
                for value in (gap.gain_contrastive, gap.gain_non_contrastive, gap.difference)
            )
            yield (
                f"Contrastive methods{_alone(gap.contrastive)} gain {ours} and non-contrastive ones"
                f"{_alone(gap.non_contrastive)} {theirs} {unit} by {gap.metric} on {gap.data}, "
                f"a gap of {apart}{_interval(gap, kind)}."
            )


def _alone(methods: Sequence[str]) -> str:
    """Which method stands for its family by itself: a reader must not take it for all of them."""
    return f" (here {methods[0]} alone)" if len(methods) == 1 else ""


def _changes(contents: Contents, arm: str) -> Iterator[str]:
    """How the gain changes from the first level of each factor to the others, methods together if several."""
    pool = "all" if contents.gains.several else ""
    for one in contents.changes:
        if _is_first(one, contents.gains, arm) and one.pool == pool and one.difference is not None:
            before, after = (measured_difference(value or 0.0, one.unit) for value in (one.gain_first, one.gain))
            yield (
                f"From {one.first} to {one.level} ({one.factor}) the gain by {one.metric} on {one.data} goes from "
                f"{before} to {after}, a change of "
                f"{measured_difference(one.difference, one.unit)} {points(one.unit)}{_interval(one, one.unit)}."
            )


def _interval(one: Change | FamilyGap, unit: str) -> str:
    """The interval over seeds, where there is one, and whether it leaves the sign open."""
    if one.difference_interval is None:
        return ""
    undecided = ", which is undecided" if one.verdict == "undecided" else ""
    return f" {interval_in(one.difference_interval, unit)}{undecided}"


def _another(gains: Gains, arm: str) -> Iterator[str]:
    """Another arm: its first gain, and how often there is one."""
    found = _found(gains, arm, gains.study.baseline)
    if found:
        first = found[0]
        yield f"{capital(arm)} pairs: {gain_phrase(first)} by {first.metric} on {first.data}; {_tally(found)}."


def _tally(found: Sequence[Line | Pooled]) -> str:
    """In how many of some comparisons there is a gain: "higher in 3 of 4 (interval above zero in 2, below in 0)"."""
    text = f"higher in {sum((one.difference or 0) > 0 for one in found)} of {len(found)}"
    if not found[0].difference_interval:
        return text
    clear, below = (sum(one.verdict == verdict for one in found) for verdict in ("higher", "lower"))
    return f"{text} (interval above zero in {clear}, below in {below})"


def _control(gains: Gains, arm: str) -> Iterator[str]:
    """Whether a negative control did what it must: nothing."""
    lines = [line for line in gains.lines if line.arm == arm and line.difference is not None]
    if not lines:
        return
    who, of = f"the negative control, {arm} pairs,", counted(len(lines), "comparison")
    helped, below = (sum(line.verdict == verdict for line in lines) for verdict in ("higher", "lower"))
    if not lines[0].difference_interval:
        yield f"{capital(who)} scored {_tally(lines)}; one seed cannot judge that."
    elif helped:
        yield (
            f"A warning: {who} scored higher with an interval above zero in {helped} of {of} (where nothing differs, "
            "chance brings 1 in 40)."
        )
    else:
        yield (
            f"{capital(who)} in none of {of} scored higher with an interval above zero, as it must be (below zero in "
            f"{below})."
        )


def _lower(gains: Gains, treatments: Sequence[str]) -> Iterator[str]:
    """What goes against the claim, counted over single methods and all metrics that judge."""
    lines = [line for line in gains.lines if line.arm in treatments and line.difference is not None]
    under = sum((line.difference or 0) < 0 for line in lines)
    of = counted(len(lines), "comparison") + (" of single methods" if gains.several else "")
    if not lines:
        return
    if not under:
        yield f"Treatments scored lower than what they are compared with in none of {of}."
    elif lines[0].difference_interval:
        clear = sum(line.verdict == "lower" for line in lines)
        yield (
            f"Against the claim, treatments scored lower in {under} of {of}, with an interval below zero in {clear}; "
            "below they are all named."
        )
    else:
        yield f"Against the claim, treatments scored lower in {under} of {of}."


def _collapses(contents: Contents) -> Iterator[str]:
    """How many trainings: "9 trainings collapsed: moco-v2, byol and simsiam on random pairs."."""
    runs = collapsed_runs(contents.records)
    arms: dict[str, list[str]] = {}
    for run in runs:
        own = arms.setdefault(run.cell.method, [])
        own += [run.cell.arm] if run.cell.arm not in own else []
    alike: dict[str, list[str]] = {}
    for method, own in arms.items():
        alike.setdefault(listed(own), []).append(method)
    if runs:
        where = "; ".join(f"{listed(methods)} on {own} pairs" for own, methods in alike.items())
        yield f"{counted(len(runs), 'training')} collapsed: {where}."


def _corrected(gains: Gains) -> Iterator[str]:
    """What is left after correction, and what the number of seeds allows."""
    tested = [line for line in gains.lines if line.p_holm is not None]
    if not tested:
        yield "Each comparison has one seed: nothing can be said about other seeds."
        return
    kept = sum((line.p_holm or 0) < LEVEL for line in tested)
    seeds = max(len(line.seeds) for line in tested)
    text = f"After Holm’s correction {kept} of {counted(len(tested), 'comparison')} "
    text += f"{'keeps' if kept == 1 else 'keep'} p < {LEVEL}"
    if least_p(seeds) > LEVEL:
        text += f"; with {counted(seeds, 'seed')} the permutation test cannot reach that (its p is never below "
        text += f"{p_value(least_p(seeds))})"
    yield text + "."
