"""Licences of data: which of several is the most restrictive, what blocks a publication, where their texts stand."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sempairs.core.errors import UserError, suggest

UNKNOWN = "unknown"
OWN_TERMS = "LicenseRef-"
"""How SPDX names terms that are on no list."""


@dataclass(frozen=True)
class Licence:
    """One licence.

    Parameters
    ----------
    spdx: its identifier on the SPDX list.
    name: for people.
    url: of its text; "" where there is none.
    hub: what the Hugging Face Hub calls it.
    blocks: why nothing is published under it unless somebody allows that: "nc", "nd" or "unknown".
    share_alike: what is made from it must carry a licence of this family; "" where that is free.
    """

    spdx: str
    name: str
    url: str
    hub: str
    blocks: tuple[str, ...] = ()
    share_alike: str = ""


_CC, _ODC = "https://creativecommons.org/licenses", "https://opendatacommons.org/licenses"
_SPDX = "https://spdx.org/licenses"
LICENCES = (
    Licence("CC0-1.0", "CC0 1.0 Universal", "https://creativecommons.org/publicdomain/zero/1.0/", "cc0-1.0"),
    Licence("PDDL-1.0", "ODC Public Domain Dedication and Licence 1.0", f"{_ODC}/pddl/1-0/", "pddl"),
    Licence("MIT", "MIT License", f"{_SPDX}/MIT.html", "mit"),
    Licence("BSD-2-Clause", "BSD 2-Clause License", f"{_SPDX}/BSD-2-Clause.html", "bsd-2-clause"),
    Licence("BSD-3-Clause", "BSD 3-Clause License", f"{_SPDX}/BSD-3-Clause.html", "bsd-3-clause"),
    Licence("Apache-2.0", "Apache License 2.0", "https://www.apache.org/licenses/LICENSE-2.0", "apache-2.0"),
    Licence(
        "CDLA-Permissive-2.0", "Community Data License Agreement Permissive 2.0",
        "https://cdla.dev/permissive-2-0/", "cdla-permissive-2.0",
    ),
    Licence("ODC-By-1.0", "Open Data Commons Attribution License 1.0", f"{_ODC}/by/1-0/", "odc-by"),
    Licence("CC-BY-3.0", "Creative Commons Attribution 3.0", f"{_CC}/by/3.0/", "cc-by-3.0"),
    Licence("CC-BY-4.0", "Creative Commons Attribution 4.0 International", f"{_CC}/by/4.0/", "cc-by-4.0"),
    Licence("ODbL-1.0", "Open Database License 1.0", f"{_ODC}/odbl/1-0/", "odbl", share_alike="ODbL"),
    Licence(
        "CC-BY-SA-3.0", "Creative Commons Attribution-ShareAlike 3.0", f"{_CC}/by-sa/3.0/", "cc-by-sa-3.0",
        share_alike="CC-BY-SA",
    ),
    Licence(
        "CC-BY-SA-4.0", "Creative Commons Attribution-ShareAlike 4.0 International", f"{_CC}/by-sa/4.0/",
        "cc-by-sa-4.0", share_alike="CC-BY-SA",
    ),
    Licence(
        "CC-BY-NC-4.0", "Creative Commons Attribution-NonCommercial 4.0 International", f"{_CC}/by-nc/4.0/",
        "cc-by-nc-4.0", ("nc",),
    ),
    Licence(
        "CC-BY-NC-SA-4.0", "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International",
        f"{_CC}/by-nc-sa/4.0/", "cc-by-nc-sa-4.0", ("nc",), "CC-BY-NC-SA",
    ),
    Licence(
        "CC-BY-ND-4.0", "Creative Commons Attribution-NoDerivatives 4.0 International", f"{_CC}/by-nd/4.0/",
        "cc-by-nd-4.0", ("nd",),
    ),
    Licence(
        "CC-BY-NC-ND-4.0", "Creative Commons Attribution-NonCommercial-NoDerivatives 4.0 International",
        f"{_CC}/by-nc-nd/4.0/", "cc-by-nc-nd-4.0", ("nc", "nd"),
    ),
)  # fmt: skip
"""The least restrictive first: the place in this table decides which of two is the more restrictive one."""
_BY_SPDX = {licence.spdx: licence for licence in LICENCES}
WHY = {"nc": "it forbids commercial use", "nd": "it forbids derived works", UNKNOWN: "its terms are not known here"}
"""What each reason to block means."""


def licence_of(spdx: str, place: str) -> Licence:
    """The licence of this name; "unknown" and an SPDX `LicenseRef-` are more restrictive than every known one.

    Raises
    ------
    UserError: a name that is neither; with the nearest one.
    """
    if spdx == UNKNOWN or spdx.startswith(OWN_TERMS):
        return Licence(spdx, "terms of its own", "", "unknown" if spdx == UNKNOWN else "other", (UNKNOWN,))
    if spdx not in _BY_SPDX:
        todo = f"{suggest(spdx, _BY_SPDX)}; or {UNKNOWN!r}, or {OWN_TERMS}NAME for terms of its own"
        raise UserError(f"{place}: {spdx!r} is no licence that sempairs knows", todo=todo)
    return _BY_SPDX[spdx]


def decide(wanted: Mapping[str, str], allow: Collection[str]) -> Licence:
    """The licence of a publication: the most restrictive one of those that its parts have.

    Parameters
    ----------
    wanted: SPDX identifiers by what asks for them, the publisher's own choice among them.
    allow: the reasons to block ("nc", "nd", "unknown") that somebody takes upon themselves.

    Raises
    ------
    UserError: no licence named; a blocking one that is not allowed; one that wants its own kind (share-alike) where a
        more restrictive one wins.
    """
    licences = {place: licence_of(spdx, place) for place, spdx in wanted.items()}
    for place, licence in licences.items():
        for reason in licence.blocks:
            if reason not in allow:
                raise UserError(
                    f"the licence of {place} blocks publication: {WHY[reason]}",
                    got=licence.spdx,
                    todo=f"leave that source out; or take it upon yourself with --allow {reason}, which is recorded",
                )
    winner = max(licences.values(), key=_rank)
    for place, licence in licences.items():
        if licence.share_alike and winner.share_alike != licence.share_alike and UNKNOWN not in winner.blocks:
            raise UserError(
                f"{place} wants what is made from it under its own licence, which another one rules out",
                got=f"{licence.spdx} with {winner.spdx}",
                todo="publish the pairs of these sources as sets of their own",
            )
    return winner


def images_allowed(licence: Licence) -> bool:
    """Whether images may be handed on, cropped and re-encoded, by whom its terms bind: never what is ND or unknown."""
    return not {"nd", UNKNOWN} & set(licence.blocks)


def licence_text(licence: Licence, holders: str, year: str, notes: list[str]) -> str:
    """The LICENSE file: the terms of MIT in full, of longer licences a notice that says where they stand.

    Parameters
    ----------
    holders: who made the set.
    notes: the licence of each part, one a line.
    """
    head = f"{licence.name}\nSPDX-License-Identifier: {licence.spdx}\n\nCopyright (c) {year} {holders}\n"
    if licence.spdx == "MIT":
        body = _MIT
    elif licence.url:
        body = f"This set of pairs is licensed under the {licence.name}.\nThe full text stands at {licence.url}\n"
    else:
        body = "The terms are those of the sources below; ask their owners before you use this set.\n"
    parts = "".join(f"- {note}\n" for note in notes)
    return (
        f"{head}\n{body}\nThe licence of each part, of which the most restrictive one holds for the whole:\n\n{parts}"
    )


def _rank(licence: Licence) -> int:
    return LICENCES.index(licence) if licence in LICENCES else len(LICENCES)


_MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
