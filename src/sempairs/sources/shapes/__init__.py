"""Pictures of solids with known factors: `shapes` is the source, `render` makes pictures of factors of your own."""

from sempairs.sources.shapes.factors import CONTENT, STYLE, draw_factors
from sempairs.sources.shapes.renderer import render
from sempairs.sources.shapes.source import shapes

__all__ = ["CONTENT", "STYLE", "draw_factors", "render", "shapes"]
