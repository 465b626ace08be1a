"""Food-101, Cars, Aircraft, DTD, Pets, Flowers, Caltech-101 and SUN397: data sets of image files with one class each.

Every image is shown as the central square of `size` (shorter side resized, bicubic, antialiased), in RGB; its id is its
path below the data set's folder, and the order of images and of classes is the data set's own. Missing files are
downloaded only if `download` says so, by torchvision, from the original server. A share of bad images beyond
`bad_share` is refused; below it they are quarantined.
"""

from typing import Literal

from sempairs.sources.base import Source
from sempairs.sources.gathering import check_options
from sempairs.sources.named import lists
from sempairs.sources.named.listed import open_listed


def food101(
    *,
    root: str,
    split: Literal["train", "test"] = "train",
    size: int = 64,
    bad_share: float = 0.1,
    download: bool = False,
) -> Source:
    """Food-101: photographs of 101 dishes, 75,750 to train with (with wrong labels among them) and 25,250 to test with.

    Source: L. Bossard, M. Guillaumin, L. Van Gool, "Food-101 - Mining Discriminative Components with Random Forests",
    ECCV 2014.
    """
    check_options(size, bad_share)
    return open_listed(lists.list_food101(root, split, download), size, bad_share)


def cars(*, root: str, split: Literal["train", "test"] = "train", size: int = 64, bad_share: float = 0.1) -> Source:
    """Stanford Cars: 196 models of cars, 8,144 photographs to train with and 8,041 to test with.

    There is no `download`: the original server is gone.

    Source: J. Krause, M. Stark, J. Deng, L. Fei-Fei, "3D Object Representations for Fine-Grained Categorization", 3dRR
    2013.
    """
    check_options(size, bad_share)
    return open_listed(lists.list_cars(root, split), size, bad_share)


def aircraft(
    *,
    root: str,
    split: Literal["train", "val", "trainval", "test"] = "trainval",
    size: int = 64,
    bad_share: float = 0.1,
    download: bool = False,
) -> Source:
    """FGVC-Aircraft: 100 variants of aircraft, 3,334 photographs to train with, 3,333 to validate and to test with.

    The class is the variant ("737-700"); the columns "family" ("Boeing 737") and "manufacturer" ("Boeing") are coarser.

    Source: S. Maji, E. Rahtu, J. Kannala, M. Blaschko, A. Vedaldi, "Fine-Grained Visual Classification of Aircraft",
    arXiv 1306.5151, 2013.
    """
    check_options(size, bad_share)
    return open_listed(lists.list_aircraft(root, split, download), size, bad_share)


def dtd(
    *,
    root: str,
    split: Literal["train", "val", "test"] = "train",
    partition: int = 1,
    size: int = 64,
    bad_share: float = 0.1,
    download: bool = False,
) -> Source:
    """Describable Textures: 47 textures in words, 1,880 images in each split of each of ten partitions.

    Source: M. Cimpoi, S. Maji, I. Kokkinos, S. Mohamed, A. Vedaldi, "Describing Textures in the Wild", CVPR 2014.
    """
    check_options(size, bad_share)
    return open_listed(lists.list_dtd(root, split, partition, download), size, bad_share)


def pets(
    *,
    root: str,
    split: Literal["trainval", "test"] = "trainval",
    size: int = 64,
    bad_share: float = 0.1,
    download: bool = False,
) -> Source:
    """Oxford-IIIT Pets: 37 breeds of cats and dogs, 3,680 photographs to train with and 3,669 to test with.

    The column "species" is "cat" or "dog".

    Source: O. Parkhi, A. Vedaldi, A. Zisserman, C. Jawahar, "Cats and Dogs", CVPR 2012.
    """
    check_options(size, bad_share)
    return open_listed(lists.list_pets(root, split, download), size, bad_share)


def flowers102(
    *,
    root: str,
    split: Literal["train", "val", "test"] = "train",
    size: int = 64,
    bad_share: float = 0.1,
    download: bool = False,
) -> Source:
    """Oxford Flowers: 102 flowers, 1,020 photographs to train and 1,020 to validate with, 6,149 to test with.

    Source: M.-E. Nilsback, A. Zisserman, "Automated Flower Classification over a Large Number of Classes", ICVGIP 2008.
    """
    check_options(size, bad_share)
    return open_listed(lists.list_flowers102(root, split, download), size, bad_share)


def caltech101(*, root: str, size: int = 64, bad_share: float = 0.1, download: bool = False) -> Source:
    """Caltech-101: 8,677 images of objects of 101 categories, the background left out; it has no splits of its own.

    Source: L. Fei-Fei, R. Fergus, P. Perona, "Learning Generative Visual Models from Few Training Examples", CVPR
    Workshop on Generative-Model Based Vision, 2004.
    """
    check_options(size, bad_share)
    return open_listed(lists.list_caltech101(root, download), size, bad_share)


def sun397(
    *,
    root: str,
    split: Literal["all", "train", "test"] = "all",
    partition: int = 1,
    size: int = 64,
    bad_share: float = 0.1,
    download: bool = False,
) -> Source:
    """SUN397: 108,754 images of 397 kinds of scene, all of them or the 19,850 of a split of one of ten partitions.

    The lists of the partitions (Training_01.txt, ...) come in an archive of their own, which `download` does not fetch.

    Source: J. Xiao, J. Hays, K. Ehinger, A. Oliva, A. Torralba, "SUN Database: Large-scale Scene Recognition from Abbey
    to Zoo", CVPR 2010.
    """
    check_options(size, bad_share)
    return open_listed(lists.list_sun397(root, split, partition, download), size, bad_share)
