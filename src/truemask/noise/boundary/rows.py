"""Noises that move outlines."""

from collections.abc import Mapping

from truemask.noise.boundary import realised
from truemask.noise.boundary.affine import affine
from truemask.noise.boundary.box import box
from truemask.noise.boundary.coarse import coarse
from truemask.noise.boundary.coco_n import coco_n
from truemask.noise.boundary.elastic import elastic
from truemask.noise.boundary.holes import holes
from truemask.noise.boundary.markov import markov
from truemask.noise.boundary.morphology import dilate, erode
from truemask.noise.boundary.polygon_noise import jitter, simplify
from truemask.noise.boundary.shift import dilate_or_erode, shift
from truemask.noise.boundary.skeleton import skeleton
from truemask.noise.row import Noise
from truemask.types import Task

_LUO = "Luo et al., AAAI 2022, arXiv:2103.11594"
_YAO = "Yao et al., ICLR 2023"
_KIMHI = "Kimhi et al., arXiv:2406.10891"
_GONZALEZ = "Gonzalez-Jimenez et al., MICCAI 2023, arXiv:2306.00753"
_REDRAWN = "pixels changed (objects with another outline)"
# No row but holes declares its rate: a neighbour that grows changes a thing too, and a thing may come out
# of a redrawing as it was, so what is changed is not what was chosen.
_MAPS_AND_OBJECTS = frozenset({Task.SEMANTIC, Task.INSTANCE})

ROWS: Mapping[str, Noise] = {
    "dilate": Noise(
        dilate,
        level="boundary",
        tasks=_MAPS_AND_OBJECTS,
        formula="union of disks of radius_px around a thing's pixels; small things over large ones",
        realised=realised.redrawn,
        share_of=_REDRAWN,
        declares=None,
        example="dilate:2",
        nothing="dilate:0",
        source=_LUO,
        draws=False,
    ),
    "erode": Noise(
        erode,
        level="boundary",
        tasks=_MAPS_AND_OBJECTS,
        formula="pixels whose disk of radius_px lies within the thing; large things over small ones",
        realised=realised.redrawn,
        share_of=_REDRAWN,
        declares=None,
        example="erode:2",
        nothing="erode:0",
        source=_LUO,
        draws=False,
    ),
    "skeleton": Noise(
        skeleton,
        level="boundary",
        tasks=_MAPS_AND_OBJECTS,
        formula="medial lines of each class or object, one pixel wide; the rest becomes background",
        realised=realised.redrawn,
        share_of=_REDRAWN,
        declares=None,
        example="skeleton",
        nothing=None,
        source=_LUO,
        draws=False,
    ),
    "dilate_or_erode": Noise(
        dilate_or_erode,
        level="boundary",
        tasks=_MAPS_AND_OBJECTS,
        formula="dilate or erode by radius_px, each with chance 1/2, for each thing",
        realised=realised.redrawn,
        share_of=_REDRAWN,
        declares=None,
        example="dilate_or_erode:2",
        nothing="dilate_or_erode:0",
        source=_KIMHI,
    ),
    "shift": Noise(
        shift,
        level="boundary",
        tasks=_MAPS_AND_OBJECTS,
        formula="all within d of a thing gained (d > 0) or of what is beside it lost; d ~ U[low_px, high_px]",
        realised=realised.redrawn,
        share_of=_REDRAWN,
        declares=None,
        example="shift:-3,high_px=3",
        nothing="shift:0,high_px=0",
        source=_YAO,
    ),
    "markov": Noise(
        markov,
        level="boundary",
        tasks=_MAPS_AND_OBJECTS,
        formula="steps: pixels of the outer (theta1) or inner outline flip (theta2); then all (theta3); blur",
        realised=realised.redrawn,
        share_of=_REDRAWN,
        declares=None,
        example="markov:30",
        nothing="markov:30,rate=0",
        source=_YAO,
    ),
    "elastic": Noise(
        elastic,
        level="boundary",
        tasks=_MAPS_AND_OBJECTS,
        formula="y'(p) = y(p + alpha_px G_sigma * u(p)), u ~ U[-1, 1] in x and in y",
        realised=realised.redrawn,
        share_of=_REDRAWN,
        declares=None,
        example="elastic:50",
        nothing="elastic:0",
        source="NSegment+ (2025); Simard et al., ICDAR 2003",
    ),
    "simplify": Noise(
        simplify,
        level="boundary",
        tasks=_MAPS_AND_OBJECTS,
        formula="polygons with the fewest corners within tolerance_px of the outline (Douglas and Peucker)",
        realised=realised.redrawn,
        share_of=_REDRAWN,
        declares=None,
        example="simplify:3,rate=0.5",
        nothing="simplify:0",
        source=_KIMHI,
    ),
    "jitter": Noise(
        jitter,
        level="boundary",
        tasks=_MAPS_AND_OBJECTS,
        formula="corners of the outline moved by N(0, sigma_px^2) in x and in y",
        realised=realised.redrawn,
        share_of=_REDRAWN,
        declares=None,
        example="jitter:2",
        nothing="jitter:0",
        source=_KIMHI,
    ),
    "affine": Noise(
        affine,
        level="boundary",
        tasks=_MAPS_AND_OBJECTS,
        formula="moved by shift_px, scaled between 1 / scale and scale, turned by up to rotate_deg",
        realised=realised.redrawn,
        share_of=_REDRAWN,
        declares=None,
        example="affine:3,scale=1.2,rotate_deg=15",
        nothing="affine:0",
        source=_GONZALEZ,
    ),
    "box": Noise(
        box,
        level="boundary",
        tasks=_MAPS_AND_OBJECTS,
        formula="a thing's tight box instead of its mask, with chance rate",
        realised=realised.redrawn,
        share_of=_REDRAWN,
        declares=None,
        example="box:0.5",
        nothing="box:0",
        source="Dai et al., ICCV 2015, arXiv:1503.01640",
    ),
    "coarse": Noise(
        coarse,
        level="boundary",
        tasks=_MAPS_AND_OBJECTS,
        formula="the most frequent label of each block of factor_px x factor_px",
        realised=realised.redrawn,
        share_of=_REDRAWN,
        declares=None,
        example="coarse:3,rate=0.5",
        nothing="coarse:1",
        source="Cordts et al., CVPR 2016, arXiv:1604.01685",
    ),
    "holes": Noise(
        holes,
        level="boundary",
        tasks=_MAPS_AND_OBJECTS,
        formula="P(thing has count disks of radius_px taken out of it) = rate",
        realised=realised.punched,
        share_of="things with holes",
        declares="rate",
        example="holes:0.3",
        nothing="holes:0",
        source="truemask (2026)",
    ),
    "coco_n": Noise(
        coco_n,
        level="boundary",
        tasks=frozenset({Task.INSTANCE}),
        formula="P(other class), and P(simplified), P(jittered), P(resized) by the level's table",
        realised=realised.mixed,
        share_of="objects with another class or outline",
        declares=None,
        example="coco_n:medium",
        nothing=None,
        source=_KIMHI,
    ),
}
