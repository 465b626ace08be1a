"""What changing one factor does to a picture."""

import numpy as np
import pytest

from sempairs.core.errors import UserError
from sempairs.sources.shapes import CONTENT, STYLE, draw_factors, render
from sempairs.sources.shapes.renderer import COUNTS
from sempairs.sources.shapes.scene import COSINE, SINE, scene_of
from sempairs.sources.shapes.solids import SOLIDS
from sempairs.sources.shapes.surface import see_solid

NAMES = list(SOLIDS)
STILL = {
    "shape": 0, "bands": 0, "x": 0.0, "y": 0.0, "yaw": 20.0, "pitch": 10.0, "roll": -5.0, "size": 0.6, "hue": 0.1,
    "background": 0, "background_scale": 3.0, "background_hue": 0.6, "light_azimuth": -60.0, "light_elevation": 45.0,
    "light_strength": 1.0,
}  # fmt: skip


def table(**changed) -> dict[str, np.ndarray]:
    """The still scene, with some factors that vary over the images."""
    n = max([len(values) for values in changed.values()], default=1)
    return {name: np.array(changed.get(name, [value] * n)) for name, value in STILL.items()}


def cover(factors: dict[str, np.ndarray], size: int = 64) -> np.ndarray:
    """Where the solid is, 0 to 1, for images of one shape."""
    solid = SOLIDS[NAMES[factors["shape"][0]]]
    seen = see_solid(scene_of(factors, solid, size), solid.distance)
    mask = np.zeros((len(factors["x"]), size, size))
    mask.flat[seen.places] = seen.cover
    return mask


@pytest.mark.parametrize("shape", range(len(SOLIDS)))
@pytest.mark.parametrize("name", [*CONTENT, *STYLE])
def test_every_factor_is_seen(name, shape):
    if name == "shape":
        values = [shape, (shape + 1) % len(SOLIDS)]
    else:
        values = [0, 1] if name in COUNTS else np.array([0.3, 0.6]) * (STYLE[name].high - STYLE[name].low)
    changed = {"shape": [shape] * 2, "bands": [2, 2], "background": [1, 1], name: values}
    if name != "shape" and name not in COUNTS:
        changed[name] = STYLE[name].low + values
    one, other = render(table(**changed)).astype(int)
    assert (np.abs(one - other).max(axis=-1) > 8).sum() > 20


def test_the_content_code_does_not_touch_the_background():
    one, other = render(table(bands=[0, 3]))
    np.testing.assert_array_equal(one[cover(table())[0] == 0], other[cover(table())[0] == 0])


def test_another_background_leaves_the_solid_as_it_is():
    images = render(table(background=range(6), background_hue=np.linspace(0, 0.9, 6)))
    inside = cover(table())[0] == 1
    assert inside.sum() > 300
    assert (images[:, inside] == images[0, inside]).all()


def test_a_sphere_covers_its_disc():
    """Area π (0.82 r)²; a pixel's half width of soft rim is added outside."""
    sizes = np.array([0.45, 0.5, 0.6, 0.7])
    area = cover(table(size=sizes), 128).sum(axis=(1, 2)) * (2 / 128) ** 2
    np.testing.assert_allclose(area, np.pi * (0.82 * sizes + 0.5 * 2 / 128) ** 2, rtol=0.005)


@pytest.mark.parametrize("shape", range(len(SOLIDS)))
def test_a_larger_size_covers_more(shape):
    sizes = np.linspace(STYLE["size"].low, STYLE["size"].high, 6)
    assert (np.diff(cover(table(shape=[shape] * 6, size=sizes)).sum(axis=(1, 2))) > 10).all()


@pytest.mark.parametrize("shape", range(len(SOLIDS)))
def test_a_position_moves_the_solid_and_nothing_else(shape):
    x, y = np.array([0, 0.25, -0.25, 0.0]), np.array([0, 0.125, 0.0, -0.25])  # whole pixels: 8 are 0.25
    mask = cover(table(shape=[shape] * 4, x=x, y=y))
    for moved, right, up in zip(mask[1:], x[1:] * 32, y[1:] * 32, strict=True):
        back = np.roll(moved, (round(up), -round(right)), axis=(0, 1))
        # A ray that grazes the solid for long may end an ulp and a step elsewhere.
        assert (np.abs(back - mask[0]) > 0.02).sum() <= 2


