"""`sempairs pairs`: build, mine and audit pair sets."""

import enum
from pathlib import Path
from typing import Annotated, Any

import typer

from sempairs.cli import arguments, pair_operations


class Order(enum.StrEnum):
    """Which pairs a contact sheet shows."""

    random = "random"
    best = "best"
    worst = "worst"


app = typer.Typer(no_args_is_help=True, help="Build, mine, audit and rework pair sets.")
Pairs = Annotated[Path, typer.Argument(help="A pair set (Parquet).")]


@app.command()
def build(
    source: arguments.Source,
    out: arguments.Out,
    rule: Annotated[str | None, typer.Option(help="A pairing rule (`sempairs describe`). Default: class.")] = None,
    same: Annotated[str | None, typer.Option(help="Rule metadata: the column whose value must be equal.")] = None,
    different: Annotated[str | None, typer.Option(help="Rule metadata: the column whose value must not be.")] = None,
    set_: arguments.Assignments = None,
) -> None:
    """Pair up images by a rule (options: --set rule.partners=2, --set source.size=96)."""
    from sempairs.core import settings
    from sempairs.pairs import RULES

    arguments.check_parquet(out)
    options = arguments.tables(set_, "source", "rule")
    columns = {name: value for name, value in {"same": same, "different": different}.items() if value is not None}
    rule = rule or ("metadata" if columns else "class")
    spec = arguments.named(RULES, rule, {**options.get("rule", {}), **columns})
    images = arguments.opened(source, options.get("source"))
    _finish(settings.build(RULES, spec, images), images, out)


@app.command()
def mine(
    source: arguments.Source,
    out: arguments.Out,
    miner: Annotated[str, typer.Option(help="A mining rule (`sempairs describe 'mining rule'`).")] = "mutual",
    features: Annotated[str, typer.Option(help="An encoder's name, or the folder of a trained one.")] = "pca",
    set_: arguments.Assignments = None,
) -> None:
    """Pair up images without labels, by the features of an encoder (options: --set miner.k=10)."""
    arguments.check_parquet(out)
    options = arguments.tables(set_, "source", "miner", "features")
    images = arguments.opened(source, options.get("source"))
    _finish(_mined(images, miner, options.get("miner"), features, options.get("features")), images, out)


@app.command()
def arms(
    source: arguments.Source,
    out: Annotated[Path, typer.Option(help="A folder; each arm becomes NAME.parquet in it.")],
    count: Annotated[int, typer.Option(help="Pairs in each arm, and images of the baseline.")],
    features: Annotated[str, typer.Option(help="The encoder that the mined arm looks through.")] = "pca",
    set_: arguments.Assignments = None,
) -> None:
    """Make the matched arms of a study, with the proof (options: --set arms.mixed=0.3, arms.noisy, arms.seed)."""
    from rich.console import Console
    from rich.table import Table

    from sempairs.core.settings import check
    from sempairs.pairs.arms import matched_arms, prove_match

    options = arguments.tables(set_, "source", "arms", "miner", "features")
    shares = check(matched_arms, options.get("arms", {}), "arms", but=("miner",))
    images = arguments.opened(source, options.get("source"))
    miner_options = {"k": 50, "rest": "nearest", **options.get("miner", {})}
    made = matched_arms(
        images,
        count,
        **shares,
        miner=lambda base: _mined(base, "mutual", miner_options, features, options.get("features")),
    )
    table = Table("arm", "pairs", "images", "purity", "a", "shared pairs", "shared images")
    table.columns[0].no_wrap = True
    for proof in prove_match(made, images):
        purity = "" if proof.purity is None else f"{proof.purity:.1%}"
        shared = (f"{proof.shared_pairs:,}", f"{proof.shared_images:,}")
        same = "same images" if proof.same_images else "same classes"
        table.add_row(proof.arm, f"{proof.pairs:,}", f"{proof.images:,}", purity, same, *shared)
    for name, pairs in made.items():
        pairs.save(out / f"{name}.parquet")
    Console().print(table)
    print(f"{len(made)} arms in {out}, the same pair count and classes, checked; shared: with the first arm")


