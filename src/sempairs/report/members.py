"""Members of families, images and arms as phrases: what a study file says, in words."""

import json
from collections.abc import Mapping
from typing import Any

from sempairs.report.numbers import counted, percent
from sempairs.study.matrix import StudyFile
from sempairs.study.tables import Arm, Images


def member(table: Mapping[str, Any]) -> str:
    """A member of a family with its options: "simclr: temperature 0.5, embedding 128"; None is left out."""
    own = options(table)
    return f"{table['name']}: {own}" if own else str(table["name"])


def options(table: Mapping[str, Any]) -> str:
    """Options without the member's name: "temperature 0.5, embedding 128"."""
    written = [f"{key} {_plain(value)}" for key, value in table.items() if key != "name" and value is not None]
    return ", ".join(written)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping) and "name" in value:
        return f"({member(value)})"
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_plain, value))})"
    return str(value) if isinstance(value, str) else json.dumps(value)


def images_of(images: Images) -> str:
    """The images of a source: "6,000 images of fashion-mnist: split train"."""
    number = "all images" if images.images is None else counted(images.images, "image")
    return f"{number} of {member(images.source)}"


def briefly(images: Images) -> str:
    """The same in three words: "6,000 images of fashion-mnist"; the name of a source of a source is enough."""
    source = images.source
    while isinstance(source.get("source"), Mapping):
        source = source["source"]
    number = "images" if images.images is None else counted(images.images, "image")
    return f"{number} of {source['name']}"


def composition(classes: Mapping[str, int]) -> str:
    """Pairs of each class: "600 of each of 10 classes", or one by one where the classes differ."""
    if not classes:
        return "unknown, there are no labels"
    if len(set(classes.values())) == 1:
        return f"{next(iter(classes.values())):,} of each of {counted(len(classes), 'class', 'classes')}"
    return ", ".join(f"{name} {count:,}" for name, count in classes.items())


def made_by(arm: Arm) -> str:
    """How the pairs of an arm are made, with all options that the study file gives."""
    if arm.rule is not None:
        made = f"rule {member(arm.rule)}, among the baseline's images"
    elif arm.beyond == "class":
        made = "another image of the class, one that the baseline does not show"
    elif arm.beyond == "identity":
        made = "each image with itself, of as many images as the pairs beyond the baseline's images show"
    elif arm.file is not None:
        made = f"pair set in a file ({arm.file})"
    else:
        made = f"miner {member(arm.miner or {})}, {_seen_through(arm)}"
    if arm.curate is not None:
        made += f"; judged: {options(arm.curate.model_dump())}"
    if arm.share < 1:
        made += f"; {percent(arm.share)} of the pairs, the others are augmented ones"
    if any(arm.noise):
        made += f"; {percent(arm.noise[0])} of them with a false neighbour"
    return made


def _seen_through(arm: Arm) -> str:
    if arm.through is not None:
        return f"on features of this study's own encoder that was trained on {arm.through} pairs"
    return f"on features of {member(arm.features or {})}"


def factor_levels(study: StudyFile) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every factor of a study with its levels: the name of each and what it stands for."""
    tables = {"method": study.methods, "encoder": study.encoders, "views": study.views}
    factors = [(factor, [(name, member(table)) for name, table in own.items()]) for factor, own in tables.items()]
    budgets = [(name, options({**study.training, **own})) for name, own in study.budgets.items()]
    return [*factors, ("budget", budgets), ("seed", [(str(seed), "") for seed in study.seeds])]
