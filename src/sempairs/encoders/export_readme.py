"""The README.md of an exported encoder: what it is, and the lines of Python that load it."""

from sempairs.encoders.export_timm import TimmNet
from sempairs.encoders.exported import ExportCard

TITLES = {"timm": "In timm", "torchvision": "In torchvision", "sempairs": "In sempairs", "onnx": "In ONNX Runtime"}


def readme(card: ExportCard, net: TimmNet | None) -> str:
    """The page of an export.

    Parameters
    ----------
    card: what it is.
    net: the network, if timm has it.
    """
    size = f"{card.size[0]} x {card.size[1]} pixels" if card.size else "any size"
    by = f"run `{card.run['name']}` (settings: `run` in `export.json`)" if card.run else "no run that is known"
    lines = [
        f"# {card.encoder}",
        f"An encoder exported by sempairs {card.versions['sempairs']}: images to {card.dim} features.\n",
        f"- images: float32 [n, {card.channels}, height, width] with values in [0, 1], of {size}",
        f"- normalised as (image - mean) / std: mean {card.mean}, std {card.std}",
        f"- trained by: {by}",
        f"- started from: {card.started_from}",
        "- licence: sempairs sets none on these weights; the terms of the images and of what they started from apply",
    ]
    if card.encoder.name == "efficientnet-lite0":
        least = card.encoder.options.get("size", 96)
        lines.append(f"- sempairs enlarges images whose shorter side is under {least} pixels to that; timm does not")
    lines.append("\nEach block runs in this folder and gives the features of `images`.")
    for program, code in _code(card, net).items():
        lines += [f"\n## {TITLES[program]}\n", "```python", *code, "```"]
    return "\n".join(lines) + "\n"


def _code(card: ExportCard, net: TimmNet | None) -> dict[str, list[str]]:
    """The lines for each program that can load the export."""
    if card.format == "onnx":
        return {
            "onnx": [
                "import onnxruntime\n",
                'session = onnxruntime.InferenceSession("model.onnx")',
                '(features,) = session.run(["features"], {"images": images})  # NumPy arrays; normalised in the graph',
            ]
        }
    code = {
        "sempairs": [
            "from pathlib import Path\n",
            "from sempairs.encoders.exported import load_export\n",
            'features = load_export(Path("."))(images)  # it normalises by itself',
        ]
    }
    if net is None:
        return code
    mean, std = (f"torch.tensor({values}).view(1, -1, 1, 1)" for values in (card.mean, card.std))
    use = [f"features = net.eval()((images - {mean}) / {std})"]
    load = ['net.load_state_dict(load_file("model.safetensors"))']
    kernel = "3, padding=1" if net.small_stem else "7, stride=2, padding=3"
    conv = f"net.conv1 = torch.nn.Conv2d({card.channels}, net.conv1.out_channels, {kernel}, bias=False)"
    pool = ["net.maxpool = torch.nn.Identity()"] if net.small_stem else []
    weights = "from safetensors.torch import load_file\n"
    arguments = "".join(f", {name}={value}" for name, value in net.arguments.items())
    if net.small_stem:
        timm = [f'net = timm.create_model("{net.name}"{arguments})', conv, *pool, *load]
        code["timm"] = ["import timm", "import torch", weights, *timm, *use]
    else:
        overlay = {"mean": card.mean, "std": card.std} | (
            {"input_size": [card.channels, *card.size]} if card.size else {}
        )
        timm = [
            f'net = timm.create_model("{net.name}", checkpoint_path="model.safetensors"{arguments},',
            f"                        pretrained_cfg_overlay={overlay})",
        ]
        code["timm"] = ["import timm", "import torch\n", *timm, *use]
    if net.in_torchvision:
        changed = [conv, *pool] if net.small_stem or card.channels != 3 else []
        made = [f"net = torchvision.models.{net.name}()", "net.fc = torch.nn.Identity()", *changed, *load]
        code["torchvision"] = ["import torch", "import torchvision", weights, *made, *use]
    return code
