"""docs/benchmarks.md, made from the results alone: `python -m benchmarks` writes it again."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PAGE = FOLDER.parent / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Made from `benchmarks/results/` by `python -m benchmarks` (`make bench`); not written by hand. Ours and a peer, or a
floor that nothing can beat, run in turn, so a machine that changes its speed changes it for both; the ratio is the
median over pairs of runs, with the smallest and the largest. Above 1 we are faster. Absolute rates are those of one
machine on one day.
"""


def page() -> str:
    """The whole page."""
    results = {path.stem: json.loads(path.read_text()) for path in sorted((FOLDER / "results").glob("*.json"))}
    parts = [HEAD]
    for name, result in results.items():
        parts.append(_compared(name, result) if "rows" in result and isinstance(result["rows"], list) else "")
    parts.append(_million(results["million"]))
    return "\n".join(part for part in parts if part)


def _compared(name: str, result: dict[str, Any]) -> str:
    lines = [f"## {name.capitalize()}", "", _where(result), ""]
    lines += ["| what | ours | against | peer | ratio [smallest, largest] | aim |", "|---|---|---|---|---|---|"]
    for row in result["rows"]:
        ours, peer = (f"{row[side]:,.1f} {row['unit']}/s" for side in ("ours", "peer"))
        ratio = f"**{row['ratio']:.2f}** [{row['low']:.2f}, {row['high']:.2f}]"
        aim = "" if row["aim"] is None else f"≥ {row['aim']}" + ("" if row["ratio"] >= row["aim"] else ", missed")
        lines.append(f"| {row['name']} | {ours} | {row['peer_name']} | {peer} | {ratio} | {aim} |")
    return "\n".join(lines) + "\n"


def _million(result: dict[str, Any]) -> str:
    told = ("rows", "dimensions", "k", "workers", "seconds", "rows per second", "peak memory in GB", "recall@1")
    told += ("recall@1 sample", "pairs", "coverage", "purity")
    lines = [
        "## A million features, mined",
        "",
        _where(result),
        "",
        "`python -m benchmarks.million`; see [scale](scale.md).",
    ]
    lines += ["", "| | |", "|---|---|"]
    lines += [f"| {name} | {result[name]:,} |" for name in told]
    return "\n".join(lines) + "\n"


def _where(result: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {result[name]}" for name in ("torch", "faiss-cpu", "numpy"))
    return f"{result['processor']}, {result['threads']} threads; {versions}; commit {result['commit']}."


def write() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
