"""Annotations of VOC's and COCO's kind, whole, damaged and hostile."""

import json

import numpy as np
import pytest
from PIL import Image

from sempairs.core.errors import UserError
from sempairs.evaluation.detection.annotated import BAD_SHARE
from sempairs.evaluation.detection.opening import join, open_scenes

GOOD = 20  # images; one bad one more is below BAD_SHARE


def picture(path, width=40, height=30):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(path)


def xml(name="dog", box=(1, 1, 40, 30), difficult=0, size="<width>40</width><height>30</height>", extra=""):
    ends = "".join(f"<{k}>{v}</{k}>" for k, v in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True))
    return (
        f"<annotation><size>{size}<depth>3</depth></size>{extra}<object><name>{name}</name>"
        f"<difficult>{difficult}</difficult><bndbox>{ends}</bndbox><part><name>head</name></part></object></annotation>"
    )


@pytest.fixture
def voc(tmp_path):
    """A folder of VOC's with `GOOD` images, and what adds one more to it."""
    root, ids = tmp_path / "VOC2007", []

    def add(id, text, image=True):
        for folder in ("Annotations", "ImageSets/Main"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / "Annotations" / f"{id}.xml").write_text(text)
        if image:
            picture(root / "JPEGImages" / f"{id}.jpg")
        ids.append(id)
        listed = root / "ImageSets/Main/test.txt"
        listed.write_text("\n".join(f"{id}  1" for id in ids))
        return str(listed)

    for at in range(GOOD):
        add(f"{at:06}", xml())
    return add


def test_voc_counts_pixels_from_one_and_knows_what_is_difficult(voc):
    scenes = open_scenes(voc("last", xml("cat", (11, 6, 20, 10), difficult=1)), "test", None, 0)
    assert len(scenes) == GOOD + 1
    # Pixels 11 to 20 and 6 to 10, both counted, from 1: ten wide from 10, five high from 5.
    assert scenes.objects[-1].boxes.tolist() == [[10, 5, 20, 10]]
    assert scenes.objects[-1].ignored.tolist() == [True]
    assert scenes.objects[0].boxes.tolist() == [[0, 0, 40, 30]]  # the whole image
    assert scenes.objects[0].names == ("dog",)
    assert scenes.classes == ("cat", "dog")
    assert scenes.image(0).shape == (30, 40, 3)
    assert not scenes.left_out


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbb">]>'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOMB + xml(), "document type"),
        (xml(box=(1, 1, 60, 30)), "not inside"),
        (xml(box=(-9, 1, 40, 30)), "not inside"),
        (xml(box=(11, 1, 10, 30)), "no area"),
        (xml(box=("nan", 1, 10, 30)), "not inside"),
        (xml(box=("1e999", 1, 10, 30)), "not inside"),
        (xml(box=("ten", 1, 10, 30)), "not XML of VOC's"),
        (xml(name=" "), "without name"),
        (xml(size="<width>400</width><height>30</height>"), "was annotated"),
        (xml(extra="<filename>../../../etc/passwd</filename>"), "does not lie in the folder"),
        (xml(extra="<filename>nothing.jpg</filename>"), "cannot be read"),
        ("<annotation>", "not XML"),
        ("", "not XML"),
        ("x" * (2**20 + 1), "more than the"),
    ],
)
def test_a_damaged_annotation_leaves_its_image_out_and_says_why(voc, text, reason):
    scenes = open_scenes(voc("bad", text), "test", None, 0)
    assert len(scenes) == GOOD
    ((id, why),) = [(row.id, row.reason) for row in scenes.left_out]
    assert id == "bad"
    assert reason in why


def test_images_that_are_none_are_left_out(voc, tmp_path):
    listed = voc("bad", xml())
    (tmp_path / "VOC2007/JPEGImages/bad.jpg").write_bytes(b"not an image")
    assert "not an image" in open_scenes(listed, "test", None, 0).left_out[0].reason


def test_an_image_that_is_gone_when_it_is_needed_is_an_error(voc, tmp_path):
    scenes = open_scenes(voc("last", xml()), "test", None, 0)
    (tmp_path / "VOC2007/JPEGImages/last.jpg").unlink()
    with pytest.raises(UserError, match=r"no longer\n.*cannot be read"):
        scenes.image(GOOD)


def test_too_many_bad_ones_are_refused(voc):
    for at in range(3):  # 3 of 23 are more than a tenth
        listed = voc(f"bad{at}", xml(box=(11, 1, 10, 30)))
    assert BAD_SHARE == 0.1
    with pytest.raises(UserError, match=r"3 of 23\n.*bad0.*no area"):
        open_scenes(listed, "test", None, 0)


def test_a_sample_is_the_same_each_time_and_of_this_size(voc):
    listed = voc("last", xml())
    one, other = (open_scenes(listed, "test", 7, seed=3) for _ in range(2))
    assert len(one) == len(other) == 7
    with pytest.raises(UserError, match=r"fewer images than asked for\n.*21"):
        open_scenes(listed, "test", 22, seed=3)


