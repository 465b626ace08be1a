"""A damaged encoder on disk is named, never loaded."""

import json

import pytest
import torch

from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.encoders.files import load_encoder, save_encoder
from sempairs.encoders.small_resnet import SmallResNet


@pytest.fixture
def folder(tmp_path):
    save_encoder(SmallResNet(1, width=4), Spec(name="small-resnet", options={"width": 4}), tmp_path / "saved")
    return tmp_path / "saved"


def edit(folder, **changes):
    card = json.loads((folder / "encoder.json").read_text())
    (folder / "encoder.json").write_text(json.dumps(card | changes))


def test_the_card_says_what_is_needed(folder):
    card = json.loads((folder / "encoder.json").read_text())
    assert card.pop("sha256")
    assert card == {
        "schema_version": 1,
        "encoder": {"name": "small-resnet", "options": {"width": 4}},
        "channels": 1,
        "dim": 16,  # 4 x width
    }
    assert {path.name for path in folder.iterdir()} == {"encoder.json", "encoder.safetensors"}


def test_a_missing_folder(tmp_path):
    with pytest.raises(UserError, match="cannot read"):
        load_encoder(tmp_path / "nowhere")


def test_missing_weights(folder):
    (folder / "encoder.safetensors").unlink()
    with pytest.raises(UserError, match=r"cannot read .*encoder\.safetensors"):
        load_encoder(folder)


def test_one_changed_bit_in_the_weights(folder):
    data = bytearray((folder / "encoder.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "encoder.safetensors").write_bytes(data)
    with pytest.raises(UserError, match="is not the file that"):
        load_encoder(folder)


def test_a_newer_schema(folder):
    edit(folder, schema_version=2)
    with pytest.raises(UserError, match="schema version"):
        load_encoder(folder)


@pytest.mark.parametrize("changes", [{"channels": "one"}, {"encoder": "small-resnet"}, {"code": "import os"}])
def test_a_card_that_is_none(folder, changes):
    edit(folder, **changes)
    with pytest.raises(UserError, match="does not describe an encoder"):
        load_encoder(folder)


def test_a_card_that_is_a_list(folder):
    (folder / "encoder.json").write_text("[]")
    with pytest.raises(UserError, match="does not describe an encoder"):
        load_encoder(folder)


def test_weights_of_another_width(folder):
    edit(folder, encoder={"name": "small-resnet", "options": {"width": 8}})
    with pytest.raises(UserError, match="do not fit"):
        load_encoder(folder)


def test_an_unknown_encoder_is_answered_with_the_nearest(folder):
    edit(folder, encoder={"name": "small-resent", "options": {}})
    with pytest.raises(UserError, match="did you mean 'small-resnet'"):
        load_encoder(folder)


def test_frozen_and_shared_weights_can_be_saved(tmp_path):
    encoder = SmallResNet(1, width=4).requires_grad_(False)
    encoder.blocks[0].norm2.bias = encoder.blocks[0].norm1.bias  # safetensors refuses shared memory by itself
    save_encoder(encoder, Spec(name="small-resnet", options={"width": 4}), tmp_path)
    assert torch.equal(load_encoder(tmp_path).blocks[0].norm2.bias, encoder.blocks[0].norm1.bias)
