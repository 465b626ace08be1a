"""What was held equal between the arms: read from the settings of every run and compared, not taken on trust."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sempairs.pairs.audit import Audit
from sempairs.report.contents import Contents, Training
from sempairs.report.numbers import counted, listed


@dataclass(frozen=True)
class Condition:
    """One thing that all arms should share.

    Parameters
    ----------
    values: what it was; more than one text, each with its arms, where the arms differ.
    equal: whether it was the same for all arms.
    """

    name: str
    values: tuple[str, ...]
    equal: bool


def conditions(contents: Contents) -> list[Condition]:
    """Everything that was held equal, each checked over all arms; per method where methods have their own."""
    trainings, audits = contents.trainings, contents.audits
    names = list(contents.study.methods)
    rows = [
        _of_arms("Pairs for training", audits, lambda audit: counted(audit.pairs, "pair")),
        _of_arms("Class of each pair's first image", audits, lambda audit: composition(audit.classes)),
        _of_runs("Pool of images", trainings, lambda run: f"content hash {run.settings['images']}"),
        _of_runs("Encoder", trainings, lambda run: member(run.settings["encoder"])),
        _of_runs("Views (augmentation)", trainings, lambda run: member(run.settings["views"])),
    ]
    for name in names:
        own = tuple(run for run in trainings if run.method == name)
        suffix = f" of {name}" if len(names) > 1 else ""
        rows += [
            _of_runs("Method" if not suffix else f"Method {name}", own, lambda run: member(run.settings["method"])),
            _of_runs(f"Optimizer{suffix}", own, _optimizer),
            _of_runs(f"Budget{suffix}", own, _budget),
            _of_runs(f"Collapsed{suffix}", own, lambda run: "yes" if run.result.get("collapse") else "no"),
        ]
    rows.append(_of_runs("Software and machine", trainings, _environment))
    seeds = {arm: sorted(run.seed for run in trainings if run.arm == arm) for arm in contents.study.arms}
    rows.append(_condition("Seeds", {arm: listed([str(seed) for seed in own]) for arm, own in seeds.items()}))
    return rows


def _environment(run: Training) -> str:
    versions = ", ".join(f"{name} {value}" for name, value in run.result["environment"].items())
    return f"{versions}, device {run.result['device']}"


def member(table: Mapping[str, Any]) -> str:
    """A member of a family with its options: "simclr: temperature 0.5, embedding 128"; None is left out."""
    options = [f"{key} {_plain(value)}" for key, value in table.items() if key != "name" and value is not None]
    return f"{table['name']}: {', '.join(options)}" if options else str(table["name"])


def composition(classes: Mapping[str, int]) -> str:
    """Pairs of each class: "600 of each of 10 classes", or one by one where the classes differ."""
    if not classes:
        return "unknown, there are no labels"
    if len(set(classes.values())) == 1:
        return f"{next(iter(classes.values())):,} of each of {counted(len(classes), 'class', 'classes')}"
    return ", ".join(f"{name} {count:,}" for name, count in classes.items())


def _plain(value: Any) -> str:
    return str(value) if isinstance(value, str) else json.dumps(value)


def _optimizer(run: Training) -> str:
    training = run.settings["training"]
    return (
        f"{training['optimizer']}, highest learning rate {training['lr']:g} ({training['schedule']}), "
        f"weight decay {training['weight_decay']:g}, batches of {training['batch_size']:,} pairs"
    )


def _budget(run: Training) -> str:
    return f"{run.result['steps']:,} optimizer steps, {run.result['pairs_seen']:,} pairs seen"


def _of_arms(name: str, audits: Mapping[str, Audit], read: Callable[[Audit], str]) -> Condition:
    return _condition(name, {arm: read(audit) for arm, audit in audits.items()})


def _of_runs(name: str, trainings: tuple[Training, ...], read: Callable[[Training], str]) -> Condition:
    """A condition of runs; an arm whose own runs differ shows all it had."""
    texts: dict[str, list[str]] = {}
    for run in trainings:
        texts.setdefault(run.arm, []).append(read(run))
    return _condition(name, {arm: listed(list(dict.fromkeys(own))) for arm, own in texts.items()})


def _condition(name: str, texts: Mapping[str, str]) -> Condition:
    """One text where all arms agree; else each text with the arms it holds for."""
    kinds = list(dict.fromkeys(texts.values()))
    if len(kinds) == 1:
        return Condition(name, (kinds[0],), True)
    named = (f"{listed([arm for arm in texts if texts[arm] == kind])}: {kind}" for kind in kinds)
    return Condition(name, tuple(named), False)
