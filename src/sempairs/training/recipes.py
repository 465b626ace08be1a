"""The training options of a method's paper: used where a user gives none, as they are for this batch size."""

from typing import Any

from sempairs.core.settings import Spec
from sempairs.methods import METHODS
from sempairs.methods.base import Method

PAPER_BATCH = 256


def recipe_of(method: Spec, optimizer: str | None, batch_size: int) -> dict[str, Any]:
    """The recipe of a method for a batch; empty if it has none, or if `optimizer` is given and is another one.

    The learning rate grows with the batch, as in the papers and in solo-learn, whatever the optimizer. A rate and a
    weight decay belong to their optimizer: who chooses another gets the package's defaults.
    """
    member: type[Method] = METHODS[method.name]  # type: ignore[assignment]
    recipe = dict(member.recipe)
    if optimizer not in (None, recipe.get("optimizer")):
        return {}
    if "lr" in recipe:
        recipe["lr"] = recipe["lr"] * batch_size / PAPER_BATCH
    return recipe
