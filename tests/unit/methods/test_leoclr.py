"""LeOCLR: who sees what, and what the queue takes in."""

import torch
import torch.nn.functional as F

from made_views import crops, known, made


def test_the_query_is_view_0_and_the_slow_network_sees_the_others():
    method = made("leoclr").eval()
    whole, first_crop, second_crop = crops()[:3]
    query, *keys = method(whole, first_crop, second_crop)
    torch.testing.assert_close(query, method.projector(method.encoder(whole)))
    for key, crop in zip(keys, (first_crop, second_crop), strict=True):
        torch.testing.assert_close(key, method.teacher(crop))
        assert not key.requires_grad


def test_the_keys_of_all_crops_enter_the_queue_with_their_pairs_after_the_step():
    method = made("leoclr")
    _, *keys = out = method(*crops()[:3])
    method.loss(*out, known=known())
    assert len(method.queue.now()[0]) == 0
    method.after_step(0.5)
    rows, of_rows = method.queue.now()
    torch.testing.assert_close(rows, F.normalize(torch.cat(keys), dim=1))
    assert torch.equal(of_rows.label, known().label.repeat(2))
    assert torch.equal(of_rows.group, known().group.repeat(2))


def test_the_slow_network_follows():
    method = made("leoclr", momentum=0.9)
    slow, fast = next(iter(method.teacher.parameters())), next(iter(method.encoder.parameters()))
    with torch.no_grad():
        fast += 1.0
    before = slow.clone()
    method.after_step(0.5)
    torch.testing.assert_close(slow, before + 0.1 * (fast - before))