@pytest.mark.parametrize("name", ["garmets", "", "somewhere.csv"])
def test_scenes_that_are_none_are_refused(name):
    with pytest.raises(UserError, match="no scenes called"):
        open_scenes(name, "test", 2, 0)


def test_a_list_that_is_none_is_refused(tmp_path):
    with pytest.raises(UserError, match="cannot read the list"):
        open_scenes(str(tmp_path / "missing.txt"), "test", None, 0)
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UserError, match="no list of VOC's"):
        open_scenes(str(tmp_path / "notes.txt"), "test", None, 0)


def test_garments_without_a_number_are_refused():
    with pytest.raises(UserError, match="as many as are asked for"):
        open_scenes("garments", "test", None, 0)


def coco(tmp_path, images=None, annotations=None, **more):
    """A folder of COCO's layout whose images have 40 x 30 pixels; category ids have gaps, as COCO's do."""
    images = images or [{"id": 10 + at, "file_name": f"{at}.png", "width": 40, "height": 30} for at in range(GOOD)]
    boxes = [{"id": 0, "image_id": 10, "category_id": 90, "bbox": [5, 10, 20, 15.5], "iscrowd": 0}]
    boxes += [{"id": 1, "image_id": 10, "category_id": 3, "bbox": [0, 0, 40, 30], "iscrowd": 1}, *(annotations or [])]
    for at in range(GOOD):
        picture(tmp_path / "val2017" / f"{at}.png")
    path = tmp_path / "annotations" / "instances_val2017.json"
    path.parent.mkdir(exist_ok=True)
    categories = [{"id": 3, "name": "car"}, {"id": 90, "name": "toothbrush"}]
    path.write_text(json.dumps({"images": images, "categories": categories, "annotations": boxes, **more}))
    return str(path)


def test_coco_boxes_have_a_corner_and_a_size_and_crowds_are_ignored(tmp_path):
    scenes = open_scenes(coco(tmp_path), "test", None, 0)
    assert scenes.objects[0].boxes.tolist() == [[5, 10, 25, 25.5], [0, 0, 40, 30]]
    assert scenes.objects[0].names == ("toothbrush", "car")
    assert scenes.objects[0].ignored.tolist() == [False, True]
    assert len(scenes) == GOOD
    assert scenes.objects[1].boxes.shape == (0, 4)  # images without objects stay
    assert scenes.image(3).shape == (30, 40, 3)


def test_a_box_half_a_pixel_over_the_border_is_cut_off_there(tmp_path):
    over = {"image_id": 11, "category_id": 3, "bbox": [10, 10, 30.5, 20.5]}
    scenes = open_scenes(coco(tmp_path, annotations=[over]), "test", None, 0)
    assert scenes.objects[1].boxes.tolist() == [[10, 10, 40, 30]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"annotations": [{"image_id": 11, "category_id": 4, "bbox": [0, 0, 1, 1]}]}, "agree with itself"),
        ({"annotations": [{"image_id": 5, "category_id": 3, "bbox": [0, 0, 1, 1]}]}, "agree with itself"),
        ({"annotations": [{"image_id": 11, "category_id": 3, "bbox": [0, 0, 1]}]}, "bbox.3: Field required"),
        ({"annotations": [{"image_id": 11, "category_id": 3, "bbox": "all"}]}, "bbox"),
        ({"categories": None}, "categories"),
    ],
)
def test_a_file_that_is_not_coco_s_is_refused(tmp_path, change, message):
    with pytest.raises(UserError, match=message):
        open_scenes(coco(tmp_path, **change), "test", None, 0)


@pytest.mark.parametrize("text", ["", "[1, 2]", "[" * 100_000, '{"images": [], "categories": [], "annotations": []}'])
def test_json_that_is_something_else_is_refused(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"is not JSON as COCO's|agree with itself"):
        open_scenes(str(path), "test", None, 0)


def test_files_outside_the_folder_and_boxes_without_area_are_left_out(tmp_path):
    picture(tmp_path / "secret.png")
    flat = {"image_id": 12, "category_id": 3, "bbox": [5, 5, 10, 0]}
    listed = [{"id": 10 + at, "file_name": f"{at}.png", "width": 40, "height": 30} for at in range(GOOD)]
    listed.append({"id": 99, "file_name": "../secret.png", "width": 40, "height": 30})
    scenes = open_scenes(coco(tmp_path, listed, [flat]), "test", None, 0)
    reasons = {row.id: row.reason for row in scenes.left_out}
    assert "does not lie in the folder" in reasons["99"]
    assert "no area" in reasons["2.png"]
    assert len(scenes) == GOOD - 1


def test_several_sets_are_one(tmp_path, voc):
    first, second = open_scenes(voc("last", xml("cat")), "train", None, 0), open_scenes(coco(tmp_path), "train", 5, 0)
    both = join([first, second])
    assert len(both) == len(first) + 5
    assert both.objects[len(first)] is second.objects[0]
    assert np.array_equal(both.image(len(first) + 4), second.image(4))
    assert set(both.classes) == set(first.classes) | set(second.classes)
    assert both.name == "test.txt and instances_val2017.json"
