"""The corruptions of arXiv 1903.12261 one image at a time, in float64, as their published definitions read.

Images are `[h, w, c]`; what is random is given. Nothing is rounded to bytes on the way.
"""

import colorsys

import numpy as np
from PIL import Image
from scipy import ndimage


def defocus_blur(image, radius, softness):
    reach, taps = (8, 1) if radius <= 8 else (int(radius), 2)
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    for i in range(-reach, reach + 1):
        for j in range(-reach, reach + 1):
            kernel[i + reach, j + reach] = i * i + j * j <= radius * radius
    bell = np.array([np.exp(-(i**2) / (2 * softness**2)) for i in range(-taps, taps + 1)])
    bell = np.outer(bell, bell) / bell.sum() ** 2
    kernel = ndimage.correlate(kernel / kernel.sum(), bell, mode="mirror")
    return np.stack([ndimage.correlate(plane, kernel, mode="mirror") for plane in planes(image)], axis=2)


def glass_blur(image, sigma, reach, offsets):
    """`offsets`: for each time, [2, h, w] of down and right."""
    h, w, _ = image.shape
    blurred = gaussian(image, sigma, "nearest", 4)
    for down, right in offsets:
        for y in range(h - reach, reach, -1):
            for x in range(w - reach, reach, -1):
                other = y + down[y, x], x + right[y, x]
                # As the authors write it. Both sides of a colour image are views: this copies and does not swap.
                blurred[y, x], blurred[other] = blurred[other], blurred[y, x]
    return gaussian(blurred, sigma, "nearest", 4)


def motion_blur(image, angle, radius, sigma):
    h, w, _ = image.shape
    weights = [np.exp(-(i**2) / (2 * sigma**2)) for i in range(2 * int(radius) + 1)]
    blurred = np.zeros_like(image)
    for y in range(h):
        for x in range(w):
            for i, weight in enumerate(weights):
                right = int(np.ceil(i * np.cos(np.radians(angle)) - 0.5))
                down = int(np.ceil(i * np.sin(np.radians(angle)) - 0.5))
                blurred[y, x] += weight * image[min(max(y + down, 0), h - 1), min(max(x + right, 0), w - 1)]
    return blurred / sum(weights)


def clipped_zoom(image, factor):
    """Of a square image."""
    size = len(image)
    window = int(np.ceil(size / factor))
    top = (size - window) // 2
    zoomed = ndimage.zoom(image[top : top + window, top : top + window], (factor, factor, 1), order=1)
    top = (len(zoomed) - size) // 2
    return zoomed[top : top + size, top : top + size]


def zoom_blur(image, end, step):
    zoomed = [clipped_zoom(image, factor) for factor in np.arange(1, end, step)]
    return (image + sum(zoomed)) / (len(zoomed) + 1)


def snow(image, noise, angle, mean, deviation, size, least, radius, sigma, keep):
    flakes = clipped_zoom((mean + deviation * noise)[:, :, None], size)
    flakes[flakes < least] = 0
    flakes = motion_blur(np.clip(flakes, 0, 1), angle, radius, sigma)
    grey = image @ (0.2989, 0.587, 0.114) if image.shape[2] == 3 else image[:, :, 0]
    scene = keep * image + (1 - keep) * np.maximum(image, grey[:, :, None] * 1.5 + 0.5)
    return scene + flakes + np.rot90(flakes, 2)


def plasma(noise, decay):
    """Diamond-square on a torus, point by point; `noise` is uniform in [-1, 1], one number for each point."""
    side = len(noise)
    height, step, wobble = np.zeros((side, side)), side, 100.0

    def mean_of(points):
        return np.mean([height[y % side, x % side] for y, x in points])

    while step > 1:
        half = step // 2
        for y in range(half, side, step):
            for x in range(half, side, step):
                corners = [(y - half, x - half), (y - half, x + half), (y + half, x - half), (y + half, x + half)]
                height[y, x] = mean_of(corners) + wobble * wobble * noise[y, x]
        for y in range(0, side, half):
            for x in range(half if y % step == 0 else 0, side, step):
                corners = [(y - half, x), (y + half, x), (y, x - half), (y, x + half)]
                height[y, x] = mean_of(corners) + wobble * wobble * noise[y, x]
        step, wobble = half, wobble / decay
    height -= height.min()
    return height / height.max()


def fog(image, noise, strength, decay):
    h, w, _ = image.shape
    foggy = image + strength * plasma(noise, decay)[:h, :w, None]
    return foggy * image.max() / (image.max() + strength)


def brightness(image, more):
    brighter = np.empty_like(image)
    for place in np.ndindex(image.shape[:2]):
        hue, saturation, value = colorsys.rgb_to_hsv(*image[place])
        brighter[place] = colorsys.hsv_to_rgb(hue, saturation, min(value + more, 1))
    return brighter


def contrast(image, factor):
    means = image.mean(axis=(0, 1))
    return (image - means) * factor + means


def elastic_transform(image, jitter_noise, field_noise, strength, smoothness, jitter):
    """`jitter_noise` [3, 2] and `field_noise` [2, h, w] (right, down) are uniform in [-1, 1]."""
    h, w, _ = image.shape
    reach = min(h, w) // 3
    (left, top), (right, bottom) = (np.array([w // 2, h // 2]) + way * reach for way in (-1, 1))
    before = np.array([[right, bottom], [right, top], [left, top]], dtype=float)
    after = before + jitter * jitter_noise
    # x' = A x + b from three points: six equations; the pixel at x' shows the image at x.
    equations = np.array([[*p, 1, 0, 0, 0] for p in before] + [[0, 0, 0, *p, 1] for p in before])
    solution = np.linalg.solve(equations, after.T.ravel()).reshape(2, 3)
    y, x = np.mgrid[:h, :w].astype(float)
    back = np.linalg.inv(solution[:, :2]) @ (np.stack([x.ravel(), y.ravel()]) - solution[:, 2:])
    turned = np.stack(
        [ndimage.map_coordinates(plane, back[::-1], order=1, mode="mirror").reshape(h, w) for plane in planes(image)]
    )
    right, down = field_noise
    if smoothness:
        right, down = (ndimage.gaussian_filter(f, smoothness, mode="reflect", truncate=3) for f in (right, down))
    places = y + strength * down, x + strength * right
    return np.stack([ndimage.map_coordinates(plane, places, order=1, mode="reflect") for plane in turned], axis=2)


def pixelate(image, share):
    h, w, _ = image.shape
    small = (int(w * share), int(h * share))
    box = Image.Resampling.BOX
    pixels = [
        Image.fromarray(plane.astype(np.float32)).resize(small, box).resize((w, h), box) for plane in planes(image)
    ]
    return np.stack(pixels, axis=2)


def gaussian(image, sigma, mode, truncate):
    return np.stack(
        [ndimage.gaussian_filter(plane, sigma, mode=mode, truncate=truncate) for plane in planes(image)], axis=2
    )


def planes(image):
    return np.moveaxis(image, 2, 0)
