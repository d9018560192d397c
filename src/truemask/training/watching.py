"""Watches a run take its labels, step by step, at the price of one look at logits that are there anyway."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from truemask.batch import Batch
from truemask.seeds import seed_for
from truemask.training.label_dynamics import write_dynamics
from truemask.training.sketches import CELL, belief, remember
from truemask.training.streams import Sample, Views
from truemask.types import BadInput, Task

EARLY_SHARE = 1 / 3
"""Share of a run's epochs that counts as early: before wrong labels are learnt by heart."""


class LabelWatch:
    """Keeps a sketch of every label of the main stream: see `sketches`. Training is not changed by it.

    What counts is what the first network says of the batch as it was drawn, in training mode, augmented.

    Args:
        views: of the rows that training sees.
        epochs: of the whole run.
        file: six bytes a unit, memory-mapped; made anew.
    """

    def __init__(self, views: Views, epochs: int, file: Path) -> None:
        self._views = views
        self._early = math.ceil(epochs * EARLY_SHARE)
        dataset = views.dataset
        self._maps = dataset.problem.task == Task.SEMANTIC
        areas = [math.prod(dataset.size(row)) for row in range(len(dataset))] if self._maps else [1]
        if not self._maps:
            objects = views.object_offsets
            areas *= len(dataset) if objects is None else int(objects[-1])
        self._starts = np.concatenate([[0], np.cumsum(areas, dtype=np.int64)])
        file.parent.mkdir(parents=True, exist_ok=True)
        shape = (max(1, int(self._starts[-1])), len(CELL))
        self.cells = np.memmap(file, np.uint8, "w+", shape=shape).view(np.ndarray)
        self._written = np.zeros(len(areas), bool)
        self._batch: Batch | None = None
        self._samples: Sequence[Sample] = ()
        self._now = (0, 0)

    def expect(self, batch: Batch, samples: Sequence[Sample], epoch: int, step: int) -> None:
        """The batch that the coming step learns from."""
        self._batch, self._samples, self._now = batch, samples, (epoch, step)

    def see(self, batch: Batch, logits: Float[Tensor, "b k *space"]) -> None:
        """What a network says of a batch; only the first time counts, and only of the expected batch."""
        if batch is not self._batch:
            return
        self._batch = None
        said, rival = (one.cpu() for one in belief(logits.detach(), batch.labels))
        if not self._maps:
            self._take_units(batch.rows.cpu(), said, rival)
            return
        for sample, mine, other in zip(self._samples, said, rival, strict=True):
            plane, (rows, columns) = sample.geometry.backward(mine)
            others, _ = sample.geometry.backward(other)
            width = sample.geometry.size[1]
            first = int(self._starts[sample.row])
            across = np.arange(columns.start, columns.stop)
            at = first + np.arange(rows.start, rows.stop)[:, None] * width + across
            self._remember(sample.row, at.ravel(), plane, others)

    def see_objects(
        self,
        batch: Batch,
        rows: Int[Tensor, "n"],
        labels: Int[Tensor, "n"],
        logits: Float[Tensor, "n k"],
    ) -> None:
        """What a network says of the proposals in a batch of images; rows of -1 are background."""
        if batch is not self._batch:
            return
        self._batch = None
        of = rows >= 0
        said, rival = (one.cpu() for one in belief(logits.detach()[of], labels[of]))
        self._take_units(rows[of].cpu(), said, rival)

    def _take_units(self, rows: Tensor, said: Tensor, rival: Tensor) -> None:
        """A visit of each unit: the mean of what is said of it, and the rival of the least favourable."""
        units, place, counts = torch.unique(rows, return_inverse=True, return_counts=True)
        if not len(units):
            return
        mean = torch.zeros(len(units)).index_add_(0, place, said.float()) / counts
        order = np.lexsort((said.numpy(), place.numpy()))
        worst = rival[torch.from_numpy(order)][counts.cumsum(0) - counts]
        self._remember(int(units[0]), units.numpy(), mean, worst)
        self._written[units.numpy()] = True

    def _remember(self, row: int, at: np.ndarray, said: Tensor, rival: Tensor) -> None:
        epoch, step = self._now
        remember(
            self.cells,
            at,
            said.float().contiguous().numpy().ravel(),
            rival.contiguous().numpy().ravel(),
            epoch < self._early,
            seed_for("sketch", row, epoch, step),
        )
        self._written[row] = True

    def agree(self, gathered: Callable[[Tensor], Tensor], share: tuple[int, int]) -> None:
        """Take over what other processes saw in the epoch; of a row that several saw, what the first did.

        Args:
            gathered: sum of a tensor over all processes.
            share: this process's place, and the number of them.
        """
        place, processes = share
        mine = torch.zeros(processes, len(self._written))
        mine[place] = torch.from_numpy(self._written.astype(np.float32))
        seen = gathered(mine)
        for row in seen.any(dim=0).nonzero().flatten().tolist():
            cells = self.cells[self._starts[row] : self._starts[row + 1]]
            owner = int(seen[:, row].argmax())
            given = torch.from_numpy(cells.astype(np.int32) * (owner == place))
            cells[:] = gathered(given).cpu().numpy().astype(np.uint8)
        self._written[:] = False

    def restore(self, cells: Tensor | None) -> None:
        """Go on from a checkpoint's sketches.

        Raises:
            BadInput: the checkpoint has none.
        """
        if cells is None:
            raise BadInput("the run began without --watch-labels; resume it without, or begin anew")
        self.cells[:] = cells.numpy()

    def keep(self, folder: Path) -> None:
        """Write the sketches where an audit finds them.

        Raises:
            BadInput: nothing was seen: the method learns from no given image as it is.
        """
        if not self.cells[:, 0].any():
            raise BadInput("nothing to watch: this method shows no network the given images as they are")
        write_dynamics(folder, self._views.dataset, self.cells, self._starts)
