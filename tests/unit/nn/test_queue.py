"""The queue is a list of (row, group, label) of which the last `size` are kept."""

from collections import deque

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sempairs.core.errors import UserError
from sempairs.nn.known import Known
from sempairs.nn.queue import Queue


def batch(*numbers: int) -> tuple[torch.Tensor, Known]:
    """Row [i, -i] of group 10 i and label 100 i, for each number i."""
    i = torch.tensor(numbers, dtype=torch.int64)
    return torch.stack([i, -i], dim=1).float(), Known(10 * i, 100 * i)


def contents(queue: Queue) -> list[int]:
    """The numbers in the queue, sorted, after a check that row, group and label stayed together."""
    rows, known = queue.now()
    numbers = rows[:, 0].long()
    expected, about = batch(*numbers.tolist())
    assert torch.equal(rows, expected)
    assert torch.equal(known.group, about.group)
    assert torch.equal(known.label, about.label)
    return sorted(numbers.tolist())


def take(queue: Queue, *numbers: int) -> None:
    queue.offer(*batch(*numbers))
    queue.commit()


def test_it_starts_empty_and_grows():
    queue = Queue(4, 2)
    assert contents(queue) == []
    take(queue, 1, 2, 3)
    assert contents(queue) == [1, 2, 3]


def test_the_oldest_leave_first_where_a_batch_wraps_around():
    queue = Queue(4, 2)
    take(queue, 1, 2, 3)
    take(queue, 4, 5, 6)  # 4 goes to the last place, 5 and 6 to those of 1 and 2
    assert contents(queue) == [3, 4, 5, 6]
    take(queue, 7)
    assert contents(queue) == [4, 5, 6, 7]


def test_of_a_batch_longer_than_the_queue_the_last_rows_stay():
    queue = Queue(3, 2)
    take(queue, 1)
    take(queue, *range(10, 18))
    assert contents(queue) == [15, 16, 17]
    take(queue, 18)  # and the next still takes the place of the oldest
    assert contents(queue) == [16, 17, 18]


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 7), st.lists(st.integers(0, 12), max_size=8))
def test_it_is_a_deque(size, batches):
    queue, model, number = Queue(size, 2), deque(maxlen=size), 0
    for length in batches:
        numbers = range(number, number + length)
        number += length
        take(queue, *numbers)
        model.extend(numbers)
        assert contents(queue) == sorted(model)


def test_rows_that_are_only_offered_are_not_in_it_and_the_last_offer_counts():
    queue = Queue(4, 2)
    queue.offer(*batch(1))
    assert contents(queue) == []
    queue.offer(*batch(2))
    queue.commit()
    assert contents(queue) == [2]
    queue.commit()  # nothing new was offered
    assert contents(queue) == [2]


def test_its_rows_have_no_gradient():
    queue = Queue(4, 2)
    rows, known = batch(1, 2)
    queue.offer(rows.requires_grad_(), known)
    queue.commit()
    assert not queue.now()[0].requires_grad


@pytest.mark.parametrize("filled", [2, 5], ids=["part full", "wrapped around"])
def test_a_loaded_queue_goes_on_where_the_saved_one_was(filled):
    queue, other = Queue(4, 2), Queue(4, 2)
    take(queue, *range(1, filled + 1))
    other.load_state_dict(queue.state_dict())
    assert contents(other) == contents(queue)
    for each in (queue, other):
        take(each, 8, 9)
    for name, value in queue.state_dict().items():
        assert torch.equal(other.state_dict()[name], value), name


@pytest.mark.parametrize("size", [0, -1])
def test_a_queue_of_no_rows_is_refused(size):
    with pytest.raises(UserError, match="queue"):
        Queue(size, 2)
