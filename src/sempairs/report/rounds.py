"""The rounds of a bootstrap: their table for the terminal, and the sentence on whether they helped."""

from collections.abc import Sequence

from rich.table import Table

from sempairs.report.numbers import counted, decimal, interval, percent, plain_interval, signed
from sempairs.statistics import paired_items_interval
from sempairs.study.bootstrap import Round

AUGMENTED = (0, "control")
"""The rounds that train on images paired with themselves."""


def rounds_table(rounds: Sequence[Round]) -> Table:
    """One row for each round; what is not known stays empty."""
    table = Table("round", "steps", "pairs", "coverage", "purity", "95% interval", "balance", "kept", "k-NN", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for round in rounds:
        is_mined = round.round not in AUGMENTED  # an image with itself is of one class, which says nothing
        ends = round.purity_interval if is_mined else None
        table.add_row(
            str(round.round),
            f"{round.steps:,}",
            f"{round.pairs:,}",
            percent(round.coverage),
            "" if round.purity is None or not is_mined else percent(round.purity),
            "" if ends is None else plain_interval((100 * ends[0], 100 * ends[1])),
            "" if round.balance is None else decimal(round.balance, 3),
            "" if round.kept is None else percent(round.kept),
            "" if round.knn is None else f"{decimal(round.knn.value)}%",
        )
    return table


def verdict(rounds: Sequence[Round]) -> str:
    """Whether the last round is better than the control by k-NN, in either direction, and what purity did.

    It is the last round that counts, not the best: to pick one by these test images would favour it.
    """
    mined = [round for round in rounds if round.round not in AUGMENTED]
    return " ".join(filter(None, (_purity(mined), _gain(mined[-1], rounds))))


def _purity(mined: Sequence[Round]) -> str:
    shares = [round.purity for round in mined if round.purity is not None]
    return f"Purity by round of mining: {', '.join(map(percent, shares))}." if shares else ""


def _gain(last: Round, rounds: Sequence[Round]) -> str:
    """The last round against the control, or against round 0 where there is none."""
    other = rounds[-1] if rounds[-1].round == "control" else rounds[0]
    if last.knn is None or other.knn is None:
        return "Whether the rounds helped was not measured: name labelled images with --on."
    found = paired_items_interval(last.knn.outcomes[None], other.knn.outcomes[None])
    judged = f"({signed(found.estimate)} points of k-NN, 95% interval over {counted(found.n, 'test image')} "
    judged += f"{interval((found.low, found.high))})"
    if other.round == "control":
        against = f"the control, augmented pairs for the same {other.steps:,} steps in all"
    else:
        against = "round 0; without a control, more training alone may be the cause"
    return (
        f"{_sentence(found.low, found.high)} {against} {judged}. This is one training of each: another seed may differ."
    )


def _sentence(low: float, high: float) -> str:
    if low > 0:
        return "Rounds helped: the last one scored above"
    if high < 0:
        return "Rounds did harm: the last one scored below"
    return "It cannot be told whether rounds helped: the last one against"
