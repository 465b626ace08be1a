"""What supervised leaves out and notes; which couples of views SePP-ID makes attract."""

import pytest
import torch

from made_views import N, crops, known, made, total, views
from sempairs.methods.simclr import nt_xent


def test_pairs_of_unknown_class_do_not_count():
    method, (a, b) = made("supervised"), views()
    changed = a.clone()
    changed[0] = 1 - a[0]  # pair 0 is the one whose class is not known
    method.eval()  # batch norm would carry the change to the other images
    assert total(method, (changed, b), known()) == total(method, (a, b), known())
    assert method.noted["labelled share"] == (N - 1) / N


@pytest.mark.parametrize("count", [3, 4, 6])
def test_each_further_view_is_coupled_with_the_first_view_of_its_image(count):
    method = made("sepp-id")
    z = method(*crops()[:count])
    terms = method.loss(*z, known=known())
    couples = {3: [(0, 2)], 4: [(0, 2), (1, 3)], 6: [(0, 2), (1, 3), (0, 4), (1, 5)]}[count]
    augmented = sum(nt_xent(z[a], z[b], 0.5) for a, b in couples) / (len(couples) + 1)
    torch.testing.assert_close(terms["augmented"], augmented)
    torch.testing.assert_close(terms["semantic"], nt_xent(z[0], z[1], 0.5) / (len(couples) + 1))


def test_the_embeddings_are_in_the_order_of_the_views():
    method = made("sepp-id").eval()
    for z, view in zip(method(*crops()), crops(), strict=True):
        torch.testing.assert_close(z, method.projector(method.encoder(view)))
