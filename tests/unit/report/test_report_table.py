"""The comparisons as CSV, as JSON, as LaTeX and in the terminal, against the known numbers of the study."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from made_known import known_contents, known_records
from made_records import made_records, made_study
from sempairs.report.contents import Contents, read_contents
from sempairs.report.latex import escaped
from sempairs.report.page import write_report
from sempairs.report.results import rows_of, to_csv, to_latex
from sempairs.report.table import print_contents


def test_csv_and_json_are_the_same_table_with_the_known_numbers(folder: Path) -> None:
    write_report(folder)
    found = json.loads((folder / "results.json").read_text())
    rows, cells = found["comparisons"], list(csv.DictReader(io.StringIO((folder / "results.csv").read_text())))
    assert len(rows) == len(cells) == 4 * 2 * 2  # arms x data sets x metrics
    assert found["protocols"][0] == {"data": "garments", "metric": "knn", "protocols": ["k-NN, k = 20"]}
    row, cell = rows[1], cells[1]
    assert [(one["arm"], one["data"], one["metric"]) for one in (row, cell)] == [("semantic", "garments", "knn")] * 2
    assert row["values"] == [83.0, 85.0, 87.0]  # 80, 81, 82 and 3, 4, 5
    assert cell["differences"] == "3.0 4.0 5.0"
    # t with 2 degrees of freedom has closed forms: the quantile is .95 sqrt(2 / (1 - .95^2)) = 4.3027, and with
    # t = 4 sqrt(3) = 6.9282 the p-value is 1 - t / sqrt(2 + t^2) = .020204.
    assert row["difference"] == pytest.approx(4.0)
    assert row["difference_low"] == pytest.approx(4 - 4.302653 / 3**0.5, abs=1e-5)
    assert row["p"] == pytest.approx(0.020204, abs=1e-6)
    assert row["p_permutation"] == 0.25  # 2 of 2^3 sign vectors
    assert row["relative_percent"] == pytest.approx(400 / 81, rel=1e-5)
    for name, value in row.items():
        if isinstance(value, float):
            assert float(cell[name]) == value, f"{name} lost precision in the CSV"
    assert rows[0]["difference"] is None
    assert cells[0]["difference"] == ""


def test_methods_together_follow_the_single_ones(tmp_path: Path) -> None:
    contents = known_contents(known_records(("knn",), methods=("simclr", "byol", "simsiam")))
    text = to_latex(contents.gains)
    assert text.index("3 methods together") < text.index("simclr")
    rows = rows_of(contents.comparison, contents.gains.pooled)
    pooled = [row for row in rows if row["pool"]]
    assert rows.index(pooled[0]) == 3 * 4 * 2  # after methods x arms x data sets
    assert pooled[0]["difference"] == pytest.approx(4.0)
    assert pooled[0]["methods"] == 3


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_a_spreadsheet_would_run_is_made_harmless(text: str) -> None:
    (row,) = csv.DictReader(io.StringIO(to_csv([{"arm": text, "difference": -1.5}]), newline=""))
    assert row == {"arm": "'" + text, "difference": "-1.5"}, "numbers stay numbers"


def test_latex_has_the_known_numbers_and_balanced_braces(contents: Contents) -> None:
    text = to_latex(contents.gains)
    assert r"semantic & 85.0\% $\pm$ 2.0 & +4.0 & [+1.5, +6.5] & +4.9\% & 0.040 \\" in text
    assert r"augmented & 81.0\% $\pm$ 1.0 &  &  &  &  \\" in text
    assert r"random & 68.0\% $\pm$ 2.0 & $-$13.0 & [$-$15.5, $-$10.5] & $-$16.0\% & 0.006 \\" in text
    bare = re.sub(r"\\[{}]", "", text)
    assert bare.count("{") == bare.count("}")
    for name in ("table", "tabular"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") == 4  # data sets x metrics
    for line in text.splitlines():
        if line.endswith(r"\\") and not line.startswith(r"\multicolumn"):
            assert len(re.findall(r"(?<!\\)&", line)) == 5, "six columns"
    assert len(set(re.findall(r"\\label\{(.*?)\}", text))) == 4


def test_latex_tables_are_no_taller_than_a_page() -> None:
    names = [f"method-{number}" for number in range(12)]
    records = known_records(("knn",), methods={name: {"name": "simclr"} for name in names}, data=("garments",))
    text = to_latex(known_contents(records).gains)
    tables = text.split(r"\begin{table}")[1:]
    # 12 methods of 4 arms and all together of 3, each below a heading: 64 rows.
    assert [table.count(r"\\") - 1 for table in tables] == [39, 25]
    assert "Part 1 of 2." in tables[0]
    assert all(rf"\textit{{{name}}}" in text for name in names)


def test_what_latex_reads_as_commands_is_escaped() -> None:
    assert escaped(r"50% of a_b & {c} #1 $x$ ~^\ <|>") == (
        r"50\% of a\_b \& \{c\} \#1 \$x\$ \textasciitilde{}\textasciicircum{}\textbackslash{} "
        r"\textless{}\textbar{}\textgreater{}"
    )
    assert escaped("é ± − 日\x00") == r"é $\pm$ $-$ ??"
    contents = known_contents(
        known_records(("knn",), title="x", methods={r"a & b_\evil": {"name": "simclr"}, "[b]": {"name": "byol"}})
    )
    text = to_latex(contents.gains)
    assert r"a \& b\_\textbackslash{}evil" in text
    assert r"\evil" not in text


def printed(contents: Contents, encoding: str) -> str:
    """What the table looks like on a terminal of 80 columns."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    print_contents(contents, Console(file=file, width=80, color_system=None))
    file.flush()
    return raw.getvalue().decode(encoding)


