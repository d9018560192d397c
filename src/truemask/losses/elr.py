"""Early-learning regularisation: Liu, Niles-Weed, Razavian & Fernandez-Granda, NeurIPS 2020.

arXiv:2007.00151.
"""

import torch
from jaxtyping import Float
from torch import Tensor

FLOOR = 1e-4
"""How close to sure a memory may be: keeps the logarithm finite, as the paper's clipping of p does."""


def elr(
    logits: Float[Tensor, "b k *space"], targets: Float[Tensor, "b k *space"]
) -> Float[Tensor, "b *space"]:
    """log(1 - <targets, p>), where targets remember what the network said of each unit early on.

    At most 0, and the lower the more prediction and memory agree: it pulls towards the memory, the harder the
    surer the memory is, and so away from wrong labels that are learned late. Added to cross entropy the sum
    goes below 0: that is normal. A unit without a memory has zeros, and costs 0.
    """
    # Clipping the memory instead of p leaves p its gradient where the network is sure.
    agreement = targets.float().clamp(max=1 - FLOOR) * logits.float().softmax(dim=1)
    return torch.log1p(-agreement.sum(dim=1))
