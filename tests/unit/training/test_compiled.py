"""Compiled passes give what plain ones give; without a compiler the training says so before its first step."""

import os
import shutil
import subprocess
import sys

import pytest
import torch

from made_views import made
from sempairs.core.errors import UserError
from sempairs.training.compiled import compile_passes

# In processes of their own: the run-time checks of shapes in pytest are not for the compiler. Two views of 8 pairs,
# 3 steps of SGD: plain; compiled; compiled and taken up again from a checkpoint after 1 step.
PROGRAM = """
import sys, tempfile
from pathlib import Path
import torch
sys.path.insert(0, {tests!r})
from made_views import known, views
from sempairs.encoders.files import load_encoder, save_encoder
from sempairs.nn.known import Known
from sempairs.training import distributed
from sempairs.training.settings import TrainSettings
from sempairs.training.state import TrainState

def fresh(compile):
    settings = TrainSettings.resolve({{
        "method": {{"name": {method!r}, "hidden": 16, "embedding": 8}},
        "encoder": {{"name": "small-resnet", "width": 4}},
        "training": {{"optimizer": "sgd", "lr": 0.05, "compile": compile}},
    }})
    state = TrainState.fresh(settings, 1, 3, torch.device("cpu"))
    state.method.train()
    return settings, state

def go_on(state, rank, world):
    part = slice(rank * 8 // world, (rank + 1) * 8 // world)
    while state.step < 3:
        about = known()
        mine = tuple(view[part] for view in views(state.step))
        state.advance(mine, Known(about.group[part], about.label[part]), 3)

def main(rank, world, folder):
    torch.set_num_threads(1)
    if world > 1:
        torch.distributed.init_process_group("gloo", init_method=f"file://{{folder}}/meet", rank=rank, world_size=world)
    found = []
    for compile in (False, True):
        settings, state = fresh(compile)
        go_on(state, rank, world)
        found.append(state.method.state_dict())
    plain, compiled = found
    assert plain.keys() == compiled.keys()
    for name in plain:  # float32, in which the compiler fuses and reorders sums
        torch.testing.assert_close(compiled[name], plain[name], rtol=1e-4, atol=1e-5)
    assert not all(torch.equal(compiled[name], plain[name]) for name in plain), "nothing was compiled"
    if world == 1:
        save_encoder(state.method.encoder, settings.encoder, Path(folder))
        exported = load_encoder(Path(folder)).state_dict()
        assert all(torch.equal(exported[name], value) for name, value in state.method.encoder.state_dict().items())
        _, first = fresh(True)
        first.advance(views(0), known(), 3)
        torch.save(first.dump(), folder + "/saved")
        _, second = fresh(True)
        second.restore(torch.load(folder + "/saved", weights_only=True))
        go_on(second, rank, world)
        again = second.method.state_dict()
        assert all(torch.equal(again[name], compiled[name]) for name in compiled)
    else:
        torch.distributed.destroy_process_group()

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        if {world} == 1:
            main(0, 1, folder)
        else:
            torch.multiprocessing.spawn(main, ({world}, folder), nprocs={world})
    print("equal")
"""

needs_compiler = pytest.mark.skipif(
    shutil.which(os.environ.get("CXX", "g++")) is None, reason="no C++ compiler on this machine"
)


def finished(tmp_path, method: str, world: int, **environment: str) -> subprocess.CompletedProcess[str]:
    program = tmp_path / "program.py"
    tests = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    program.write_text(PROGRAM.format(tests=tests, method=method, world=world))
    env = os.environ | {"OMP_NUM_THREADS": "1"} | environment
    return subprocess.run([sys.executable, program], capture_output=True, text=True, env=env, timeout=900)


@pytest.mark.slow  # half a minute and more of compiling each
@needs_compiler
@pytest.mark.parametrize(("method", "world"), [("simclr", 1), ("byol", 1), ("simclr", 2)])
def test_a_compiled_training_is_the_plain_one(tmp_path, method, world):
    done = finished(tmp_path, method, world)
    assert done.stdout == "equal\n", done.stderr


@pytest.mark.slow  # the import of the compiler alone
def test_a_machine_without_a_compiler_is_named_before_the_first_step(tmp_path):
    done = finished(tmp_path, "simclr", 1, CXX="no-such-compiler", TORCHINDUCTOR_CACHE_DIR=str(tmp_path / "cache"))
    assert "UserError: torch cannot compile on this machine" in done.stderr
    assert "set training.compile = false" in done.stderr


def test_a_compiler_that_fails_is_a_user_error_and_leaves_the_method_alone(monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("no compiler found\nwith a long story")

    monkeypatch.setattr(torch, "compile", broken)
    method = made("simclr")
    with pytest.raises(UserError, match=r"cannot compile on this machine(?s:.*)no compiler found"):
        compile_passes(method, torch.device("cpu"))
    assert "forward" not in vars(method)
