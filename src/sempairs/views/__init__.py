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
        "moco-v2": "sempairs.views.moco_v2:MoCoV2Views",
        "byol": "sempairs.views.byol:BYOLViews",
        "vicreg": "sempairs.views.vicreg:VICRegViews",
        "dino": "sempairs.views.dino:DINOViews",
        "custom": "sempairs.views.custom:CustomViews",
        "crop-only": "sempairs.views.crop_only:CropOnly",
        "none": "sempairs.views.none:WholeFrame",
    },
)

STEPS = Registry(
    "view step",
    {
        "crop": "sempairs.views.geometry:Crop",
        "flip": "sempairs.views.geometry:Flip",
        "rotate": "sempairs.views.geometry:Rotate",
        "shear": "sempairs.views.geometry:Shear",
        "jitter": "sempairs.views.appearance:Jitter",
        "grey": "sempairs.views.appearance:Grey",
        "blur": "sempairs.views.appearance:Blur",
        "solarize": "sempairs.views.appearance:Solarize",
        "posterize": "sempairs.views.appearance:Posterize",
        "equalize": "sempairs.views.appearance:Equalize",
        "erase": "sempairs.views.appearance:Erase",
    },
)
