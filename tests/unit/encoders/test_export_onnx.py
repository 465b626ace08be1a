"""The ONNX graph gives the encoder's features in ONNX Runtime, for any batch."""

import json
import sys

import onnx
import onnxruntime
import pytest
import torch

from made_runs import made_run
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.encoders import export_onnx
from sempairs.encoders.export import export
from sempairs.encoders.exported import load_export

SMALL = Spec(name="small-resnet", options={"width": 4})
RESNET = Spec(name="timm", options={"model": "resnet18", "small_stem": True})
VIT = Spec(name="timm", options={"model": "test_vit", "image_size": 32})  # six blocks of 64 channels


def features_equal(out, encoder, card):
    """ONNX Runtime's features of two batches are torch's."""
    session = onnxruntime.InferenceSession(out / "model.onnx")
    assert session.get_inputs()[0].shape == ["n", card.channels, *card.size]
    for n in (1, 5):
        images = torch.rand(n, card.channels, *card.size)
        with torch.inference_mode():
            wanted = encoder(images).numpy()
        (features,) = session.run(["features"], {"images": images.numpy()})
        # Measured 9e-7 of the largest feature at most: a norm is folded into its convolution, which rounds otherwise.
        assert abs(features - wanted).max() <= 1e-5 * abs(wanted).max()


@pytest.mark.parametrize(("spec", "channels", "size"), [(RESNET, 3, 16), (VIT, 1, None)], ids=["resnet18", "vit"])
def test_features_equal_torchs(spec, channels, size, tmp_path):
    folder, encoder = made_run(tmp_path / "runs", spec, channels)
    card = export(folder, tmp_path / "out", "onnx", size=size)
    features_equal(tmp_path / "out", encoder, card)


def test_small_resnet_and_that_the_same_run_gives_the_same_bytes(tmp_path):
    folder, encoder = made_run(tmp_path / "runs", SMALL, 1, size=12)
    card = export(folder, tmp_path / "one", "onnx")
    features_equal(tmp_path / "one", encoder, card)
    export(folder, tmp_path / "other", "onnx")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes()
    content = (tmp_path / "one" / "model.onnx").read_bytes()
    assert b".py" not in content  # torch notes the lines of Python that made each node
    notes = {note.key: json.loads(note.value) for note in onnx.load_from_string(content).metadata_props}
    assert notes["size"] == [12, 12]
    assert notes["mean"] == [0.5]  # small-resnet's
    assert notes["run"]["name"] == folder.name
    with pytest.raises(UserError, match="as onnx, which sempairs does not read back"):
        load_export(tmp_path / "one")


def test_onnx_that_is_not_installed(tmp_path, monkeypatch):
    folder, _ = made_run(tmp_path / "runs", SMALL, 1, size=12)
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(UserError, match=r"sempairs\[export\]"):
        export(folder, tmp_path / "out", "onnx")
    assert not (tmp_path / "out").exists()


def test_weights_that_one_file_cannot_hold(tmp_path, monkeypatch):
    folder, _ = made_run(tmp_path / "runs", SMALL, 1, size=12)
    monkeypatch.setattr(export_onnx, "MOST_BYTES", 1000)
    with pytest.raises(UserError, match="too large for one ONNX file"):
        export(folder, tmp_path / "out", "onnx")


def test_an_encoder_that_has_no_graph(tmp_path):
    """That of pca asks whether it was fitted, which is a branch on a value."""
    folder, _ = made_run(tmp_path / "runs", Spec(name="pca", options={"dim": 2, "side": 4}), 1, size=4)
    with pytest.raises(UserError, match="cannot be written as ONNX"):
        export(folder, tmp_path / "out", "onnx")
