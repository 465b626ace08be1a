"""How an arm is recognised wherever it appears: one colour and one shape, so that colour alone never tells."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Mark:
    """The sign of an arm.

    Parameters
    ----------
    number: of the colour; the style sheet holds its light and dark value as the variable `--arm-NUMBER`.
    corners: a polygon around the origin, y upwards, in a circle of radius 1.
    dash: how its lines are drawn, lengths of ink and gap in line widths; empty for a solid line.
    """

    number: int
    corners: tuple[Point, ...]
    dash: tuple[float, ...]

    @property
    def svg_points(self) -> str:
        """The corners as an SVG `points` attribute, in a box of 20 units."""
        return " ".join(f"{10 + 8 * x:.2f},{10 - 8 * y:.2f}" for x, y in self.corners)


def _polygon(corners: int, turn: float = 0.0, radius: float = 1.0) -> tuple[Point, ...]:
    """A regular polygon; one corner points up when `turn`, a share of a full turn, is 0."""
    angles = (2 * math.pi * (corner / corners + turn) for corner in range(corners))
    return tuple((radius * math.sin(angle), radius * math.cos(angle)) for angle in angles)


COLOURS = 8
# The circle is smaller, so that it does not look larger than the others.
SHAPES = (
    _polygon(32, radius=0.8),
    _polygon(4, 1 / 8),
    _polygon(4),
    _polygon(3),
    _polygon(3, 1 / 2),
    _polygon(6),
    _polygon(5),
)
DASHES: tuple[tuple[float, ...], ...] = ((4.0, 1.5), (), (7.0, 1.5), (1.2, 1.2), (7.0, 1.5, 1.2, 1.5))


def marks_of(arms: Iterable[str]) -> dict[str, Mark]:
    """The mark of each arm, by its place. Eight colours and seven shapes give 56 arms a sign of their own."""
    return {
        arm: Mark(place % COLOURS, SHAPES[place % len(SHAPES)], DASHES[place % len(DASHES)])
        for place, arm in enumerate(arms)
    }
