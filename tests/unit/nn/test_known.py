"""Masks of false negatives and the share of same-class negatives, counted by hand."""

import pytest
import torch

from sempairs.nn.known import Known, may_repel, same_class_share

#                      a   b   c   d
MINE = Known(torch.tensor([5, 5, 6, -1]), torch.tensor([0, 1, 0, -1]))
#                      p   q   r
QUEUE = Known(torch.tensor([6, -1, 5]), torch.tensor([1, 0, -1]))

# Rows a, b, c, d; what is unknown (-1) is of no group and no class, not even that of another unknown.
IN_THE_BATCH = {
    "all": [[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]],
    "mask-same-group": [[0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 1]],
    "mask-same-class": [[0, 1, 0, 1], [1, 0, 1, 1], [0, 1, 0, 1], [1, 1, 1, 1]],
}
IN_THE_QUEUE = {
    "all": [[1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1]],
    "mask-same-group": [[1, 1, 0], [1, 1, 0], [0, 1, 1], [1, 1, 1]],
    "mask-same-class": [[1, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]],
}


@pytest.mark.parametrize("negatives", IN_THE_BATCH)
def test_who_may_repel_whom(negatives):
    assert may_repel(MINE, MINE, negatives).int().tolist() == IN_THE_BATCH[negatives]
    assert may_repel(MINE, QUEUE, negatives).int().tolist() == IN_THE_QUEUE[negatives]


@pytest.mark.parametrize("negatives", IN_THE_BATCH)
def test_where_nothing_is_known_all_repel(negatives):
    assert may_repel(Known.nothing(3), Known.nothing(2), negatives).all()
    assert may_repel(MINE, Known.nothing(0), negatives).shape == (4, 0)


# Couples with two known labels. In the batch, a pair and itself not counted: ab, ac, bc, twice each; of one class: ac.
# With the queue: a, b, c with p and q; of one class: aq, bp, cq. A mask by group takes ab from the first (2 of 4 are
# left) and cp from the second (3 of 5); one by class takes all of one class.
@pytest.mark.parametrize(
    ("negatives", "batch", "queue"),
    [("all", 2 / 6, 3 / 6), ("mask-same-group", 2 / 4, 3 / 5), ("mask-same-class", 0, 0)],
)
def test_the_share_of_same_class_negatives(negatives, batch, queue):
    in_batch = same_class_share(MINE, MINE, may_repel(MINE, MINE, negatives), same_batch=True)
    in_queue = same_class_share(MINE, QUEUE, may_repel(MINE, QUEUE, negatives), same_batch=False)
    assert in_batch.item() == pytest.approx(batch, abs=1e-7)  # float32
    assert in_queue.item() == pytest.approx(queue, abs=1e-7)


def test_the_share_is_0_where_nothing_is_known_or_there_is_nothing():
    for others in (Known.nothing(3), Known.nothing(0)):
        assert same_class_share(MINE, others, may_repel(MINE, others, "all"), same_batch=False).item() == 0.0


def test_nothing_has_a_length_and_knows_nothing():
    nothing = Known.nothing(3)
    assert len(nothing) == 3
    assert nothing.group.tolist() == nothing.label.tolist() == [-1, -1, -1]
