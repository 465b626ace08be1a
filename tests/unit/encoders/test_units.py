"""Embedding and mining in work units: the same pair set whoever computes it, and whoever is killed."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from unittest import mock

import numpy as np
import pytest

from made_files import photo_folder
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec, resolve
from sempairs.core.work import Work
from sempairs.encoders import ENCODERS, units
from sempairs.encoders.extract import extract
from sempairs.encoders.mining import mine_features, seen_through
from sempairs.encoders.opening import open_encoder
from sempairs.neighbours import everyone
from sempairs.pairs.mining import MINERS
from sempairs.sources.opening import open_source

COUNT = 60
RULE = resolve(MINERS, Spec(name="mutual", options={"k": 5}))


@pytest.fixture
def opened(tmp_path):
    source = open_source(
        Spec(name="folder", options={"root": str(photo_folder(tmp_path / "photos", COUNT)), "size": 16})
    )
    encoder = open_encoder(resolve(ENCODERS, Spec(name="small-resnet")), source)
    with mock.patch.object(units, "UNIT", 16), mock.patch.object(everyone, "UNIT", 25):
        yield source, encoder


def mined(source, encoder, work, path):
    mine_features(seen_through(encoder, source, work), source, RULE).save(path)
    return path.read_bytes()


def test_features_in_units_are_those_of_one_process_but_for_float_noise(opened, tmp_path):
    source, encoder = opened
    found = units.extract_in_units(encoder, source, Work(tmp_path / "work", workers=2))
    whole = extract(encoder, source, cache=None)
    np.testing.assert_allclose(found, whole, rtol=1e-4, atol=1e-5 * np.abs(whole).max())
    assert len(list((tmp_path / "work").rglob("*.safetensors"))) == 4  # 60 images in units of 16


def test_a_local_pool_and_a_ray_cluster_mine_the_same_bytes(opened, tmp_path):
    ray = pytest.importorskip("ray")
    source, encoder = opened
    local = mined(source, encoder, Work(tmp_path / "local", workers=2), tmp_path / "local.parquet")
    alone = mined(source, encoder, Work(tmp_path / "alone", workers=1), tmp_path / "alone.parquet")
    environment = {"env_vars": {"PYTHONPATH": ":".join(sys.path), "SEMPAIRS_CACHE": os.environ["SEMPAIRS_CACHE"]}}
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env=environment)
    try:
        cluster = mined(source, encoder, Work(tmp_path / "ray", "ray"), tmp_path / "ray.parquet")
    finally:
        ray.shutdown()
    assert local == alone == cluster


def test_a_killed_command_goes_on_where_it_was_and_ends_with_the_same_bytes(tmp_path):
    photos = photo_folder(tmp_path / "photos", 300)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def command(name):
        asked = ["pairs", "mine", photos, "--features", "small-resnet", "--set", "source.size=16"]
        asked += [
            "--engine",
            "local",
            "--workers",
            "1",
            "--work",
            tmp_path / name,
            "--out",
            tmp_path / f"{name}.parquet",
        ]
        return [sys.executable, "-c", SMALL_UNITS, *map(str, asked)]

    subprocess.run(command("whole"), check=True, env=environment, capture_output=True)
    process = subprocess.Popen(command("killed"), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list((tmp_path / "killed").rglob("00002.json")):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed.parquet").exists()
    done = subprocess.run(command("killed"), check=True, env=environment, capture_output=True, text=True)
    assert "units were done before" in done.stderr
    assert (tmp_path / "killed.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


SMALL_UNITS = """
import sys
from sempairs.encoders import units
from sempairs.neighbours import everyone
units.UNIT, everyone.UNIT = 40, 100
if __name__ == "__main__":
    from sempairs.cli.main import main
    sys.argv[0] = "sempairs"
    main()
"""


def test_a_source_that_no_other_process_can_open_is_refused(opened, tmp_path):
    source, encoder = opened
    with pytest.raises(UserError, match="cannot be opened by another process"):
        units.extract_in_units(encoder, dataclasses.replace(source, spec=None), Work(tmp_path))


def test_a_worker_that_sees_other_images_says_so(opened, tmp_path):
    source, encoder = opened
    part = source.take(np.arange(30))  # its spec opens the whole
    with pytest.raises(UserError, match="other images"):
        units.extract_in_units(encoder, part, Work(tmp_path, workers=1))
