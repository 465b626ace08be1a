"""What an undecided comparison does show: that the difference, whatever it is, is no larger than so much.

Two one-sided t tests: one against "the difference is d or more", one against "it is -d or less".

Source: Schuirmann, A comparison of the two one-sided tests procedure and the power approach, Journal of
Pharmacokinetics and Biopharmaceutics 15, 1987; Lakens, Equivalence tests, Social Psychological and Personality Science
8, 2017.
"""

import numpy as np
from scipy import stats

from sempairs.statistics.intervals import Values, checked, standard_error, t_interval


def equivalent_within(differences: Values, confidence: float = 0.95) -> float:
    """The smallest d for which both tests reject at 1 - confidence: "no difference larger than d".

    It is the end farther from zero of the t interval with confidence 2 · confidence - 1 (90% for 95%). As it is found
    from the differences it is a bound, in their unit: in 95 of 100 studies, or more, the true difference is within it.

    Raises
    ------
    UserError: fewer than two differences, NaN or infinity.
    """
    assert 0.5 < confidence < 1, confidence
    interval = t_interval(differences, 2 * confidence - 1)
    return max(abs(interval.low), abs(interval.high))


def equivalence_p(differences: Values, within: float) -> float:
    """The p-value of "the true mean difference is `within` or more, up or down": the larger one of the two tests.

    Parameters
    ----------
    within: the difference that would matter, named before looking; above zero, in the unit of the differences.

    Raises
    ------
    UserError: fewer than two differences, NaN or infinity.
    """
    assert within > 0, within
    values = checked(differences)
    room, error = within - abs(float(np.mean(values))), standard_error(values)
    if error == 0:
        return float(room <= 0)
    return float(stats.t.sf(room / error, len(values) - 1))
