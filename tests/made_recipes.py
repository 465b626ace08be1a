"""View recipes with the options that they cannot do without, for the tests."""

from sempairs.core.settings import build
from sempairs.views import VIEWS
from sempairs.views.base import Recipe

EVERY_STEP = (
    {"op": "crop", "min": 0.2},
    {"op": "flip"},
    {"op": "rotate", "degrees": 30},
    {"op": "shear", "degrees": 20},
    {"op": "jitter"},
    {"op": "grey"},
    {"op": "blur"},
    {"op": "solarize"},
    {"op": "posterize"},
    {"op": "equalize"},
    {"op": "erase"},
)
OPTIONS: dict[str, dict[str, object]] = {"custom": {"steps": EVERY_STEP}}


def made_recipe(name: str, **options: object) -> Recipe:
    """A recipe of the registry; `custom` has every step unless it is told."""
    recipe: Recipe = build(VIEWS, {"name": name, **OPTIONS.get(name, {}), **options})
    return recipe
