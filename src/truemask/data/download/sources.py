"""DOWNLOADS: where published data sets lie, and what their files must be. One row a data set.

Checksums are those that torchvision (md5) and TensorFlow Datasets (sha256) publish for the owners' files.
Where neither has one, the row says who measured it, or that there is none: size and the archive's own CRCs
then decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Packing(StrEnum):
    """How a file is packed."""

    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    NONE = "none"


@dataclass(frozen=True)
class Archive:
    """A file to download.

    Args:
        url: its owner's address; the last part is its name.
        packing: how it is packed.
        size: in bytes, where it is known.
        checksum: `md5:...` or `sha256:...`, where one is known.
        into: the folder of the data set that it is unpacked in; "" for the data set's own.
    """

    url: str
    packing: Packing
    size: int | None
    checksum: str | None
    into: str = ""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Download:
    """A published data set.

    Args:
        what: it is, in a few words.
        page: of its owners, for people.
        archives: its files.
        login: what to do by hand, where the owners want to know who downloads; "" elsewhere.
        checked: what its checksums rest on, where it is not the owners or the two libraries.
    """

    what: str
    page: str
    archives: tuple[Archive, ...]
    login: str = ""
    checked: str = ""


_COCO = "http://images.cocodataset.org"
_CAMVID = "http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid/data"
_CAMVID_STILLS = "http://web4.cs.ucl.ac.uk/staff/g.brostow/MotionSegRecData/files/701_StillsRaw_full.zip"
_MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist"
_FASHION = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
_CITYSCAPES = "https://www.cityscapes-dataset.com/downloads"


def _idx(home: str, sizes: tuple[int, ...], md5s: tuple[str, ...]) -> tuple[Archive, ...]:
    """The four files of an MNIST-like data set: training images and labels, then those of the test."""
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    return tuple(
        Archive(f"{home}/{name}-ubyte.gz", Packing.GZIP, size, f"md5:{md5}")
        for name, size, md5 in zip(names, sizes, md5s, strict=True)
    )


DOWNLOADS: Mapping[str, Download] = {
    "voc2012": Download(
        "Pascal VOC 2012: 20 classes, 2,913 images with label maps and objects",
        "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
        (
            Archive(
                "https://thor.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar",
                Packing.TAR,
                1_999_639_040,
                "md5:6cd6e144f989b92b3379bac3b3de84fd",
            ),
        ),
    ),
    "sbd": Download(
        "Semantic Boundaries Dataset: VOC's classes on 11,355 of its images",
        "http://home.bharathh.info/pubs/codes/SBD/download.html",
        (
            Archive(
                "https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/semantic_contours/"
                "benchmark.tgz",
                Packing.TAR,
                1_419_539_633,
                "md5:82b4d87ceb2ed10f6038a1cba92111cb",
            ),
        ),
    ),
    "coco2017": Download(
        "COCO 2017: 80 classes, 118,287 + 5,000 images with objects",
        "https://cocodataset.org/#download",
        (
            Archive(
                f"{_COCO}/annotations/annotations_trainval2017.zip",
                Packing.ZIP,
                252_907_541,
                "sha256:113a836d90195ee1f884e704da6304dfaaecff1f023f49b6ca93c4aaae470268",
            ),
            Archive(
                f"{_COCO}/zips/val2017.zip",
                Packing.ZIP,
                815_585_330,
                "sha256:4f7e2ccb2866ec5041993c9cf2a952bbed69647b115d0f74da7ce8f4bef82f05",
            ),
            Archive(
                f"{_COCO}/zips/train2017.zip",
                Packing.ZIP,
                19_336_861_798,
                "sha256:69a8bb58ea5f8f99d24875f21416de2e9ded3178e903f1f7603e283b9e06d929",
            ),
        ),
    ),
    "cityscapes": Download(
        "Cityscapes: 30 classes, 5,000 images of streets with label maps and objects",
        "https://www.cityscapes-dataset.com/",
        (
            Archive(f"{_CITYSCAPES}/gtFine_trainvaltest.zip", Packing.ZIP, 252_567_705, None),
            Archive(f"{_CITYSCAPES}/leftImg8bit_trainvaltest.zip", Packing.ZIP, 11_592_327_197, None),
        ),
        login=(
            "its owners want an account: register at https://www.cityscapes-dataset.com/register/, log in, "
            f"get gtFine_trainvaltest.zip and leftImg8bit_trainvaltest.zip from {_CITYSCAPES}/ (or `pip "
            "install cityscapesscripts` and `csDownload` those two), then say --from FOLDER"
        ),
        checked="no checksum is published to everyone: sizes as people report them, and the zips' own CRCs",
    ),
    "cifar10": Download(
        "CIFAR-10: 10 classes, 50,000 + 10,000 images of 32 x 32 px",
        "https://www.cs.toronto.edu/~kriz/cifar.html",
        (
            Archive(
                "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
                Packing.TAR,
                170_498_071,
                "md5:c58f30108f718f92721af3b95e74349a",
            ),
        ),
    ),
    "cifar100": Download(
        "CIFAR-100: 100 classes in 20 groups, 50,000 + 10,000 images of 32 x 32 px",
        "https://www.cs.toronto.edu/~kriz/cifar.html",
        (
            Archive(
                "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
                Packing.TAR,
                169_001_437,
                "md5:eb9058c3a382ffc7106e4002c42a8d85",
            ),
        ),
    ),
    "mnist": Download(
        "MNIST: 10 digits, 60,000 + 10,000 images of 28 x 28 px",
        "http://yann.lecun.com/exdb/mnist/",
        _idx(
            _MNIST,
            (9_912_422, 28_881, 1_648_877, 4_542),
            (
                "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                "d53e105ee54ea40749a09fcbcd1e9432",
                "9fb629c4189551a2d022fa330f9573f3",
                "ec29112dd5afa0611ce80d1b7f02629c",
            ),
        ),
        checked="the owners' page refuses downloads; these are the same files where PyTorch keeps them",
    ),
    "fashion-mnist": Download(
        "Fashion-MNIST: 10 kinds of clothes, 60,000 + 10,000 images of 28 x 28 px",
        "https://github.com/zalandoresearch/fashion-mnist",
        _idx(
            _FASHION,
            (26_421_880, 29_515, 4_422_102, 5_148),
            (
                "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                "25c81989df183df01b3e8a0aad5dffbe",
                "bef4ecab320f06d8554ea6380940ec79",
                "bb300cfdad3c16e7a12a480ee83cd310",
            ),
        ),
    ),
    "dsb2018": Download(
        "Data Science Bowl 2018 (BBBC038): 670 images of cells, one mask per nucleus",
        "https://bbbc.broadinstitute.org/BBBC038",
        (
            Archive(
                "https://data.broadinstitute.org/bbbc/BBBC038/stage1_train.zip",
                Packing.ZIP,
                None,
                "sha256:dcb6edc2690f137406638b2309581a71522c4dff19157d118453b448dcddcb68",
                into="stage1_train",
            ),
        ),
        checked="the owners publish no checksum: this one was measured by others on the owners' file",
    ),
    "camvid": Download(
        "CamVid: 32 classes, 701 frames of films of streets",
        "http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid/",
        (
            Archive(_CAMVID_STILLS, Packing.ZIP, None, None),
            Archive(
                f"{_CAMVID}/LabeledApproved_full.zip",
                Packing.ZIP,
                16_567_585,
                "sha256:0792d4a2eb7150f417cc4745ac5ce51ec3bb4b2aa099c775d212b69c5afe6526",
                into="LabeledApproved_full",
            ),
            Archive(f"{_CAMVID}/label_colors.txt", Packing.NONE, None, None),
        ),
        checked=(
            "the owners publish no checksum: that of the labels was measured by others on the owners' file; "
            "for the frames there is none, and the zip's own CRCs decide"
        ),
    ),
}
