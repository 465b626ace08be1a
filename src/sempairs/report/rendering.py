"""From a template beside this file to one page that carries everything in it."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import sempairs
from sempairs.report import names, numbers

_NUMBERS = (
    "counted", "decimal", "duration", "interval", "interval_in", "listed", "listed_briefly", "measured",
    "measured_difference", "p_value", "percent", "plain_interval", "points", "signed",
)  # fmt: skip


def render_page(template: str, **values: Any) -> str:
    """The page as text. What a template names and `values` lack is an error; every value is escaped."""
    environment = Environment(
        loader=PackageLoader("sempairs.report", "."), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update({name: getattr(numbers, name) for name in _NUMBERS}, shown=names.shown)
    style, _, _ = PackageLoader("sempairs.report", ".").get_source(environment, "style.css")
    return environment.get_template(template).render(style=Markup(style), version=sempairs.__version__, **values)
