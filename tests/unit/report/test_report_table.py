"""The table as CSV, as JSON and in the terminal, against the known numbers of the study."""

import csv
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from sempairs.report.page import write_report
from sempairs.report.table import print_table, to_csv


def test_csv_and_json_are_the_same_table_with_the_known_numbers(folder: Path) -> None:
    write_report(folder)
    rows = json.loads((folder / "results.json").read_text())
    cells = list(csv.DictReader(io.StringIO((folder / "results.csv").read_text())))
    assert len(rows) == len(cells) == 4 * 2 * 3  # arms x data sets x metrics
    row, cell = rows[1], cells[1]
    assert (
        (row["arm"], row["data"], row["metric"])
        == (cell["arm"], cell["data"], cell["metric"])
        == ("semantic", "garments", "knn")
    )
    assert row["values"] == [83.0, 85.0, 87.0]  # 80, 81, 82 and 3, 4, 5
    assert cell["values"] == "83.0 85.0 87.0"
    # t with 2 degrees of freedom has closed forms: the quantile is .95 sqrt(2 / (1 - .95^2)) = 4.3027, and with
    # t = 4 sqrt(3) = 6.9282 the p-value is 1 - t / sqrt(2 + t^2) = .020204.
    assert row["difference"] == pytest.approx(4.0)
    assert row["difference_low"] == pytest.approx(4 - 4.302653 / 3**0.5, abs=1e-5)
    assert row["p"] == pytest.approx(0.020204, abs=1e-6)
    assert row["relative_percent"] == pytest.approx(400 / 81)
    for name, value in row.items():
        if isinstance(value, float):
            assert float(cell[name]) == value, f"{name} lost precision in the CSV"
    assert rows[0]["difference"] is None
    assert cells[0]["difference"] == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_a_spreadsheet_would_run_is_made_harmless(text: str) -> None:
    (row,) = csv.DictReader(io.StringIO(to_csv([{"arm": text, "difference": -1.5}]), newline=""))
    assert row == {"arm": "'" + text, "difference": "-1.5"}, "numbers stay numbers"


def printed(folder: Path, encoding: str) -> str:
    """What the table looks like on a terminal of 80 columns."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    print_table(folder, Console(file=file, width=80, color_system=None))
    file.flush()
    return raw.getvalue().decode(encoding)


def test_the_terminal_shows_the_table_in_80_columns(folder: Path) -> None:
    lines = printed(folder, "utf-8").splitlines()
    assert " random      68.0% −13.0 [−15.5, −10.5] [−13.7, −12.3]  −16.0  0.029 lower" in "\n".join(lines)
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines), "nothing is cut off"


def test_a_terminal_without_a_true_minus_sign_gets_a_hyphen(folder: Path) -> None:
    assert "-0.5 [-3.8, +2.8]" in printed(folder, "ascii")


def test_markup_in_names_is_printed_as_it_is(folder: Path) -> None:
    text = (folder / "comparison.json").read_text().replace('"knn"', '"[red]k[/x]"')
    (folder / "comparison.json").write_text(text)
    assert "[red]k[/x]" in printed(folder, "utf-8")
