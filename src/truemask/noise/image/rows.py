"""Noises that see more than one label at a time: images, other images, which classes an image has."""

from collections.abc import Mapping

from truemask.noise.image import realised, tags
from truemask.noise.image.biased import biased
from truemask.noise.image.dilution import dilution
from truemask.noise.image.instance_dependent import instance_dependent
from truemask.noise.image.replaced import cross_domain, open_set
from truemask.noise.image.set_noise import SetNoise
from truemask.noise.image.similar import cross_category
from truemask.noise.image.unbiased import unbiased
from truemask.noise.row import Noise
from truemask.types import Task

_KRAUSE = "Krause et al., ECCV 2016, arXiv:1511.06789"

ROWS: Mapping[str, Noise] = {
    "tags": Noise(
        tags.tags,
        level="image",
        tasks=frozenset({Task.SEMANTIC}),
        formula="P(tag missing) = miss, P(tag becomes another class) = swap, "
        "P(class that is not there becomes a tag) = spurious",
        realised=tags.missed,
        share_of="tags (foreground classes of an image) missing",
        declares="miss",
        example="tags:0.3,spurious=0.1,swap=0.1",
        nothing="tags:0",
        source="Lu et al., TPAMI 39(3), 2017",
    ),
}
"""By the name that a spec calls it: these act on one image at a time."""

SET_ROWS: Mapping[str, SetNoise] = {
    "open-set": SetNoise(
        open_set,
        formula="P(image of none of the classes) = rate; y stays",
        realised=realised.replaced,
        share_of="images replaced, among those with a label",
        declares="rate",
        example="open-set:0.4,from=digits",
        nothing="open-set:0,from=digits",
        source="Wang et al., CVPR 2018, arXiv:1804.00092",
    ),
    "cross-domain": SetNoise(
        cross_domain,
        formula="P(image of one of `meanings` foreign classes, the same for all of y) = rate; y stays",
        realised=realised.replaced,
        share_of="images replaced, among those with a label",
        declares="rate",
        example="cross-domain:0.3,from=digits",
        nothing="cross-domain:0,from=digits",
        source=_KRAUSE,
    ),
    "cross-category": SetNoise(
        cross_category,
        formula="P(j | y) = rate exp(-sharpness d(y, j)^2 / mean d^2) / sum over j, d between mean images",
        realised=realised.wrong,
        share_of="labels changed",
        declares="rate",
        example="cross-category:0.3",
        nothing="cross-category:0",
        source=_KRAUSE,
    ),
    "dilution": SetNoise(
        dilution,
        formula="alpha copies of each image, P(copy says j) = (1 - structure) / k + structure [j = map(y)]",
        realised=realised.diluted,
        share_of="copies whose label is not their image's",
        declares=None,
        example="dilution:2",
        nothing="dilution:0",
        source="Rolnick et al., arXiv:1705.10694",
    ),
    "biased": SetNoise(
        biased,
        formula="labels of a nearest-mean model (or a rule on brightness) where they are most surely wrong",
        realised=realised.wrong,
        share_of="labels changed",
        declares="rate",
        example="biased:0.3",
        nothing="biased:0",
        source="study of biased and unbiased mislabelling on MNIST (2017)",
    ),
    "unbiased": SetNoise(
        unbiased,
        formula="exactly rate N labels (or rate N_y of each class) to any other class alike",
        realised=realised.wrong,
        share_of="labels changed",
        declares="rate",
        example="unbiased:0.3",
        nothing="unbiased:0",
        source="Ma et al., ICML 2018, arXiv:1806.02612; Wang et al., ICCV 2019, arXiv:1908.06112",
    ),
    "instance-dependent": SetNoise(
        instance_dependent,
        formula="P(j | x, y) = q_x softmax(x W_y)_j over j other than y, q_x ~ N(rate, deviation^2) cut off",
        realised=realised.wrong,
        share_of="labels changed",
        declares="rate",
        example="instance-dependent:0.3",
        nothing="instance-dependent:0",
        source="Xia et al., NeurIPS 2020, arXiv:2006.07836",
    ),
}
"""By the name that a spec calls it: these act on a whole data set."""
