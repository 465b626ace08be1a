"""docs/benchmarks.md, made from the results alone: `python -m benchmarks` writes it again."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PAGE = FOLDER.parent / "docs" / "benchmarks.md"
EQUAL = 1e-9  # relative: how far the loss of several processes may be from that of one, in float64
START = 0.5  # seconds
HEAD = """# Benchmarks

Made from `benchmarks/results/` by `python -m benchmarks` (`make bench`); not written by hand. Ours and a peer, or a
floor that nothing can beat, run in turn, so a machine that changes its speed changes it for both; the ratio is the
median over pairs of runs, with the smallest and the largest. Above 1 we are faster. Absolute rates are those of one
machine on one day. What bounds the rows that miss their aim, and what was tried, is in [the log](log.md).
"""
TITLES = {"gpu": "On a GPU", "data": "Data path", "probe": "Linear probe"}
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
Results = dict[str, dict[str, Any]]


def page() -> str:
    """The whole page."""
    results = {path.stem: json.loads(path.read_text()) for path in sorted((FOLDER / "results").glob("*.json"))}
    compared = [_compared(name, result) for name, result in results.items() if isinstance(result.get("rows"), list)]
    return "\n".join(
        [
            HEAD,
            _aims(results),
            *compared,
            _processes(results["processes"]),
            _million(results["million"]),
            _review(results["review"]),
        ]
    )


def _aims(results: Results) -> str:
    """Everything that has an aim, in one table."""
    lines = ["## Aims", "", "| what | against | measured | aim | |", "|---|---|---|---|---|"]
    for name in ("views", "training", "data", "gpu", "neighbours", "probe"):
        for row in results[name]["rows"]:
            if row["aim"] is not None:
                lines.append(
                    f"| {row['name']} | {row['peer_name']} | {_ratio(row)} | ≥ {row['aim']} | {_verdict(row)} |"
                )
    if not results["gpu"]["rows"]:
        lines.append("| training on a GPU | | not measured: no GPU on this machine | | |")
    found = results["processes"]["processes"]
    apart = max(max(row["loss differs by"], row["gradients differ by"]) for row in found)
    told = f"the same to {apart:.0e}" if apart else "the same bits"
    lines.append(
        f"| gathered loss and gradients, {found[1]['processes']} to {found[-1]['processes']} processes | one process | "
        f"{told} | ≤ {EQUAL:.0e} | {_met(apart <= EQUAL)} |"
    )
    (start,) = results["startup"]["rows"]
    seconds = 1 / start["ours"]
    lines.append(f"| {start['name']} | | {seconds:.2f} s | < {START} s | {_met(seconds < START)} |")
    review = results["review"]
    for database, title in DATABASES.items():
        slow, aim = review[database]["next"]["p95 ms"], review["aim: next, p95 ms"]
        what = f"next of {review['pairs']:,} pairs in review, {title}, 95 of 100 calls"
        lines.append(f"| {what} | | {slow:.1f} ms | < {aim:.0f} ms | {_met(slow < aim)} |")
    return "\n".join(lines) + "\n"


def _compared(name: str, result: dict[str, Any]) -> str:
    lines = [f"## {TITLES.get(name, name.capitalize())}", "", _where(result), ""]
    if not result["rows"]:
        return "\n".join([*lines, "Not measured: there is no GPU on this machine."]) + "\n"
    lines += [
        "| what | ours | against | peer | ratio [smallest, largest] | runs | aim |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in result["rows"]:
        ours, peer = (f"{row[side]:,.1f} {row['unit']}/s" for side in ("ours", "peer"))
        aim = "" if row["aim"] is None else f"≥ {row['aim']}, {_verdict(row)}"
        lines.append(
            f"| {row['name']} | {ours} | {row['peer_name']} | {peer} | {_ratio(row)} | {row['runs']} | {aim} |"
        )
    return "\n".join(lines) + "\n"


def _ratio(row: dict[str, Any]) -> str:
    return f"**{row['ratio']:.2f}** [{row['low']:.2f}, {row['high']:.2f}]"


def _verdict(row: dict[str, Any]) -> str:
    return _met(row["ratio"] >= row["aim"])


def _met(met: bool) -> str:
    return "met" if met else "missed"


def _processes(result: dict[str, Any]) -> str:
    lines = ["## Processes", "", _where(result), ""]
    lines += [
        "SimCLR's loss of 512 pairs of 128 numbers with its gradients, in float64 over gloo. More processes than",
        f"{result['cores']} share {result['cores']} cores here: the times are what the exchange costs on this machine,",
        "not how it scales.",
        "",
        "| processes | milliseconds | loss differs by | gradients differ by |",
        "|---|---|---|---|",
    ]
    for row in result["processes"]:
        apart = f"{row['loss differs by']:.1e} | {row['gradients differ by']:.1e}"
        lines.append(f"| {row['processes']} | {row['seconds'] * 1e3:.1f} | {apart} |")
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


def _review(result: dict[str, Any]) -> str:
    lines = [
        f"## A review of {result['pairs']:,} pairs",
        "",
        _where(result),
        "",
        f"`python -m benchmarks.review_speed`: the store alone, {result['calls']:,} calls of each, durable when they",
        f"return. To append 4 KiB to a file and sync it takes {result['floor: 4 KiB synced, ms']:.2f} ms here.",
        "",
        "| milliseconds, median / 95 of 100 | " + " | ".join(DATABASES.values()) + " |",
        "|---" * (len(DATABASES) + 1) + "|",
    ]
    for call in ("next", "record", "counts", "history", "judgements", "set_queue, 2,000 pairs"):
        cells = [f"{one['p50 ms']:.1f} / {one['p95 ms']:.1f}" for one in (result[name][call] for name in DATABASES)]
        lines.append(f"| {call} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _where(result: dict[str, Any]) -> str:
    names = ("torch", "torchvision", "lightly", "kornia", "pillow", "faiss-cpu", "scikit-learn", "numpy")
    versions = ", ".join(f"{name} {result[name]}" for name in names if name in result)
    busy = f", {result['gpu']}" if result.get("gpu") else ""
    busy += f", load {result['load']} before the run" if "load" in result else ""
    return f"{result['processor']}, {result['threads']} threads{busy}; {versions}; commit {result['commit']}."


def write() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
