"""Settings: what of a condition is not the method. Methods of one setting are shown, and pooled, together."""

from dataclasses import dataclass

from sempairs.study.cells import Condition
from sempairs.study.matrix import StudyFile

FACTORS = ("encoder", "views", "budget")
SAYS = {"encoder": "encoder {}", "views": "views {}", "budget": "budget {}"}


@dataclass(frozen=True, order=True)
class Setting:
    """An encoder, views and a budget, each by its name in the study file."""

    encoder: str
    views: str
    budget: str

    @classmethod
    def of(cls, condition: Condition) -> "Setting":
        """What a condition is beside its method."""
        return cls(condition.encoder, condition.views, condition.budget)


def settings_of(study: StudyFile) -> list[Setting]:
    """The settings of a study, in the order of its levels; the first one is the main setting."""
    there = {Setting.of(cell.condition) for cell in study.cells}
    return [
        setting
        for encoder in study.encoders
        for views in study.views
        for budget in study.budgets
        if (setting := Setting(encoder, views, budget)) in there
    ]


def named(setting: Setting, study: StudyFile) -> str:
    """What tells a setting from the study's others: "views crop-only"; empty where there is one alone."""
    levels = study.levels
    return ", ".join(SAYS[factor].format(getattr(setting, factor)) for factor in FACTORS if len(levels[factor]) > 1)


def place_of(condition: Condition, study: StudyFile) -> str:
    """What tells a condition from the study's others: "simclr, views crop-only"."""
    return ", ".join(filter(None, (condition.method, named(Setting.of(condition), study))))
