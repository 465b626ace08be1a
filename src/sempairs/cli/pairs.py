"""`sempairs pairs`: build, mine and audit pair sets."""

import enum
from pathlib import Path
from typing import Annotated, Any

import typer

from sempairs.cli import arguments, pair_bootstrap, pair_duplicates, pair_operations, pair_publish


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
    same: Annotated[
        list[str] | None, typer.Option(help="Rule metadata: the column whose value must be equal. May be repeated.")
    ] = None,
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
    features: Annotated[
        list[str] | None,
        typer.Option(
            help="An encoder's name, the folder of a trained one, or a file of features (.parquet, .npy). "
            "Default: pca. May be repeated: then the encoders' mean similarity counts."
        ),
    ] = None,
    within: Annotated[
        str | None, typer.Option(metavar="COLUMN", help='Mine in each value of a column alone ("label": the class).')
    ] = None,
    across: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Only pairs whose images differ in this column.")
    ] = None,
    skip_duplicates: Annotated[
        bool, typer.Option("--skip-duplicates", help="No pairs of near-duplicates (`sempairs pairs duplicates`).")
    ] = False,
    engine: arguments.Engines = None,
    workers: arguments.Workers = None,
    address: arguments.Address = None,
    gpus: arguments.Gpus = 0,
    work: arguments.WorkFolder = None,
    set_: arguments.Assignments = None,
) -> None:
    """Pair up images by the features of an encoder (options: --set miner.k=10, features.dim=16).

    With several encoders, options are set by the encoder's name: --set pca.dim=16.
    """
    from sempairs.encoders.mining import find_features, mine_features
    from sempairs.pairs.duplicates import find_duplicates
    from sempairs.pairs.mining import MINERS, join

    arguments.check_parquet(out)
    place = arguments.work_of(engine, workers, address, gpus, work)
    names = features or ["pca"]
    options = arguments.tables(set_, "source", "miner", "features", *(names if len(names) > 1 else ()))
    spec = arguments.named(MINERS, miner, options.get("miner"))
    of_encoder = _encoder_options(names, options)
    images = arguments.opened(source, options.get("source"))
    seen = join([find_features(name, of_encoder[name], images, place) for name in names])
    if skip_duplicates:
        found = find_duplicates(images)
        print("\n".join(found.lines()))
        seen = seen.keep_apart(found.groups)
    _finish(mine_features(seen, images, spec, within=within, across=across), images, out)


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
    from sempairs.encoders.mining import find_features, mine_features
    from sempairs.pairs.arms import matched_arms, prove_match
    from sempairs.pairs.mining import MINERS

    options = arguments.tables(set_, "source", "arms", "miner", "features")
    shares = check(matched_arms, options.get("arms", {}), "arms", but=("miner",))
    images = arguments.opened(source, options.get("source"))
    spec = arguments.named(MINERS, "mutual", {"k": 50, "rest": "nearest", **options.get("miner", {})})
    made = matched_arms(
        images,
        count,
        **shares,
        miner=lambda base: mine_features(find_features(features, options.get("features"), base), base, spec),
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
    out: Annotated[Path | None, typer.Option(help="A page with figures and example pairs (HTML).")] = None,
    json: Annotated[Path | None, typer.Option(help="All numbers (JSON).")] = None,
) -> None:
    """What a pair set holds, and how often its pairs are of one class where labels tell."""
    from sempairs.core.errors import UserError
    from sempairs.core.files import write_json, write_text
    from sempairs.pairs import PairSet
    from sempairs.pairs.audit import audit as audit_pairs
    from sempairs.report.audit_page import audit_page

    for path, suffix in ((out, ".html"), (json, ".json")):
        if path is not None and path.suffix != suffix:
            raise UserError(f"the name must end in {suffix}", got=str(path), todo=str(path.with_suffix(suffix)))
    loaded = PairSet.load(pairs)
    images = loaded.open_source() if source is None else arguments.opened(source, None)
    found = audit_pairs(loaded, images)
    print("\n".join(found.lines()))
    if out is not None:
        write_text(out, audit_page(pairs.stem, loaded, images, found))
        print(f"page: {out}")
    if json is not None:
        write_json(json, {"hash": loaded.hash, "origin": loaded.origin.to_json(), "audit": found.to_json()})
        print(f"numbers: {json}")


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


def _encoder_options(names: list[str], options: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The options of each encoder: `features.*` of a single one, else the table of its name."""
    from sempairs.core.errors import UserError

    if len(names) == 1:
        return {names[0]: options.get("features", {})}
    if len(set(names)) < len(names):
        raise UserError(
            "an encoder is named twice",
            got=", ".join(names),
            todo="write the features of each with `sempairs sources features --out` and name the files",
        )
    if "features" in options:
        todo = f"set options by the encoder's name: --set {names[0]}.OPTION=VALUE"
        raise UserError("features.* could mean any of several encoders", got=", ".join(names), todo=todo)
    return {name: options.get(name, {}) for name in names}


def _finish(pairs: Any, source: Any, out: Path) -> None:
    from sempairs.pairs.audit import audit

    pairs.save(out)
    print("\n".join(audit(pairs, source).lines()))
    print(f"pair set {pairs.hash}: {out}")


pair_operations.add_to(app)
pair_duplicates.add_to(app)
pair_bootstrap.add_to(app)
pair_publish.add_to(app)
