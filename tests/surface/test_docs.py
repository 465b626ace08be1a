"""The README, the guide and the examples run as they are written, on a small folder of photographs."""

import re
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from lightly.transforms import SimCLRTransform
from PIL import Image
from torchvision.transforms import v2

from made_frameworks import FullTransformPipeline, MultiViewTransform, NCropAugmentation, OfImage
from sempairs.cli.main import app
from sempairs.core.seeds import rng
from sempairs.pairs.rules import same_class
from sempairs.sources.opening import open_source

ROOT = Path(__file__).parents[2]
STUDY = """
title = "photos"
seeds = [0, 1]
baseline = "augmented"
pool = { source = { name = "folder", root = "photos", size = 16 } }
training = { passes = 1, batch_size = 32 }
[arms]
augmented = { about = "an image with itself", rule = { name = "identity" } }
semantic = { about = "an image with another of its class", rule = { name = "class" } }
[methods]
simclr = { name = "simclr" }
[encoders]
small = { name = "small-resnet", width = 4 }
[views]
crops = { name = "crop-only" }
[evaluate.digits]
title = "photos"
train = { source = { name = "folder", root = "photos", size = 16 }, images = 150 }
with = [{ name = "knn", k = 5 }]
"""

EXAMPLES = {
    "judging_program": ["photos"],
    "lightly_pairs": ["photos"],
    "own_folder": ["photos", "runs"],
    "own_method": ["runs"],
    "own_network": [],
}


def commands(page: str) -> list[str]:
    """The sempairs commands of a page's shell blocks."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("sempairs ")]


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """300 photos of 16 x 16 pixels in 3 classes; a table, a tar file and a study of them, in the working folder."""
    monkeypatch.chdir(tmp_path)
    random = rng("documentation photos")
    rows = ["image,label,patient_id"]
    for number in range(300):
        label = number % 3
        folder = tmp_path / "photos" / ("bag", "coat", "shoe")[label]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 80, (16, 16, 3), dtype=np.uint8)
        pixels[:, :, label] += 120
        Image.fromarray(pixels).save(folder / f"{number:03}.png")
        rows.append(f"photos/{folder.name}/{number:03}.png,{folder.name},p{number // 9:02}")
    Path("photos.csv").write_text("\n".join(rows))
    with tarfile.open("photos.tar", "w") as tar:
        tar.add("photos")
    Path("study.toml").write_text(STUDY)


@pytest.mark.parametrize("page", ["README.md", "docs/guide.md", "docs/training.md"])
def test_every_command_of_a_page_works(page, photos, capfd):
    found = commands(page)
    assert len(found) >= 3
    for command in found:
        # Fewer passes than a reader would want: the test asks whether it runs.
        words = re.sub(r"passes=\d+", "passes=1", command).split()[1:]
        if words[0] == "train":
            words += ["--set", "encoder.width=4"]
        with pytest.raises(SystemExit) as exit:
            app(words)
        out, err = capfd.readouterr()
        assert not exit.value.code, f"{command}\n{out}{err}"


@pytest.mark.parametrize(("file", "arguments"), EXAMPLES.items())
def test_every_example_runs(file, arguments, photos):
    script = ROOT / "examples" / f"{file}.py"
    done = subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_every_example_is_tested():
    assert {path.stem for path in (ROOT / "examples").glob("*.py")} == set(EXAMPLES)


def test_the_pairs_of_the_page_go_into_every_framework(photos):
    """Each Python block, with a transform as its framework has it; the images are of 16 x 16 pixels."""
    same_class(open_source({"name": "folder", "root": "photos"})).save(Path("class.parquet"))
    one = v2.Compose([v2.Resize(16), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
    transforms = {
        "PairDataset": one,
        "LightlyPairs": SimCLRTransform(input_size=16),
        "SoloLearnPairs": FullTransformPipeline([NCropAugmentation(one, 2)]),
        "StablePretrainingPairs": MultiViewTransform([OfImage(one), OfImage(one)]),
    }
    text = (ROOT / "docs/frameworks.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == len(transforms)
    for block in blocks:
        (adapter,) = re.findall(r"from sempairs.interop import (\w+)", block)
        names = {"transform": transforms[adapter]}
        exec(compile(block, "docs/frameworks.md", "exec"), names)
        for view in names["x0"], names["x1"]:
            assert view.shape == (64, 3, 16, 16)


def test_every_local_link_leads_somewhere():
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_pins_are_names_and_versions_only():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if line[0] != "#")
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    names = {re.split(r"[\[><=]", requirement)[0] for requirement in wanted}
    assert names <= {name.lower().replace("_", "-") for name in pins}
    assert all(re.fullmatch(r"[\w.]+", version) for version in pins.values())
