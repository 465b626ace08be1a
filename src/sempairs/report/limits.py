"""What a study cannot tell, whatever its numbers are: sentences from the study itself."""

from scipy import stats

from sempairs.report.contents import Contents
from sempairs.report.numbers import counted, listed

SMALL = 64  # pixels


def limits(contents: Contents) -> list[str]:
    """The limits of a study, as sentences for its report."""
    study, trainings = contents.study, contents.trainings
    _, _, height, width, channels = next(iter(contents.examples.values())).images.shape
    size = f"{height} × {width} pixels, {'grey' if channels == 1 else 'in colour'}"
    budgets = sorted({(int(run.result["steps"]), int(run.result["pairs_seen"])) for run in trainings})
    budget = listed([f"{steps:,} optimizer steps ({seen:,} pairs seen)" for steps, seen in budgets])
    sentences = [
        *collapsed(contents),
        f"The images are {size}."
        + (" What holds for such small images need not hold for photographs of full size." if height <= SMALL else ""),
        _seeds(len(study.seeds)),
        "Intervals over test items hold the trained encoders fixed. They say how sure one can be of these encoders on "
        "more images of the same kind, and nothing about training again.",
        "The pool of images was drawn once and is the same for every seed and arm; another draw gives other numbers.",
        f"One encoder ({study.encoder['name']}) and {counted(len(study.methods), 'method')} "
        f"({listed(list(study.methods))}) were trained; others may behave differently.",
        f"Training was {budget}; a longer or shorter training can change the order of the arms.",
    ]
    if any(line.over == "episodes" for line in contents.comparison.lines):
        sentences.append(
            "Where the items are episodes, they share test images: more episodes narrow that interval over items "
            "without any new image."
        )
    labelled = [name for name, arm in study.arms.items() if arm.rule and arm.rule.get("name") == "class"]
    if labelled:
        sentences.append(
            f"The pairs of the arm {listed(labelled)} were made from the pool's labels: "
            "they show what right pairs are worth, not what is to be had without labels."
        )
    return sentences


def collapsed(contents: Contents) -> list[str]:
    """A sentence for each training that collapsed: its scores say little of its pairs."""
    return [
        f"The training of {run.method} on {run.arm} pairs, seed {run.seed}, has {run.result['collapse']}."
        for run in contents.trainings
        if run.result.get("collapse")
    ]


def _seeds(n: int) -> str:
    """What this number of seeds does to an interval."""
    if n == 1:
        return "There is one seed. Nothing can be said about how much another seed would change the numbers."
    quantile = stats.t.ppf(0.975, n - 1)
    freedom = counted(n - 1, "degree") + " of freedom"
    return (
        f"There are {n} seeds, so an interval over seeds is the mean ± {quantile:.2f} standard errors (the t quantile "
        f"for {freedom}). Such intervals are wide: a real difference can stay undecided. They also assume that "
        "differences between seeds are roughly normal, which so few seeds cannot show."
    )