@app.command()
def audit(
    pairs: Pairs,
    source: Annotated[str | None, typer.Option(help="The images, if they are elsewhere than when it was made.")] = None,
) -> None:
    """What a pair set holds, and how often its pairs are of one class where labels tell."""
    from sempairs.pairs import PairSet
    from sempairs.pairs.audit import audit as audit_pairs

    loaded = PairSet.load(pairs)
    images = loaded.open_source() if source is None else arguments.opened(source, None)
    print("\n".join(audit_pairs(loaded, images).lines()))


@app.command()
def show(
    pairs: Pairs,
    out: Annotated[Path, typer.Option(help="The picture (PNG).")],
    count: Annotated[int, typer.Option(help="How many pairs.", min=1)] = 24,
    order: Annotated[Order, typer.Option(help="Best and worst are by similarity.")] = Order.random,
    source: Annotated[str | None, typer.Option(help="The images, if they are elsewhere than when it was made.")] = None,
) -> None:
    """Draw pairs as a contact sheet, to be looked at before anything is trained on them."""
    from sempairs.core.files import atomic_write
    from sempairs.pairs import PairSet
    from sempairs.report.sheet import choose, contact_sheet

    loaded = PairSet.load(pairs)
    images = loaded.open_source() if source is None else arguments.opened(source, None)
    sheet = contact_sheet(loaded, images, choose(loaded, count, order.value))
    with atomic_write(out) as file:
        sheet.save(file, "PNG")
    print(f"contact sheet: {out}")


@app.command()
def calibrate(
    pairs: Pairs,
    wanted: Annotated[float, typer.Option(help="The precision to be promised.")] = 0.95,
    confidence: Annotated[float, typer.Option(help="How sure the promise is.")] = 0.95,
    sample: Annotated[int, typer.Option(help="How many random pairs to judge by their images' labels.")] = 500,
    seed: int = 0,
    source: Annotated[str | None, typer.Option(help="The images, if they are elsewhere than when it was made.")] = None,
) -> None:
    """Find the similarity threshold that promises a wanted precision, from a small labelled sample."""
    import numpy as np
    from rich.console import Console
    from rich.table import Table

    from sempairs.core.seeds import rng
    from sempairs.pairs import PairSet
    from sempairs.pairs.calibrate import calibrate as calibrate_pairs

    loaded = PairSet.load(pairs)
    images = loaded.open_source() if source is None else arguments.opened(source, None)
    labels = images.need_labels("calibration")
    left, right = loaded.positions(images).T
    judged = np.zeros(len(loaded), dtype=bool)
    judged[rng("calibrate", seed).permutation(len(loaded))[:sample]] = True
    similarity = loaded.column("similarity").astype(np.float64)
    found = calibrate_pairs(similarity, judged, labels[left] == labels[right], wanted=wanted, confidence=confidence)
    table = Table("similarity from", "pairs kept", "judged", "precision", "95% interval")
    for step in found.steps[:: max(1, len(found.steps) // 12)]:
        interval = f"{step.low:.1%} to {step.high:.1%}"
        table.add_row(
            f"{step.similarity:.4f}", f"{step.kept:.1%}", f"{step.judged:,}", f"{step.precision:.1%}", interval
        )
    Console().print(table)
    if found.chosen is None:
        print(f"the sample supports no promise of {wanted:.0%}: judge more, mine otherwise, or want less")
    else:
        kept, threshold = found.chosen.kept, found.chosen.similarity
        print(
            f"precision >= {wanted:.0%} at {confidence:.0%} confidence: keep similarity >= {threshold!r} ({kept:.1%})"
        )
        print(f"sempairs pairs filter {pairs} --similarity-from {threshold!r} --out certain.parquet")


def _mined(images: Any, miner: str, options: dict[str, Any] | None, features: str, their: dict[str, Any] | None) -> Any:
    """The pairs that a mining rule finds in these images through an encoder."""
    from sempairs.encoders.mining import mine_through
    from sempairs.encoders.opening import find_encoder
    from sempairs.pairs.mining import MINERS

    spec = arguments.named(MINERS, miner, options)
    return mine_through(find_encoder(features, their, images), images, spec)


def _finish(pairs: Any, source: Any, out: Path) -> None:
    from sempairs.pairs.audit import audit

    pairs.save(out)
    print("\n".join(audit(pairs, source).lines()))
    print(f"pair set {pairs.hash}: {out}")


pair_operations.add_to(app)
