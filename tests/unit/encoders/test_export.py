"""Exported weights give the encoder's features in timm, in torchvision and in sempairs, by the lines of the README."""

import json
import re

import pytest
import timm
import torch
import torchvision
from safetensors.torch import load_file

from made_runs import made_encoder, made_run
from sempairs.core.errors import UserError
from sempairs.core.files import hash_of
from sempairs.core.settings import Spec
from sempairs.encoders.export import export
from sempairs.encoders.export_timm import IN_TORCHVISION
from sempairs.encoders.exported import load_export
from sempairs.encoders.extract import encoder_id
from sempairs.encoders.files import save_encoder

SMALL = Spec(name="small-resnet", options={"width": 4})
RESNET = Spec(name="timm", options={"model": "resnet18"})
MOBILE = Spec(name="timm", options={"model": "mobilenetv3_small_050"})
# Name: encoder, channels, side of the images, programs of the README.
CASES = {
    "small-resnet": (SMALL, 1, 28, ["sempairs"]),
    "resnet18": (RESNET, 3, 40, ["sempairs", "timm", "torchvision"]),
    "one channel": (
        Spec(name="timm", options={"model": "resnet18.a1_in1k"}), 1, 40, ["sempairs", "timm", "torchvision"]
    ),
    "small stem": (
        Spec(name="timm", options={"model": "resnet18", "small_stem": True}), 3, 24, ["sempairs", "timm", "torchvision"]
    ),
    "vit": (
        Spec(name="timm", options={"model": "vit_tiny_patch16_224", "image_size": 28, "patch_size": 7}),
        1, 28, ["sempairs", "timm"],
    ),
    "efficientnet-lite0": (
        Spec(name="efficientnet-lite0", options={"pretrained": False, "size": 40}), 3, 40, ["sempairs", "timm"]
    ),
}  # fmt: skip


def blocks(folder):
    """The Python of a README, by program."""
    found = re.findall(r"^## In (.*?)\n\n```python\n(.*?)```", (folder / "README.md").read_text(), re.M | re.S)
    return {program: code for program, code in found}


def features_by(folder, program, images, monkeypatch):
    """What the README's block for a program gives, run in its folder."""
    names = {"images": images}
    with monkeypatch.context() as patch, torch.inference_mode():
        patch.chdir(folder)
        exec(compile(blocks(folder)[program], f"README.md, {program}", "exec"), names)
    return names["features"]


def some_images(channels, size):
    return torch.rand(3, channels, size, size, generator=torch.Generator().manual_seed(1))


def equal(one, other, within=1e-6):
    """To a share of the largest feature: kernels for other memory layouts add in another order."""
    assert (one - other).abs().max() <= within * other.abs().max()


@pytest.mark.parametrize("case", CASES)
def test_every_program_of_the_readme_gives_the_same_features(case, tmp_path, monkeypatch):
    spec, channels, size, programs = CASES[case]
    folder, encoder = made_run(tmp_path / "runs", spec, channels)
    export(folder, tmp_path / "out", "safetensors")
    images = some_images(channels, size)
    with torch.inference_mode():
        wanted = encoder(images)
    assert list(blocks(tmp_path / "out")) == programs
    # Measured 4e-7 at most, and 2.3e-6 for the 49 convolutions of EfficientNet-Lite0.
    within = 1e-5 if case == "efficientnet-lite0" else 1e-6
    for program in programs:
        equal(features_by(tmp_path / "out", program, images, monkeypatch), wanted, within)
    assert encoder_id(load_export(tmp_path / "out")) == encoder_id(encoder)


@pytest.mark.parametrize("case", ["one channel", "vit"])
def test_timm_opens_the_folder_by_its_config(case, tmp_path):
    spec, channels, size, _ = CASES[case]
    folder, encoder = made_run(tmp_path / "runs", spec, channels)
    card = export(folder, tmp_path / "out", "timm", size=size)
    net = timm.create_model(f"local-dir:{tmp_path / 'out'}", pretrained=True).eval()
    data = timm.data.resolve_model_data_config(net)
    assert data["input_size"] == (channels, size, size)
    assert (list(data["mean"]), list(data["std"])) == (card.mean, card.std)
    images = some_images(channels, size)
    with torch.inference_mode():
        equal(net((images - encoder.mean) / encoder.std), encoder(images))


