"""Two packs of objects whose labels people corrected: given and true ones, and how networks learn them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.listed_errors import Listed, of_carparts, of_nuclei, removed_images
from benchmarks.report import Cell
from truemask.bench.sources import Source
from truemask.data.dataset import Dataset
from truemask.training import Plan, default_plan
from truemask.types import Task

HELD_OUT = 0.2
"""Share of the images that networks are tested on."""


@dataclass(frozen=True)
class Pack:
    """One of them.

    Args:
        name: of the data.
        given: labels as first published.
        fixed: as corrected; without the images that were taken out.
        errors: what was corrected.
        removed: keys of images that were taken out.
        objects: changes to the default plan, of networks that find objects.
        maps: of networks that learn label maps.
    """

    name: str
    given: Dataset
    fixed: Dataset
    errors: list[Listed]
    objects: Mapping[str, Cell]
    maps: Mapping[str, Cell]
    removed: frozenset[str] = field(default_factory=frozenset)

    def plan(self, problem_of: Dataset, seed: int) -> Plan:
        """How a network learns these labels."""
        task = problem_of.problem.task
        changes = self.objects if task == Task.INSTANCE else self.maps
        return default_plan(problem_of.problem).changed({**changes, "seed": seed})


def nuclei(folder: Path) -> Pack:
    """nuclei-dsb2018: microscope images of several sizes, learnt from in crops."""
    given, fixed = (Source(str(folder), labels=labels).to_train() for labels in ("orig", "fixed"))
    crops: dict[str, Cell] = {"crop_px": 128, "repeats": 2, "augment": "dihedral"}
    light: dict[str, Cell] = {"network": "mask_rcnn_light:width=16,fpn=32,anchor_px=8"}
    return Pack(
        "nuclei-dsb2018",
        given,
        fixed,
        of_nuclei(folder, given, fixed),
        {**light, **crops, "epochs": 10, "lr": 2e-3},
        {**crops, "epochs": 12},
        removed_images(folder),
    )


def carparts(folder: Path) -> Pack:
    """carparts: photos, small and not mirrored: a mirrored left door is a right door.

    Networks and rates are those of tables/carparts-real-*.toml; half of the photos take more epochs.
    """
    given, fixed = (
        Source(str(folder), labels=labels, task=Task.INSTANCE).to_train() for labels in ("v1", "v2")
    )
    light: dict[str, Cell] = {"network": "mask_rcnn_light:width=16,fpn=32,anchor_px=8", "size_px": 128}
    small: dict[str, Cell] = {"network": "unet_small:depth=4,base=12", "size_px": 64}
    return Pack(
        "carparts",
        given,
        fixed,
        of_carparts(folder, given, fixed),
        {**light, "epochs": 16, "lr": 2e-3, "augment": "none"},
        {**small, "epochs": 14, "batch_size": 4, "lr": 6e-3, "augment": "none"},
    )
