"""From data set rows to batches: order, views, crops; all of it a function of seed, epoch and row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from truemask import rle
from truemask.batch import Objects
from truemask.data.dataset import Dataset
from truemask.data.trust import FULL, Trust, object_keys
from truemask.seeds import seed_for
from truemask.training.geometry import LABEL_FILL, Geometry, draw_geometry
from truemask.training.plan import TURNS, Plan
from truemask.types import IGNORE, BadInput, Instances, Labels, Task

MOST_POINTS = 100_000
"""Rows of a data set of points that are kept as samples: about a kilobyte each."""


@dataclass(frozen=True)
class Sample:
    """One view of one row: what a loader process hands over."""

    row: int
    image: Float[Tensor, "c *size"]
    labels: Tensor
    objects: Objects | None
    geometry: Geometry
    weights: Tensor | None = None


@dataclass(frozen=True)
class Look:
    """Which row to load, and the seed of its view; None: the whole image, as it is."""

    row: int
    seed: tuple[int, ...] | None = None


class Views(TorchDataset[Sample]):
    """Loads samples of a data set under the plan's augmentation, with the weights of their labels."""

    def __init__(self, dataset: Dataset, plan: Plan, trust: Trust | None = None) -> None:
        self.dataset = dataset
        self.plan = plan
        self.object_offsets = _object_offsets(dataset)
        self._trust = trust
        self._unit_weights = None if trust is None else _unit_weights(dataset, trust)
        self._points: dict[int, Sample] = {}

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, look: Look) -> Sample:
        if self.dataset.problem.points:
            return self._point(look.row)
        image, labels = self.dataset.image(look.row), self.dataset.labels(look.row)
        size = (image.shape[0], image.shape[1])
        pixels = standardised(image)
        geometry = Geometry.whole(size)
        if look.seed is not None:
            rng = np.random.default_rng(look.seed)
            turns = TURNS[self.plan.augment]
            geometry = draw_geometry(size, rng, crop_px=self.plan.crop_px, turns=turns)
            contrast, brightness = rng.uniform(-self.plan.jitter, self.plan.jitter, size=2)
            pixels = pixels * (1 + contrast) + brightness if self.plan.jitter else pixels
        plane = geometry.forward(torch.from_numpy(pixels), 0.0).contiguous()
        first_object = int(self.object_offsets[look.row]) if self.object_offsets is not None else 0
        given, objects = _in_view(labels, geometry, first_object)
        weights = self._weights(look.row, size, geometry)
        if weights is not None:
            given = given.masked_fill(weights == 0, IGNORE)
        if objects is not None and self._unit_weights is not None:
            objects.labels = objects.labels.masked_fill(self._unit_weights[objects.rows] == 0, IGNORE)
        return Sample(look.row, plane, given, objects, geometry, weights)

    def weights_of(self, rows: Int[Tensor, "n"]) -> Float[Tensor, "n"] | None:
        """Weights of objects by row, 1 for a background proposal (row -1); None where there are none."""
        if self._unit_weights is None:
            return None
        known = self._unit_weights.to(rows.device)[rows.clamp(min=0)]
        return torch.where(rows >= 0, known, torch.ones_like(known))

    def _weights(self, row: int, size: tuple[int, int], geometry: Geometry) -> Tensor | None:
        """Weights of a row's labels as the view shows them; those of objects come with the proposals."""
        if self._trust is None or self.object_offsets is not None:
            return None
        if self._unit_weights is not None:
            return self._unit_weights[row]
        plane = torch.from_numpy(self._trust.of_map(self.dataset.keys[row], size))
        return geometry.forward(plane, 0).float() / FULL

    def _point(self, row: int) -> Sample:
        """A point, which has one view only. Most are kept: to make them anew took a third of a training."""
        if row in self._points:
            return self._points[row]
        point, geometry = torch.from_numpy(self.dataset.image(row)), Geometry.whole((1, 1))
        given, weights = torch.tensor(self.dataset.labels(row)), self._weights(row, (1, 1), geometry)
        if weights is not None:
            given = given.masked_fill(weights == 0, IGNORE)
        sample = Sample(row, point, given, None, geometry, weights)
        if len(self._points) < MOST_POINTS:
            self._points[row] = sample
        return sample


