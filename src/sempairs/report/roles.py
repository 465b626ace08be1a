"""What each arm of a study is there for: which arms carry the claim, and which ones must not help."""

from typing import Literal

from sempairs.study.matrix import StudyFile

Role = Literal["baseline", "negative control", "more images", "treatment"]
"""What the others are compared with; what must not help; pairs of an image with itself, as the baseline's, but of other
images; what carries the claim."""


def roles(study: StudyFile) -> dict[str, Role]:
    """The role of each arm; an arm that is nothing else is a treatment."""
    return {name: _role(study, name) for name in study.arms}


def _role(study: StudyFile, name: str) -> Role:
    arm = study.arms[name]
    if name == study.baseline:
        return "baseline"
    if arm.control:
        return "negative control"
    pairs_itself = arm.beyond == "identity" or (arm.rule or {}).get("name") == "identity"
    return "more images" if pairs_itself and arm.noise == (0.0,) else "treatment"


def main_treatment(study: StudyFile) -> str | None:
    """The arm that the study is about: the first one of its contrasts, else its first treatment."""
    treatments = [name for name, role in roles(study).items() if role == "treatment"]
    contrasted = [arm for arm, _ in study.contrasts if arm in treatments]
    return next(iter([*contrasted, *treatments]), None)
