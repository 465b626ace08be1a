"""Views: batches of uint8 frames become batches of float images, augmented on the frames' device.

A recipe draws all its random numbers with `core.seeds.uniforms`, so row i is a function of frame i, the seed and
counter i: the same for every batch size, worker and order. torchvision's float operations are the oracle of the tests.
"""

from sempairs.core.registry import Registry

VIEWS = Registry(
    "view recipe",
    {
        "simclr": "sempairs.views.simclr:SimCLRViews",
        "simclr-twice": "sempairs.views.simclr_twice:SimCLRTwice",
        "leoclr": "sempairs.views.leoclr:LeOCLRViews",
        "multi-crop": "sempairs.views.multi_crop:MultiCropViews",
        "crop-only": "sempairs.views.crop_only:CropOnly",
        "none": "sempairs.views.none:WholeFrame",
    },
)