class Stream:
    """Named rows of a data set, as batches of samples.

    Args:
        name: of the stream.
        views: what loads them.
        rows: which rows, of that data set.
        batch_size: rows per batch, over all processes.
        share: this process's place and the number of processes; every process gets its part of the same
            global batches, so training does not depend on how many there are.
        trusted: the labels of these rows were declared verified.
        copies: views drawn of every row.
    """

    def __init__(
        self,
        name: str,
        views: Views,
        rows: Sequence[int],
        *,
        batch_size: int,
        share: tuple[int, int] = (0, 1),
        trusted: bool = False,
        copies: int = 1,
    ) -> None:
        self.name, self.views, self.trusted, self.copies = name, views, trusted, copies
        self.batch_size, self.share = batch_size, share
        self.rows = np.asarray(rows, dtype=np.int64)
        self.weights: np.ndarray | None = None

    @property
    def steps(self) -> int:
        """Batches an epoch has. Incomplete ones are left out, unless there is no other."""
        visits = len(self.rows) * self.views.plan.repeats
        return 0 if not visits else max(1, visits // self.batch_size)

    def use(self, rows: Sequence[int] | np.ndarray, weights: np.ndarray | None) -> None:
        """Draw from other rows from now on; with weights, with replacement in proportion to them."""
        self.rows = np.asarray(rows, dtype=np.int64)
        self.weights = None if weights is None else np.asarray(weights, dtype=float)

    def epoch(self, *names: int) -> Iterator[list[list[Sample]]]:
        """This process's part of every batch of an epoch, `copies` views of each.

        The order depends on the seed, the stream and `names` (such as the epoch's number) alone.
        """
        seed = self.views.plan.seed
        rng = np.random.default_rng(seed_for("order", self.name, seed, *names))
        repeats = self.views.plan.repeats
        order = np.concatenate([rng.permutation(self.rows) for _ in range(repeats)])
        if self.weights is not None:
            order = rng.choice(self.rows, size=len(order), p=self.weights / self.weights.sum())
        view = seed_for("view", self.name, seed)
        place, parts = self.share
        looks = []
        for step in range(self.steps):
            batch = order[step * self.batch_size : (step + 1) * self.batch_size]
            mine = batch[place * len(batch) // parts : (place + 1) * len(batch) // parts].tolist()
            drawn = (view, *names, step)
            looks.append([Look(row, (*drawn, row, copy)) for copy in range(self.copies) for row in mine])
        for samples in self._load(looks):
            length = len(samples) // self.copies
            yield [samples[start : start + length] for start in range(0, len(samples), length)]

    def ordered(self, batch_size: int) -> Iterator[list[Sample]]:
        """Every row once, in order, unaugmented; batches hold images of one size."""
        runs: list[list[Look]] = []
        size = None
        for row in self.rows.tolist():
            here = self.views.dataset.size(row)
            if here != size or len(runs[-1]) == batch_size:
                runs.append([])
                size = here
            runs[-1].append(Look(row))
        return self._load(runs)

    def _load(self, looks: list[list[Look]]) -> Iterator[list[Sample]]:
        if self.views.plan.workers == 0:
            return ([self.views[look] for look in batch] for batch in looks)
        loader: DataLoader[Sample] = DataLoader(
            self.views,
            batch_sampler=looks,  # what Views is indexed by
            num_workers=self.views.plan.workers,
            collate_fn=list,
        )
        return iter(loader)


def standardised(image: np.ndarray) -> Float[np.ndarray, "c h w"]:
    """An image "h w c" with mean 0 and standard deviation 1 over all its pixels and channels, planes first.

    Per image, because exposure differs from photo to photo; over channels together, because hue is evidence.
    """
    planes = image.transpose(2, 0, 1).astype(np.float32)
    return np.ascontiguousarray((planes - planes.mean()) / max(float(planes.std()), 1e-3))


def _in_view(labels: Labels, geometry: Geometry, first_object: int) -> tuple[Tensor, Objects | None]:
    """The labels of a view: a class, a map, or objects with something left inside the window."""
    if isinstance(labels, Instances):
        return torch.zeros(0, dtype=torch.long), _objects_in_view(labels, geometry, first_object)
    if isinstance(labels, np.ndarray):
        plane = geometry.forward(torch.from_numpy(labels).float(), LABEL_FILL)
        return plane.long(), None
    return torch.tensor(labels), None


def _objects_in_view(labels: Instances, geometry: Geometry, first_object: int) -> Objects:
    boxes = geometry.boxes(torch.from_numpy(labels.boxes))
    extent = boxes[:, 2:] - boxes[:, :2]
    rows = ((extent.amin(dim=1) >= 1) & ~torch.from_numpy(labels.crowd)).nonzero()[:, 0]
    # Of a large image only what the window may show: unpacking all of it took most of a step.
    codes = [labels.masks[row] for row in rows.tolist()]
    masks = geometry.forward(torch.from_numpy(rle.unpack(codes, labels.size)), 0.0)
    shown = masks.flatten(1).any(dim=1)
    kept = rows[shown]
    classes = torch.from_numpy(labels.classes.astype(np.int64))
    return Objects(boxes[kept], classes[kept], masks[shown].contiguous(), first_object + kept)


def _unit_weights(dataset: Dataset, trust: Trust) -> Float[Tensor, "n"] | None:
    """Weights of all images or all objects, by row; None for label maps, which have theirs in files."""
    task = dataset.problem.task
    if task == Task.SEMANTIC:
        return None
    keys = object_keys(dataset) if task == Task.INSTANCE else dataset.keys
    return torch.tensor([trust.of_unit(key) for key in keys], dtype=torch.float32)


def _object_offsets(dataset: Dataset) -> np.ndarray | None:
    """Row of each image's first object in the data set's list of all objects."""
    if not len(dataset):
        raise BadInput(f"{dataset.name} ({dataset.split}) has no images to learn from")
    if not isinstance(dataset.labels(0), Instances):
        return None
    counts = [
        len(labels) for row in range(len(dataset)) if isinstance(labels := dataset.labels(row), Instances)
    ]
    return np.concatenate([[0], np.cumsum(counts)])