def test_the_readme_tells_timm_how_images_are_prepared(tmp_path, monkeypatch):
    folder, _ = made_run(tmp_path / "runs", RESNET, 3, size=40)
    export(folder, tmp_path / "out", "timm")
    names = {"images": some_images(3, 40)}
    monkeypatch.chdir(tmp_path / "out")
    exec(blocks(tmp_path / "out")["timm"], names)
    config = names["net"].pretrained_cfg
    assert config["input_size"] == [3, 40, 40]
    assert config["mean"] == pytest.approx((0.485, 0.456, 0.406))  # ImageNet's, which timm's resnet18 has


@pytest.mark.parametrize("name", IN_TORCHVISION)
def test_torchvisions_networks_are_timms(name):
    """The same tensors, and the same convolutions and norms."""

    def parts(net):
        return {
            name: (part.stride, part.padding, part.dilation, part.groups)
            if isinstance(part, torch.nn.Conv2d)
            else part.eps
            for name, part in net.named_modules()
            if isinstance(part, torch.nn.Conv2d | torch.nn.BatchNorm2d)
        }

    with torch.device("meta"):
        one, other = timm.create_model(name), torchvision.models.get_model(name)
    assert parts(one) == parts(other)
    shapes = [{name: tensor.shape for name, tensor in net.state_dict().items()} for net in (one, other)]
    assert shapes[0] == shapes[1]


def test_torchvisions_resnet50_is_timms():
    """The blocks with bottlenecks put their strides where timm does; those of resnet18 are above."""
    encoder = made_encoder(Spec(name="timm", options={"model": "resnet50"}), 3)
    with torch.device("meta"):
        net = torchvision.models.resnet50()
    net.fc = torch.nn.Identity()
    net.load_state_dict(encoder.network.state_dict(), assign=True)
    images = some_images(3, 40)
    with torch.inference_mode():
        equal(net.eval()(images), encoder.features(images))


def test_the_card_says_where_the_encoder_comes_from(tmp_path):
    folder, _ = made_run(tmp_path / "runs", MOBILE, 3, size=48)
    export(tmp_path / "runs", tmp_path / "out", "timm")  # a folder with one run
    card = json.loads((tmp_path / "out" / "export.json").read_text())
    settings = json.loads((folder / "settings.json").read_text())
    assert card["run"] == {"name": folder.name, "settings": settings, "versions": {"torch": "of the training"}}
    assert folder.name == hash_of(settings)
    assert card["versions"]["torch"] == torch.__version__.partition("+")[0]
    assert (card["channels"], card["size"], card["dim"]) == (3, [48, 48], 1024)  # the size is that of the views
    assert card["started_from"] == "random weights"
    assert set(card["files"]) == {"model.safetensors", "config.json", "README.md"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*card["files"], "export.json"}
    assert "classifier.weight" not in load_file(tmp_path / "out" / "model.safetensors")


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (SMALL, "random weights"),
        (Spec(name="pca", options={"dim": 2, "side": 4}), "nothing: .*"),
        (Spec(name="efficientnet-lite0", options={"pretrained": True}), "the ImageNet weights .* Apache-2.0.*"),
        (
            Spec(name="timm", options={"model": "mobilenetv3_small_050.lamb_in1k", "pretrained": True}),
            r"timm's mobilenetv3_small_050\.lamb_in1k \(licence: apache-2\.0\)",
        ),
    ],
)
def test_what_the_training_started_from(spec, text, tmp_path):
    # The card decides: what timm would fetch is not needed, since an encoder on disk has its own weights.
    options = {name: False if name == "pretrained" else value for name, value in spec.options.items()}
    save_encoder(made_encoder(Spec(name=spec.name, options=options), 3), spec, tmp_path / "encoder")
    card = export(tmp_path / "encoder", tmp_path / "out", "safetensors")
    assert re.fullmatch(text, card.started_from)
    assert card.run is None


