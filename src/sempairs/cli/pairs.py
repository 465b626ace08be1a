"""`sempairs pairs`: build, mine and audit pair sets."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sempairs.cli import arguments, pair_operations

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
    from sempairs.core import settings
    from sempairs.encoders.extract import encoder_id, extract
    from sempairs.encoders.opening import find_encoder
    from sempairs.pairs.mining import MINERS, Features
    from sempairs.pairs.mining import mine as mine_pairs

    arguments.check_parquet(out)
    options = arguments.tables(set_, "source", "miner", "features")
    spec = arguments.named(MINERS, miner, options.get("miner"))
    images = arguments.opened(source, options.get("source"))
    encoder = find_encoder(features, options.get("features"), images)
    seen = Features(images.ids, extract(encoder, images), encoder_id(encoder))
    _finish(mine_pairs(images, seen, lambda values: settings.build(MINERS, spec, values), spec), images, out)


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


def _finish(pairs: Any, source: Any, out: Path) -> None:
    from sempairs.pairs.audit import audit

    pairs.save(out)
    print("\n".join(audit(pairs, source).lines()))
    print(f"pair set {pairs.hash}: {out}")


pair_operations.add_to(app)
