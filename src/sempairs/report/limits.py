"""What a study cannot tell, whatever its numbers are: sentences from the study itself."""

from collections.abc import Iterator, Mapping, Sequence

from scipy import stats

from sempairs.report.numbers import counted, listed, p_value
from sempairs.report.places import place_of
from sempairs.statistics import least_p
from sempairs.study.examples import Examples
from sempairs.study.matrix import StudyFile
from sempairs.study.records import Records, RunRecord

SMALL = 64  # pixels


def limits(records: Records, examples: Mapping[str, Examples]) -> list[str]:
    """The limits of a study, as sentences for its report."""
    study = records.study
    return [
        *(_images(next(iter(examples.values()))) if examples else ()),
        *_seeds(len(study.seeds)),
        "Intervals over test items hold the trained encoders fixed. They say how sure one can be of these encoders on "
        "more images of the same kind, and nothing about training again.",
        "The pool of images was drawn once and is the same for every seed and arm; another draw gives other numbers.",
        _trained(study, records),
        *_pooled(study),
        *_episodes(records),
        *_labels(study),
    ]


def collapsed_runs(records: Records) -> list[RunRecord]:
    """The trainings that collapsed: their scores say little of their pairs."""
    return [run for run in records.runs if run.result.get("collapse")]


def collapsed(records: Records) -> list[str]:
    """A sentence for each arm and condition of which trainings collapsed."""
    alike: dict[tuple[str, str], list[RunRecord]] = {}
    for run in collapsed_runs(records):
        alike.setdefault((place_of(run.cell.condition, records.study), run.cell.arm), []).append(run)
    return [_collapse(place, arm, runs) for (place, arm), runs in alike.items()]


def _collapse(place: str, arm: str, runs: Sequence[RunRecord]) -> str:
    said, seeds = runs[0].result["collapse"], listed([str(run.cell.seed) for run in runs])
    if len(runs) == 1:
        return f"The training of {place} on {arm} pairs, seed {seeds}, has {said}."
    return f"{len(runs)} trainings of {place} on {arm} pairs (seeds {seeds}; said of the first) have {said}."


def _images(examples: Examples) -> Iterator[str]:
    _, _, height, width, channels = examples.images.shape
    text = f"The images are {height} × {width} pixels, {'grey' if channels == 1 else 'in colour'}."
    small = " What holds for such small images need not hold for photographs of full size."
    yield text + (small if height <= SMALL else "")


def _seeds(n: int) -> Iterator[str]:
    """What this number of seeds does to an interval and to a test."""
    if n == 1:
        yield "There is one seed. Nothing can be said about how much another seed would change the numbers."
        return
    quantile = stats.t.ppf(0.975, n - 1)
    freedom = counted(n - 1, "degree") + " of freedom"
    yield (
        f"There are {n} seeds, so an interval over seeds is the mean ± {quantile:.2f} standard errors (the t quantile "
        f"for {freedom}). Such intervals are wide: a real difference can stay undecided. They also assume that "
        "differences between seeds are roughly normal, which so few seeds cannot show."
    )
    yield (
        "The permutation test assumes no such thing, only that a difference is as likely to be of one sign as of the "
        f"other where the arms do not differ; with {n} seeds its p cannot be below {p_value(least_p(n))}."
    )


def _trained(study: StudyFile, records: Records) -> str:
    budgets = sorted({(int(run.result["steps"]), int(run.result["pairs_seen"])) for run in records.runs})
    ends = budgets if len(budgets) <= 3 else [budgets[0], budgets[-1]]
    said = [f"{steps:,} optimizer steps ({seen:,} pairs seen)" for steps, seen in ends]
    budget = listed(said) if len(budgets) <= 3 else f"between {listed(said)}"
    return (
        f"{counted(len(study.encoders), 'encoder')} ({listed(list(study.encoders))}) and "
        f"{counted(len(study.methods), 'method')} ({listed(list(study.methods))}) were trained, for {budget}; others "
        "may behave differently, and a longer or shorter training can change the order of the arms."
    )


def _pooled(study: StudyFile) -> Iterator[str]:
    if len(study.methods) > 1:
        yield (
            "Methods together means these methods: they are no sample of all methods, and within a seed they share "
            "images and pairs, so only seeds are counted as repetitions."
        )


def _episodes(records: Records) -> Iterator[str]:
    if any(metric.over == "episodes" for metric in records.metrics.values()):
        yield (
            "Where the items are episodes, they share test images: more episodes narrow that interval over items "
            "without any new image."
        )


def _labels(study: StudyFile) -> Iterator[str]:
    labelled = [
        name for name, arm in study.arms.items() if arm.beyond == "class" or (arm.rule or {}).get("name") == "class"
    ]
    if labelled:
        yield (
            f"The pairs of {listed(labelled)} were made from the pool’s labels: they show what right pairs are worth, "
            "not what is to be had without labels."
        )
