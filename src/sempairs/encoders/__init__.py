"""Encoders turn images into features: small nets for small images, any timm model, pretrained weights, plain PCA.

Each is a class called with the channels of the images (1 or 3); its options are keyword-only.
"""

from sempairs.core.registry import Registry

ENCODERS = Registry(
    "encoder",
    {
        "small-resnet": "sempairs.encoders.small_resnet:SmallResNet",
        "timm": "sempairs.encoders.timm_adapter:TimmEncoder",
        "efficientnet-lite0": "sempairs.encoders.efficientnet_lite0:EfficientNetLite0",
        "pca": "sempairs.encoders.pca:PCAEncoder",
        "gradients": "sempairs.encoders.gradients:GradientEncoder",
    },
)