def test_light_falls_from_its_side():
    images = render(table(light_azimuth=[-60, 60])).astype(float).sum(axis=-1)
    inside = cover(table())[0] == 1
    left, right = inside & (np.arange(64) < 32), inside & (np.arange(64) >= 32)
    assert images[0, left].mean() > images[0, right].mean() + 60
    assert images[1, right].mean() > images[1, left].mean() + 60


def test_stronger_light_is_nowhere_darker():
    images = render(table(light_strength=[0.6, 0.8, 1.0, 1.2])).astype(int)
    assert (np.diff(images, axis=0) >= 0).all()
    assert (np.diff(images.mean(axis=(1, 2, 3))) > 3).all()


def test_the_shadow_falls_away_from_the_light():
    """Against the same floor with the light at the other side: the darker side is the one without the light."""
    images = render(table(light_azimuth=[-90, 90])).astype(int).sum(axis=-1)
    darker = (images[0] < images[1] - 30) & (cover(table())[0] == 0)
    column = np.nonzero(darker)[1]
    assert len(column) > 50
    assert column.mean() > 36


def test_hue_turns_the_colour_of_the_solid_and_of_nothing_far_from_it():
    hues = np.arange(12) / 12
    images = render(table(hue=hues)).astype(float) / 255
    inside = cover(table())[0] == 1
    red, green, blue = np.moveaxis((images[:, inside] ** 2).mean(axis=1), -1, 0)
    # Angle in the plane of grey: the order of hues on any colour wheel.
    angle = np.unwrap(np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue))
    assert (np.diff(angle) > 0.1).all()
    assert np.pi < angle[-1] - angle[0] < 2 * np.pi
    assert (images[:, cover(table())[0] == 0] == images[0][cover(table())[0] == 0]).all()


def test_a_solid_stands_on_the_floor():
    """The lowest point on its surface is as far below the centre as the scene says, whatever the pose."""
    factors = {name: values for name, values in draw_factors(200, 0, "independent", 0.5).items()}
    for number, solid in enumerate(SOLIDS.values()):
        part = {name: values[factors["shape"] == number] for name, values in factors.items()}
        scene = scene_of(part, solid, 16)
        lowest = -scene.above * scene.height
        np.testing.assert_allclose((scene.above**2).sum(axis=0), 1, atol=1e-6)
        foot = scene.foot
        np.testing.assert_allclose((foot * scene.above).sum(axis=0), -scene.height, atol=1e-5)
        assert (solid.distance(*lowest) > -1e-4).all()  # nothing of it is below the floor


def test_the_camera_is_a_right_angled_frame():
    scene = scene_of(draw_factors(50, 0, "independent", 0.5), SOLIDS["sphere"], 16)
    camera = np.stack([scene.right, scene.up, -scene.forward])  # x, y, z
    np.testing.assert_allclose(np.einsum("ain,bin->nab", camera, camera), np.tile(np.eye(3), (50, 1, 1)), atol=1e-6)
    np.testing.assert_allclose(np.linalg.det(np.moveaxis(camera, -1, 0)), 1, atol=1e-6)
    np.testing.assert_allclose((scene.up * scene.above).sum(axis=0), COSINE, atol=1e-6)
    np.testing.assert_allclose((scene.forward * scene.above).sum(axis=0), -SINE, atol=1e-6)


def test_an_image_has_the_same_bytes_in_any_batch():
    factors = draw_factors(60, 7, "independent", 0.5)
    whole = render(factors, 32)
    for chunk in (1, 7, 25):
        parts = [render({k: v[s : s + chunk] for k, v in factors.items()}, 32) for s in range(0, 60, chunk)]
        np.testing.assert_array_equal(np.concatenate(parts), whole)
    backwards = render({name: values[::-1] for name, values in factors.items()}, 32)
    np.testing.assert_array_equal(backwards[::-1], whole)


def test_no_images():
    assert render({name: values[:0] for name, values in table().items()}, 16).shape == (0, 16, 16, 3)


@pytest.mark.parametrize(
    ("name", "values", "problem"),
    [
        ("hue", None, "'hue' is missing"),
        ("hue", np.array([np.nan]), "'hue' cannot be drawn"),
        ("hue", np.array([0.1, 0.2]), "'hue' cannot be drawn"),
        ("shape", np.array([8]), "'shape' has no such value"),
        ("bands", np.array([1.5]), "'bands' has no such value"),
    ],
)
def test_wrong_factors_are_refused(name, values, problem):
    factors = table()
    if values is None:
        del factors[name]
    else:
        factors[name] = values
    with pytest.raises(UserError, match=problem):
        render(factors)
