"""Co-teaching: Han, Yao, Yu, Niu, Xu, Hu, Tsang & Sugiyama, NeurIPS 2018, arXiv:1804.06872."""

from dataclasses import dataclass
from typing import ClassVar

from truemask.batch import Batch
from truemask.losses.cross_entropy import cross_entropy
from truemask.methods.knobs import check_share
from truemask.methods.method import Engine, Method, Setup
from truemask.methods.selection import smallest
from truemask.types import BadInput, Task


@dataclass(frozen=True, kw_only=True)
class CoTeaching(Method):
    """Two networks; each learns only from the labels that its peer finds easiest. They predict together.

    Wrong labels are fitted late, so early on a small loss hints at a right label. A network that chose its
    own would confirm its own mistakes, hence the peer. In label maps each given class drops its share of
    pixels on its own: over a whole map, rare classes would hardly ever be learned from.

    Args:
        forget_rate: share of units dropped after the ramp, in [0, 1). The noise rate is a good guess; in
            label maps no more than 0.5, for the pixels of outlines go first.
        ramp_epochs: over which the dropped share grows evenly from 0; 0: all at once.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.CLASSIFICATION, Task.SEMANTIC})

    forget_rate: float = 0.2
    ramp_epochs: int = 10

    def __post_init__(self) -> None:
        check_share("co_teaching", "forget_rate", self.forget_rate)
        if self.ramp_epochs < 0:
            raise BadInput(f"co_teaching needs ramp_epochs >= 0, got ramp_epochs={self.ramp_epochs}")

    def build(self, setup: Setup) -> None:
        """Two networks with initial weights of their own; both predict."""
        setup.network("main")
        setup.network("peer")

    def kept_share(self, epoch: int) -> float:
        """Share of units that an epoch, from 0, learns from."""
        ramp = min(1.0, epoch / self.ramp_epochs) if self.ramp_epochs else 1.0
        return 1 - self.forget_rate * ramp

    def step(self, engine: Engine, batch: Batch) -> dict[str, float]:
        """One update of both networks, each on what the other one selects."""
        main, peer = (
            cross_entropy(engine.logits(engine.networks[name], batch), batch.labels)
            for name in ("main", "peer")
        )
        share = self.kept_share(engine.epoch)
        per_class = engine.problem.task == Task.SEMANTIC
        by_main = smallest(main, batch.labels, share, per_class=per_class)
        by_peer = smallest(peer, batch.labels, share, per_class=per_class)
        # Selection carries no gradient, so each term trains one network: one optimiser is exactly two.
        loss = engine.mean(main, batch.weigh(by_peer)) + engine.mean(peer, batch.weigh(by_main))
        engine.update(loss)
        return {"loss": loss.item() / 2, "kept": share}
