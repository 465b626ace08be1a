import torch

from made_views import made, views


def test_embeddings_look_for_neighbours_without_gradient():
    method = made("nnclr").eval()
    first, second = views()
    p1, p2, z1, z2 = method(first, second)
    for prediction, z, view in ((p1, z1, first), (p2, z2, second)):
        assert torch.equal(z, method.projector(method.encoder(view)))
        assert torch.equal(prediction, method.predictor(z))
        assert prediction.requires_grad
        assert not z.requires_grad
