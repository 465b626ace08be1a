"""A table of a study for a paper: LaTeX with the package booktabs."""

from collections.abc import Sequence

_SIGNS = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "''", "−": "$-$", "±": r"$\pm$", "–": "--", "≥": r"$\geq$", "≤": r"$\leq$",
    "×": r"$\times$", "’": "'", "“": "``", "”": "''",
}  # fmt: skip


def escaped(text: str) -> str:
    """Text as LaTeX prints it; what no LaTeX font is sure to have becomes a question mark."""
    return "".join(_SIGNS.get(sign, sign if sign.isprintable() and ord(sign) < 0x180 else "?") for sign in text)


def booktabs(
    head: Sequence[str], groups: Sequence[tuple[str, Sequence[Sequence[str]]]], caption: str, label: str
) -> str:
    """A floating table: the first column is text, the others are numbers; all that is given is escaped.

    Parameters
    ----------
    groups: rows, each group below a heading; an empty heading is not shown.
    label: as LaTeX takes it, for references.
    """
    columns = "l" + "r" * (len(head) - 1)
    lines = [
        r"\begin{table}",
        r"\centering\small",
        rf"\caption{{{escaped(caption)}}}",
        rf"\label{{{label}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        _row(head),
    ]
    for heading, rows in groups:
        lines.append(r"\midrule")
        if heading:
            lines.append(rf"\multicolumn{{{len(head)}}}{{l}}{{\textit{{{escaped(heading)}}}}} \\")
        lines += [_row(row) for row in rows]
    lines += [r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    # A row that begins with a bracket would be read as the argument of the \\ before it.
    first, *others = (escaped(cell) for cell in cells)
    return " & ".join([f"{{{first}}}" if first.startswith(("[", "*")) else first, *others]) + r" \\"
