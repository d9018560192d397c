"""Super-classes: which classes of a known data set belong together, and groups that a user gives."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from truemask.noise.maps import class_id
from truemask.types import BadInput

CLASS_GROUPS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    # Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009: the 20 coarse classes.
    "cifar100": {
        "aquatic mammals": ("beaver", "dolphin", "otter", "seal", "whale"),
        "fish": ("aquarium_fish", "flatfish", "ray", "shark", "trout"),
        "flowers": ("orchid", "poppy", "rose", "sunflower", "tulip"),
        "food containers": ("bottle", "bowl", "can", "cup", "plate"),
        "fruit and vegetables": ("apple", "mushroom", "orange", "pear", "sweet_pepper"),
        "household electrical devices": ("clock", "keyboard", "lamp", "telephone", "television"),
        "household furniture": ("bed", "chair", "couch", "table", "wardrobe"),
        "insects": ("bee", "beetle", "butterfly", "caterpillar", "cockroach"),
        "large carnivores": ("bear", "leopard", "lion", "tiger", "wolf"),
        "large man-made outdoor things": ("bridge", "castle", "house", "road", "skyscraper"),
        "large natural outdoor scenes": ("cloud", "forest", "mountain", "plain", "sea"),
        "large omnivores and herbivores": ("camel", "cattle", "chimpanzee", "elephant", "kangaroo"),
        "medium-sized mammals": ("fox", "porcupine", "possum", "raccoon", "skunk"),
        "non-insect invertebrates": ("crab", "lobster", "snail", "spider", "worm"),
        "people": ("baby", "boy", "girl", "man", "woman"),
        "reptiles": ("crocodile", "dinosaur", "lizard", "snake", "turtle"),
        "small mammals": ("hamster", "mouse", "rabbit", "shrew", "squirrel"),
        "trees": ("maple_tree", "oak_tree", "palm_tree", "pine_tree", "willow_tree"),
        "vehicles 1": ("bicycle", "bus", "motorcycle", "pickup_truck", "train"),
        "vehicles 2": ("lawn_mower", "rocket", "streetcar", "tank", "tractor"),
    },
    # Lin et al., Microsoft COCO, ECCV 2014, arXiv:1405.0312: the 12 super-categories, in the order of ids.
    "coco": {
        "person": ("person",),
        "vehicle": ("bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat"),
        "outdoor": ("traffic light", "fire hydrant", "stop sign", "parking meter", "bench"),
        "animal": (
            *("bird", "cat", "dog", "horse", "sheep"),
            *("cow", "elephant", "bear", "zebra", "giraffe"),
        ),
        "accessory": ("backpack", "umbrella", "handbag", "tie", "suitcase"),
        "sports": (
            *("frisbee", "skis", "snowboard", "sports ball", "kite"),
            *("baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket"),
        ),
        "kitchen": ("bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl"),
        "food": (
            *("banana", "apple", "sandwich", "orange", "broccoli"),
            *("carrot", "hot dog", "pizza", "donut", "cake"),
        ),
        "furniture": ("chair", "couch", "potted plant", "bed", "dining table", "toilet"),
        "electronic": ("tv", "laptop", "mouse", "remote", "keyboard", "cell phone"),
        "appliance": ("microwave", "oven", "toaster", "sink", "refrigerator"),
        "indoor": ("book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush"),
    },
    # Everingham et al., The Pascal Visual Object Classes Challenge, IJCV 88(2), 2010.
    "voc": {
        "person": ("person",),
        "animal": ("bird", "cat", "cow", "dog", "horse", "sheep"),
        "vehicle": ("aeroplane", "bicycle", "boat", "bus", "car", "motorbike", "train"),
        "indoor": ("bottle", "chair", "diningtable", "pottedplant", "sofa", "tvmonitor"),
    },
    # Cordts et al., The Cityscapes Dataset, CVPR 2016, arXiv:1604.01685: the 19 classes that are scored.
    "cityscapes": {
        "flat": ("road", "sidewalk"),
        "construction": ("building", "wall", "fence"),
        "object": ("pole", "traffic light", "traffic sign"),
        "nature": ("vegetation", "terrain"),
        "sky": ("sky",),
        "human": ("person", "rider"),
        "vehicle": ("car", "truck", "bus", "train", "motorcycle", "bicycle"),
    },
}
"""Named groups: the classes of each super-class, by name."""


@dataclass(frozen=True)
class ClassGroups:
    """Which classes are alike: named groups, blocks of ids, or groups of names or ids.

    >>> str(ClassGroups.parse("cat/dog; car / bus"))
    'car/bus;cat/dog'
    """

    name: str | None
    groups: tuple[tuple[str, ...], ...] = ()
    block: int = 0

    @classmethod
    def parse(cls, text: str) -> "ClassGroups":
        """Read `coco`, `blocks5` (ids 0 to 4, 5 to 9, ...) or `cat/dog;bus/car/truck`.

        Raises:
            BadInput: if it is neither a known name, nor blocks, nor groups of two or more.
        """
        if text in CLASS_GROUPS:
            return cls(text, tuple(CLASS_GROUPS[text].values()))
        if (blocks := re.fullmatch(r"blocks0*([1-9]\d?)", text)) and int(blocks[1]) > 1:
            return cls(f"blocks{blocks[1]}", block=int(blocks[1]))
        if "/" not in text:
            raise BadInput(
                f"no class groups called {text!r}; there is: {', '.join(sorted(CLASS_GROUPS))}, blocks2 to "
                f"blocks99; or groups such as groups=cat/dog;bus/car/truck"
            )
        groups = tuple(sorted(tuple(name.strip() for name in part.split("/")) for part in text.split(";")))
        if any(len(group) < 2 or not all(group) for group in groups):
            raise BadInput(f"the class groups {text!r} are no groups of two or more, such as cat/dog;bus/car")
        return cls(None, groups)

    def __str__(self) -> str:
        return self.name or ";".join("/".join(group) for group in self.groups)

    def ids(self, classes: tuple[str, ...], candidates: list[int]) -> list[list[int]]:
        """The ids of each group that has at least two classes, ascending; of named groups those there are.

        Args:
            classes: names, in the order of their ids.
            candidates: ids that may be in a group, ascending.

        Raises:
            BadInput: if a class that the user named is unknown, no candidate or in two groups, or no group
                has two classes.
        """
        if self.block:
            found = [candidates[at : at + self.block] for at in range(0, len(candidates), self.block)]
        elif self.name:
            found = [_those_there_are(group, classes) for group in self.groups]
        else:
            found = [self._named(group, classes) for group in self.groups]
        together = [one for group in found for one in group]
        if outside := set(together) - set(candidates):
            raise BadInput(
                f"the class groups {self} name {classes[min(outside)]!r}, which is no object's class"
            )
        if len(set(together)) < len(together):
            raise BadInput(f"the class groups {self} have a class in two groups, or twice in one")
        if not any(len(group) > 1 for group in found):
            raise BadInput(
                f"no two classes of this problem are in one group of {self}; there is: {', '.join(classes)}"
            )
        return [sorted(group) for group in found if len(group) > 1]

    def _named(self, group: tuple[str, ...], classes: tuple[str, ...]) -> list[int]:
        return [class_id(name, classes, f"the class groups {self}") for name in group]


def _those_there_are(group: tuple[str, ...], classes: tuple[str, ...]) -> list[int]:
    """Their ids, found by name alone: a named group says nothing about numbers."""
    found = []
    for name in group:
        try:
            found.append(class_id(name, classes, ""))
        except BadInput:
            continue
    return found