def test_the_terminal_shows_the_table_in_80_columns(contents: Contents) -> None:
    lines = printed(contents, "utf-8").splitlines()
    assert " random      68.0% −13.0 [−15.5, −10.5] [−13.7, −12.3]  −16.0  0.006 lower" in "\n".join(lines)
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines), "nothing is cut off"


def test_the_terminal_shows_methods_together_first() -> None:
    text = printed(known_contents(known_records(methods=("simclr", "byol", "simsiam"))), "utf-8")
    together, alone = (
        text.index("digits, held out; 3 methods together"),
        text.index("garments, held out; simclr, 3 seeds"),
    )
    assert together < alone


def test_a_terminal_without_a_true_minus_sign_gets_a_hyphen(contents: Contents) -> None:
    assert "-0.5 [-3.8, +2.8]" in printed(contents, "ascii")


def test_markup_in_names_is_printed_as_it_is(folder: Path) -> None:
    for name in ("metrics.jsonl", "results.jsonl", "items.jsonl"):
        (folder / name).write_text((folder / name).read_text().replace('"knn"', '"[red]k[/x]"'))
    console = Console(file=io.StringIO(), width=200)
    print_contents(read_contents(folder), console)
    assert "[red]k[/x]" in console.file.getvalue()


def test_what_is_refused_or_missing_is_said_below_the_table() -> None:
    study = made_study(methods=("simclr",))
    text = printed(
        known_contents(made_records(study, made=lambda cell: (cell.arm, cell.seed) != ("mined", 1))), "utf-8"
    )
    assert re.search(r" mined +\d+\.\d% +refused", text)
    assert "warning: 1 comparison refused" in text
    assert "1 run of 12 missing" in text


def test_of_a_large_study_the_terminal_shows_methods_together_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    contents = known_contents(known_records(methods=("simclr", "byol", "simsiam")))
    whole = printed(contents, "utf-8")
    monkeypatch.setattr("sempairs.report.tables.MOST_ROWS", 5)
    short = printed(contents, "utf-8")
    assert len(short.splitlines()) < len(whole.splitlines()) / 2
    assert "3 methods together" in short
    assert "simclr, 3 seeds" in whole
    assert "simclr, 3 seeds" not in short
