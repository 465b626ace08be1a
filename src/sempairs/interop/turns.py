"""How a multi-view transform, made for one image, shows a pair: its views take turns between the two images."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from torchvision import transforms as v1
from torchvision.transforms import v2

from sempairs.core.errors import UserError

MultiView = Callable[..., Any]
"""A framework's transform that makes several views of one image; its `transforms` make one view each."""


def parts_of(transform: MultiView, todo: str) -> Any:
    """The `transforms` of a multi-view transform. Raises UserError if it is none; `todo` says what to give."""
    parts = getattr(transform, "transforms", None)
    # Compose has `transforms` too: the steps of one view.
    if not parts or isinstance(transform, v1.Compose | v2.Compose):
        raise UserError("this transform does not make several views", got=type(transform).__name__, todo=todo)
    return parts


def need_two(views: Collection[Any], todo: str) -> None:
    """Raise UserError if there are not two views to show two images in."""
    if len(views) < 2:
        raise UserError("a pair needs two views at least", got=len(views), todo=todo)


def take_turns(transforms: Sequence[Callable[[Any], Any]], shown: Callable[[int], Any]) -> list[Any]:
    """One view by each transform: views 0, 2, ... of what `shown(0)` gives, views 1, 3, ... of `shown(1)`."""
    return [transform(shown(number % 2)) for number, transform in enumerate(transforms)]
