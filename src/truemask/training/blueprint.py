"""What a method's `build` asked for, noted down until the engine makes it."""

from dataclasses import dataclass, replace
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from truemask.training.store import StoreSpec
from truemask.training.streams import Views
from truemask.types import Problem, Task


@dataclass(frozen=True)
class StreamSpec:
    """What a method asked `Setup.stream` for."""

    batch_size: int | None = None
    views: int = 1
    trusted: bool = False


def saying(outputs: int, problem: Problem) -> Problem:
    """The problem as a network knows it that says `outputs` numbers of each unit instead of classes.

    Raises:
        BadInput: more numbers than a problem may have classes.
    """
    # A problem has two classes or more; whoever asked for a single number takes the first.
    names = tuple(f"output {number}" for number in range(max(2, outputs)))
    return replace(problem, classes=names)


class Blueprint:
    """Networks, parameters, stores and streams by name: `methods.method.Setup`, noted down."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.networks: dict[str, bool] = {}
        """Whether each predicts."""
        self.outputs: dict[str, int] = {}
        """Of networks that say something else than a number per class."""
        self.dropout: dict[str, float] = {}
        """Of networks whose dropout is the method's affair."""
        self.parameters: dict[str, tuple[Tensor, float]] = {}
        self.stores: dict[str, StoreSpec] = {}
        self.streams: dict[str, StreamSpec] = {"main": StreamSpec()}

    def network(
        self,
        name: str = "main",
        *,
        predicts: bool = True,
        outputs: int | None = None,
        dropout: float | None = None,
    ) -> None:
        """A network of the plan's architecture."""
        if outputs is not None and predicts:
            raise ValueError(f"network {name} with {outputs} outputs cannot predict classes")
        self.networks[name] = predicts
        if outputs is not None:
            self.outputs[name] = outputs
        if dropout is not None:
            self.dropout[name] = dropout

    def parameter(self, name: str, value: Float[Tensor, "*shape"], *, lr_scale: float = 1.0) -> None:
        """A trainable tensor beside the networks."""
        self.parameters[name] = (value, lr_scale)

    def store(
        self,
        name: str,
        *,
        channels: int,
        rule: Literal["replace", "ema", "ring"] = "replace",
        momentum: float = 0.0,
        dtype: Literal["float16", "uint8"] = "float16",
        stride: int = 1,
        learning_rate: float | None = None,
    ) -> None:
        """Values per unit of every training row."""
        self.stores[name] = StoreSpec(channels, rule, momentum, dtype, stride, learning_rate)

    def stream(
        self, name: str, *, batch_size: int | None = None, views: int = 1, trusted: bool = False
    ) -> None:
        """A second stream, or other settings for `main`."""
        self.streams[name] = StreamSpec(batch_size, views, trusted)

    def store_sizes(self, views: Views) -> list[tuple[int, ...]]:
        """Per row of a store the height and width of its units; () where a row is one unit."""
        dataset = views.dataset
        if self.problem.task == Task.SEMANTIC:
            return [dataset.size(row) for row in range(len(dataset))]
        if views.object_offsets is not None:
            return [()] * int(views.object_offsets[-1])
        return [()] * len(dataset)
