"""Which files the authors of each data set published, and where they belong below a folder of data sets.

Source: the md5 sums are torchvision's, those of CIFAR's binary version the authors' page's; of Stanford Cars those that
torchvision had while there was a server. A file whose authors published none has none here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Official:
    """A file that the authors published.

    Parameters
    ----------
    name: of the file.
    into: the folder below the root that it is unpacked into, or put into if it is no archive.
    md5: of its bytes, "" where none was published.
    inside: the archive within this one that is meant.
    """

    name: str
    into: str = ""
    md5: str = ""
    inside: str = ""

    @property
    def is_archive(self) -> bool:
        """Whether it is unpacked, not put where it belongs as it is."""
        return self.name.endswith((".tar", ".tar.gz", ".tgz", ".zip"))

    def __str__(self) -> str:
        return f"{self.name} (md5 {self.md5})" if self.md5 else f"{self.name} (no md5 published)"


@dataclass(frozen=True)
class Published:
    """The files of a data set.

    Parameters
    ----------
    page: whose page has them, in words.
    files: of each inner tuple one is needed.
    more: what else has to be done.
    """

    page: str
    files: tuple[tuple[Official, ...], ...]
    more: str = ""


OFFICIAL = {
    "food101": Published(
        "Food-101, Computer Vision Lab, ETH Zurich",
        ((Official("food-101.tar.gz", "", "85eeb15f3717b99a5da872d97d918f87"),),),
    ),
    "cifar10": Published(
        "The CIFAR-10 dataset, Alex Krizhevsky, University of Toronto",
        ((Official("cifar-10-binary.tar.gz", "", "c32a1d4ab5d03f1284b67883e8d87530"),
          Official("cifar-10-python.tar.gz", "", "c58f30108f718f92721af3b95e74349a")),),
    ),
    "cifar100": Published(
        "The CIFAR-100 dataset, Alex Krizhevsky, University of Toronto",
        ((Official("cifar-100-binary.tar.gz", "", "03b5dce01913d631647c71ecec9e9cb8"),
          Official("cifar-100-python.tar.gz", "", "eb9058c3a382ffc7106e4002c42a8d85")),),
    ),
    "birdsnap": Published(
        "Birdsnap, Thomas Berg, Columbia University",
        ((Official("birdsnap.tgz"),),),
        "run get_birdsnap.py, which comes with it, in the folder birdsnap: it fetches the images one by one into "
        "birdsnap/download/images; many are gone",
    ),
    "sun397": Published(
        "SUN Database: Scene Categorization Benchmark, Princeton University",
        ((Official("SUN397.tar.gz", "", "8ca2778205c41d23104230ba66911c7a"),), (Official("Partitions.zip", "SUN397"),)),
    ),
    "cars": Published(
        "Cars Dataset, Jonathan Krause, Stanford University, which is gone: look for copies",
        ((Official("cars_train.tgz", "stanford_cars", "065e5b463ae28d29e77c1b4b166cfe61"),),
         (Official("cars_test.tgz", "stanford_cars", "4ce7ebf6a94d07f1952d94dd34c4d501"),),
         (Official("car_devkit.tgz", "stanford_cars", "c3b158d763b6e2245038c8ad08e45376"),),
         (Official("cars_test_annos_withlabels.mat", "stanford_cars", "b0a2b23655a3edd16d84508592a98d10"),)),
    ),
    "dtd": Published(
        "Describable Textures Dataset, Visual Geometry Group, Oxford",
        ((Official("dtd-r1.0.1.tar.gz", "dtd", "fff73e5086ae6bdbea199a49dfb8a4c1"),),),
    ),
    "aircraft": Published(
        "FGVC-Aircraft, Visual Geometry Group, Oxford",
        ((Official("fgvc-aircraft-2013b.tar.gz"),),),
    ),
    "pets": Published(
        "The Oxford-IIIT Pet Dataset, Visual Geometry Group, Oxford",
        ((Official("images.tar.gz", "oxford-iiit-pet", "5c4f3ee8e5d25df40f4fd59a7f44e54c"),),
         (Official("annotations.tar.gz", "oxford-iiit-pet", "95a8c909bbe2e81eed6a22bccdf3f68f"),)),
    ),
    "caltech101": Published(
        "Caltech 101, CaltechDATA, California Institute of Technology",
        ((Official("caltech-101.zip", "caltech101", "3138e1922a9193bfa496528edbbc45d0",
                   "caltech-101/101_ObjectCategories.tar.gz"),
          Official("101_ObjectCategories.tar.gz", "caltech101", "b224c7392d521a49829488ab0f1120d9")),),
    ),
    "flowers102": Published(
        "102 Category Flower Dataset, Visual Geometry Group, Oxford",
        ((Official("102flowers.tgz", "flowers-102", "52808999861908f626f3c1f4e79d11fa"),),
         (Official("imagelabels.mat", "flowers-102", "e0620be6f572b9609742df49c70aed4d"),),
         (Official("setid.mat", "flowers-102", "a5357ecc9cb78c4bef273ce3793fc85c"),)),
    ),
    "voc2007": Published(
        "The PASCAL Visual Object Classes Challenge 2007",
        ((Official("VOCtrainval_06-Nov-2007.tar", "", "c52e279531787c972589f7e41ab4ae64"),),
         (Official("VOCtest_06-Nov-2007.tar", "", "b6e924de25625d8de591ea690078ad9f"),)),
    ),
}  # fmt: skip
"""In the order of the transfer suite."""
