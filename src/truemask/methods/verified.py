"""What methods with verified rows share: a step by both kinds of rows, and a stage by verified ones alone."""

from dataclasses import dataclass

from truemask.batch import Batch
from truemask.methods.method import Engine, Method

STREAM = "trusted"
"""What methods call their stream of verified rows."""


def step_with_verified(engine: Engine, batch: Batch, *, noisy_weight: float = 1.0) -> dict[str, float]:
    """One update by noisy and verified rows, in proportion to how many there are of each.

    Args:
        engine: whose `main` network learns.
        batch: of noisy rows.
        noisy_weight: what a noisy row counts, where a verified one counts 1.
    """
    verified, others = len(engine.rows(STREAM)), noisy_weight * len(engine.rows("main"))
    network = engine.networks["main"]
    noisy = engine.loss(network, batch)
    sure = engine.loss(network, next(engine.batches(STREAM)))
    engine.update((others * noisy + verified * sure) / (verified + others))
    return {"loss": noisy.item(), "trusted_loss": sure.item()}


@dataclass(frozen=True)
class Verified(Method):
    """Hooks of a stage that learns verified rows alone, by cross entropy."""

    def step(self, engine: Engine, batch: Batch) -> dict[str, float]:
        """One update by verified rows; the noisy ones only set the number of steps."""
        loss = engine.loss(engine.networks["main"], next(engine.batches(STREAM)))
        engine.update(loss)
        return {"loss": loss.item()}
