"""A detector learns from scenes, and finds what is on others.

**Source** of the schedule: the "24k" one of VOC 07+12 in Detectron2, as He et al. use it (arXiv 1911.05722, section
4.2.1): SGD with momentum .9 and weight decay 1e-4, a linear warm-up of 100 steps, a tenth of the rate from 3/4 of the
steps on and a hundredth from 11/12 on; half of the images mirrored.
"""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.core.seeds import rng, seed_of, uniforms
from sempairs.evaluation.detection.scenes import Scenes

WARM_UP = 100
MILESTONES = (3 / 4, 11 / 12)

Found = dict[str, np.ndarray]
"""What a detector finds on an image: "boxes" [k 4], "scores" [k] and "labels" [k] (class numbers)."""


def rate_at(step: int, steps: int, rate: float) -> float:
    """The learning rate of one step."""
    warm = min(1.0, (step + 1) / WARM_UP)
    return rate * warm * 0.1 ** sum(step >= milestone * steps for milestone in MILESTONES)


def teach(
    detector: nn.Module, scenes: Scenes, classes: tuple[str, ...], steps: int, batch: int, rate: float, seed: int
) -> None:
    """Train a detector where it is; the same seed gives the same weights on a CPU.

    Raises
    ------
    UserError: the loss is no longer finite.
    """
    device = next(detector.parameters()).device
    learning = [parameter for parameter in detector.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(learning, lr=rate, momentum=0.9, weight_decay=1e-4)
    numbers = {name: number for number, name in enumerate(classes)}
    detector.train()
    with progress("training the detector", steps, "steps") as bar:
        for step in range(steps):
            drawn = positions(step, batch, len(scenes), seed)
            mirrored = uniforms(seed_of("mirror", seed), step * batch + np.arange(batch), 1)[:, 0] < 0.5
            shown = [example(scenes, int(at), bool(turn), numbers) for at, turn in zip(drawn, mirrored, strict=True)]
            images = [image.to(device) for image, _ in shown]
            targets = [{key: value.to(device) for key, value in target.items()} for _, target in shown]
            loss: Tensor = sum(detector(images, targets).values())
            if not torch.isfinite(loss):
                raise UserError("the detector's loss is not finite", got=f"at step {step}", todo="set a lower rate")
            for group in optimizer.param_groups:
                group["lr"] = rate_at(step, steps, rate)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            bar()
            bar.note(f"loss {loss.item():.2f}")


def positions(step: int, batch: int, n: int, seed: int) -> Int64[np.ndarray, " {batch}"]:
    """The scenes of a step: one random order of all after the other, cut into batches."""
    places = step * batch + np.arange(batch)
    orders = {int(epoch): rng("scenes", seed, int(epoch)).permutation(n) for epoch in np.unique(places // n)}
    return np.array([orders[int(place // n)][place % n] for place in places])


def example(
    scenes: Scenes, at: int, mirrored: bool, numbers: Mapping[str, int]
) -> tuple[Float[Tensor, "c h w"], dict[str, Tensor]]:
    """An image and what to learn from it, as torchvision wants it: class 0 is the background."""
    objects, image = scenes.objects[at], scenes.image(at)
    boxes = objects.boxes[~objects.ignored]
    labels = [numbers[name] + 1 for name, ignored in zip(objects.names, objects.ignored, strict=True) if not ignored]
    if mirrored:
        image = image[:, ::-1]
        boxes = np.stack([image.shape[1] - boxes[:, 2], boxes[:, 1], image.shape[1] - boxes[:, 0], boxes[:, 3]], axis=1)
    return as_tensor(image), {"boxes": torch.from_numpy(boxes), "labels": torch.tensor(labels, dtype=torch.int64)}


def as_tensor(image: np.ndarray) -> Float[Tensor, "c h w"]:
    """An image of bytes as numbers in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).float() / 255


def detect(detector: nn.Module, scenes: Scenes, batch: int) -> list[Found]:
    """What a trained detector finds on each image, at most 100 boxes with a score of .05 or more."""
    device = next(detector.parameters()).device
    detector.eval()
    found: list[Found] = []
    with torch.inference_mode(), progress("detecting", len(scenes), "images") as bar:
        for start in range(0, len(scenes), batch):
            here = range(start, min(start + batch, len(scenes)))
            for answer in detector([as_tensor(scenes.image(at)).to(device) for at in here]):
                answer["labels"] = answer["labels"] - 1
                found.append({key: value.cpu().numpy() for key, value in answer.items()})
            bar(len(here))
    return found
