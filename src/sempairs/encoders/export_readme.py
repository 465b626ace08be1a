"""The README.md of an exported encoder: what it is, and the lines of Python that load it."""

from sempairs.encoders.export_timm import TimmNet
from sempairs.encoders.exported import ExportCard

IMPORT, LOAD = "from safetensors.torch import load_file\n", 'net.load_state_dict(load_file("model.safetensors"))'
SEMPAIRS = [
    "from pathlib import Path\n",
    "from sempairs.encoders.exported import load_export\n",
    'features = load_export(Path("."))(images)  # it normalises by itself',
]
ONNX = [
    "import onnxruntime\n",
    'session = onnxruntime.InferenceSession("model.onnx")',
    '(features,) = session.run(["features"], {"images": images})  # NumPy arrays; normalised in the graph',
]
TITLES = {"timm": "In timm", "torchvision": "In torchvision", "sempairs": "In sempairs", "onnx": "In ONNX Runtime"}


def readme(card: ExportCard, net: TimmNet | None) -> str:
    """The page of an export.

    Parameters
    ----------
    card: what it is.
    net: the network, if timm has it.
    """
    size = f"{card.size[0]} x {card.size[1]} pixels" if card.size else "any size"
    by = f"run `{card.run.name}` (settings: `run` in `export.json`)" if card.run else "no run that is known"
    lines = [
        f"# {card.encoder}\n",
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
        return {"onnx": ONNX}
    code = {"sempairs": SEMPAIRS}
    if net is not None:
        mean, std = (f"torch.tensor({values}).view(1, -1, 1, 1)" for values in (card.mean, card.std))
        use = f"features = net.eval()((images - {mean}) / {std})"
        code["timm"] = [*_timm(card, net), use]
        if net.in_torchvision:
            code["torchvision"] = [*_torchvision(card, net), use]
    return code


def _timm(card: ExportCard, net: TimmNet) -> list[str]:
    """`net` in timm, which replaces no stem by an argument."""
    arguments = "".join(f", {name}={value}" for name, value in net.arguments.items())
    if net.small_stem:
        made = f'net = timm.create_model("{net.name}"{arguments})'
        return ["import timm", "import torch", IMPORT, made, *_stem(card, net), LOAD]
    overlay: dict[str, list[float] | list[int]] = {"mean": card.mean, "std": card.std}
    if card.size is not None:
        overlay["input_size"] = [card.channels, *card.size]
    return [
        "import timm",
        "import torch\n",
        f'net = timm.create_model("{net.name}", checkpoint_path="model.safetensors"{arguments},',
        f"                        pretrained_cfg_overlay={overlay})",
    ]


def _torchvision(card: ExportCard, net: TimmNet) -> list[str]:
    """`net` in torchvision, whose ResNets take three channels."""
    stem = _stem(card, net) if net.small_stem or card.channels != 3 else []
    made = [f"net = torchvision.models.{net.name}()", "net.fc = torch.nn.Identity()"]
    return ["import torch", "import torchvision", IMPORT, *made, *stem, LOAD]


def _stem(card: ExportCard, net: TimmNet) -> list[str]:
    """The stem of a ResNet `net`, for these channels, small or not."""
    kernel = "3, padding=1" if net.small_stem else "7, stride=2, padding=3"
    conv = f"net.conv1 = torch.nn.Conv2d({card.channels}, net.conv1.out_channels, {kernel}, bias=False)"
    return [conv, "net.maxpool = torch.nn.Identity()"] if net.small_stem else [conv]
