"""Stand-ins for the multi-view transforms of frameworks that the tests do not install: what our adapters look at."""


class NCropAugmentation:
    """As in solo-learn 1.0.2: several crops of one image by one transform."""

    def __init__(self, transform, num_crops):
        self.transform, self.num_crops = transform, num_crops

    def __call__(self, image):
        return [self.transform(image) for _ in range(self.num_crops)]


class FullTransformPipeline:
    """As in solo-learn 1.0.2, where `prepare_n_crop_transform` makes one: several NCropAugmentation."""

    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, image):
        return [view for transform in self.transforms for view in transform(image)]


class MultiViewTransform:
    """As in stable-pretraining 0.1.8: a list or a dictionary of transforms of dictionaries."""

    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, sample):
        if isinstance(self.transforms, dict):
            return {name: transform(dict(sample)) for name, transform in self.transforms.items()}
        return {"views": [transform(dict(sample)) for transform in self.transforms]}


class OfImage:
    """As the transforms of stable-pretraining 0.1.8: the dictionary that came goes on, with another image in it."""

    def __init__(self, transform):
        self.transform = transform

    def __call__(self, sample):
        sample["image"] = self.transform(sample["image"])
        return sample
