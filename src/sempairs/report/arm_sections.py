"""The arms of a study as the page shows them: what each is, some of its pairs, and what was counted of all of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from sempairs.pairs.audit import Audit
from sempairs.report.contents import Contents
from sempairs.report.figures import histogram
from sempairs.report.marks import Mark
from sempairs.report.members import made_by
from sempairs.report.pictures import Picture, pictures
from sempairs.report.roles import Role, roles
from sempairs.study.tables import Arm

ROOM, FEWEST = 200_000, 3  # letters that the pictures of all arms may take, and pairs that are shown all the same
MANY, ROW = 4, 6  # arms, of which each shows all its pairs; pairs of each arm, where there are more


@dataclass(frozen=True)
class ArmSection:
    """One arm; one that has no run yet has no audit and no pictures."""

    name: str
    arm: Arm
    role: Role
    made: str
    audit: Audit | None
    pictures: list[Picture]
    histogram: Markup | None

    @property
    def partners(self) -> tuple[float, int, float]:
        """Of the pool's images: the mean number of partners, the largest, and the share that has none."""
        assert self.audit is not None, f"{self.name} has no audit"
        counts = self.audit.partners
        total = sum(number * count for number, count in enumerate(counts))
        return total / sum(counts), len(counts) - 1, counts[0] / sum(counts)


def arm_sections(contents: Contents, marks: Mapping[str, Mark]) -> Iterator[ArmSection]:
    """All arms, in the order of the study."""
    shown, role = _fitting(contents), roles(contents.study)
    for place, (name, arm) in enumerate(contents.study.arms.items()):
        audit = contents.audits.get(name)
        similarity = audit and audit.similarity
        figure = similarity and histogram(
            similarity["edges"], [(marks[name], similarity["counts"])], f"similarity-{place}"
        )
        yield ArmSection(name, arm, role[name], made_by(arm), audit, shown.get(name, []), figure or None)


def _fitting(contents: Contents) -> dict[str, list[Picture]]:
    """The example pairs of each arm: of all arms the same number, as many as there is room for in the page."""
    every = {name: pictures(examples) for name, examples in contents.examples.items()}
    count = max(map(len, every.values()), default=0) if len(every) <= MANY else ROW
    while (
        count > FEWEST and sum(len(side) for own in every.values() for one in own[:count] for side in one.sides) > ROOM
    ):
        count -= 1
    return {name: own[:count] for name, own in every.items()}
