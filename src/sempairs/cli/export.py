"""`sempairs export`: an encoder out of a run, for other programs."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    run: Annotated[Path, typer.Argument(help="A run, a folder with one run, or an export.", show_default=False)],
    to: Annotated[Path, typer.Option(help="A folder for the export alone.", show_default=False)],
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            help="safetensors: the weights of any encoder. timm, torchvision: weights that this library loads. "
            "onnx: a graph with the normalisation inside.",
        ),
    ] = "safetensors",
    size: Annotated[
        int | None, typer.Option(min=1, help="Side of the images in pixels. ONNX needs one if the run names none.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an export that is there.")] = False,
) -> None:
    """Take an encoder out of a run for other programs; a README beside it has the lines of Python that load it."""
    from sempairs.encoders.export import export as export_encoder

    card = export_encoder(run, to, format_, size=size, force=force)
    size_text = " x ".join(map(str, card.size)) if card.size else "any size"
    print(f"{card.encoder}: {card.dim} features of images with {card.channels} channels, {size_text}")
    for name in [*card.files, "export.json"]:
        print(f"  {to / name}")
