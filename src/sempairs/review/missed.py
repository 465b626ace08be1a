"""How many false pairs people let pass: what hidden gold questions tell of it.

People accept some false pairs. If they let a share f of them pass, then among the false pairs M were accepted where Z
were not, and gold questions whose answer is "reject" bound f. Both bounds hold however often somebody looks; they take
gold questions to be as hard as other false pairs, and errors to be independent of one another.
"""

import numpy as np
from scipy import special

from sempairs.review.bounds import highest_rate

EXPECTED = 0.05  # the rate for which the bound of f is sharpest
STEEPER = np.array([1.1, 1.25, 1.5, 2.0, 3.0, 5.0])  # how many times f the rates are that the count is tested against


def most_missed(rejected: int, asked: int, let_pass: int, alpha: float) -> int | None:
    """The most false pairs that people accepted while they turned down `rejected` pairs.

    Half of `alpha` is for the share f of false pairs that people accept, half for how many these are. The second is
    the chance that the mean likelihood ratio of higher rates against f ever reaches 2 / alpha (Ville).

    Parameters
    ----------
    asked: gold questions with the answer "reject" that were judged.
    let_pass: those that were accepted.

    Returns
    -------
    None where the gold questions bound nothing: none was asked, or all were accepted.
    """
    rate = highest_rate(asked, let_pass, alpha / 2, EXPECTED)
    if rate > 0.99:
        return None
    other = np.minimum(rate * STEEPER, (1 + rate) / 2)
    more, fewer = np.log(other / rate), np.log((1 - other) / (1 - rate))
    missed, step = 0, 1 << 31
    while step:
        tried = (missed + step) * more + rejected * fewer
        if special.logsumexp(tried) - np.log(len(other)) < np.log(2 / alpha):
            missed += step
        step >>= 1
    return missed