def test_a_run_that_went_on_from_another_names_it(tmp_path):
    folder, _ = made_run(tmp_path / "runs", SMALL, 1, start="0123456789abcdef")
    assert export(folder, tmp_path / "out", "safetensors").started_from == "the encoder of run 0123456789abcdef"


def test_the_same_run_gives_the_same_bytes(tmp_path):
    folder, _ = made_run(tmp_path / "runs", MOBILE, 3)
    for place in ("one", "other"):
        export(folder, tmp_path / place, "timm")
        folder = folder.rename(tmp_path / "moved")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes()


def test_an_export_can_be_exported_again(tmp_path):
    folder, _ = made_run(tmp_path / "runs", MOBILE, 3)
    export(folder, tmp_path / "one", "timm")
    export(tmp_path / "one", tmp_path / "other", "timm")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes()


def test_an_export_is_replaced_only_when_asked_and_other_files_never(tmp_path):
    folder, _ = made_run(tmp_path / "runs", MOBILE, 3)
    out = tmp_path / "out"
    export(folder, out, "timm")
    with pytest.raises(UserError, match="--force"):
        export(folder, out, "safetensors")
    export(folder, out, "safetensors", force=True)
    assert {path.name for path in out.iterdir()} == {"model.safetensors", "README.md", "export.json"}
    (out / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"other files\n.*notes\.txt"):
        export(folder, out, "safetensors", force=True)
    with pytest.raises(UserError, match="other files"):
        export(folder, folder, "safetensors", force=True)
    with pytest.raises(UserError, match="is a file"):
        export(folder, out / "notes.txt", "safetensors", force=True)


def test_a_disk_that_fills_up_leaves_no_whole_export(tmp_path, monkeypatch):
    folder, _ = made_run(tmp_path / "runs", SMALL, 1)

    def full(handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("sempairs.core.files.os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            export(folder, tmp_path / "out", "safetensors")
    assert list((tmp_path / "out").iterdir()) == []
    export(folder, tmp_path / "out", "safetensors")


@pytest.mark.parametrize(
    ("spec", "channels", "format", "message"),
    [
        (SMALL, 1, "timm", "timm does not have this network"),
        (SMALL, 1, "torchvision", "torchvision does not have this network"),
        (CASES["vit"][0], 1, "torchvision", "torchvision does not have this network"),
        (CASES["efficientnet-lite0"][0], 1, "timm", "timm does not have this network"),
        (SMALL, 1, "onnx", "one size of images"),
        (SMALL, 1, "safetensor", "did you mean 'safetensors'"),
    ],
)
def test_formats_that_cannot_hold_an_encoder(spec, channels, format, message, tmp_path):
    folder, _ = made_run(tmp_path / "runs", spec, channels)
    with pytest.raises(UserError, match=message):
        export(folder, tmp_path / "out", format)
    assert not (tmp_path / "out").exists()


def test_a_network_of_one_size_has_no_other(tmp_path):
    folder, _ = made_run(tmp_path / "runs", CASES["vit"][0], 1, size=64)
    assert export(folder, tmp_path / "out", "timm").size == [28, 28]
    with pytest.raises(UserError, match="28 x 28 pixels only"):
        export(folder, tmp_path / "other", "timm", size=32)


def test_a_card_that_names_no_model(tmp_path):
    folder, _ = made_run(tmp_path / "runs", SMALL, 1)
    export(folder, tmp_path / "out", "safetensors")
    card = json.loads((tmp_path / "out" / "export.json").read_text()) | {"encoder": {"name": "timm", "options": {}}}
    (tmp_path / "out" / "export.json").write_text(json.dumps(card))
    with pytest.raises(UserError, match="model: field required"):
        load_export(tmp_path / "out")
