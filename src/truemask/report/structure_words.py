"""What the structure of a label set means, in sentences for whoever drew the labels."""

import math

import numpy as np

from truemask.structure.distinguish import condition, effective_classes, rank
from truemask.structure.label_budget import LabelBudget
from truemask.structure.label_structure import LabelStructure
from truemask.structure.windows import Window

ROUGH = 0.02
"""Speckle below this share of labels is what thin structure and ragged edges look like anyway."""


def speckle_words(found: LabelStructure, window: Window) -> list[str]:
    """How far labels look drawn pixel by pixel, and how wide one must look to see past it."""
    rate = found.covariance.speckle_rate()
    if math.isnan(rate):
        return ["There is no label."]
    if rate < ROUGH:
        first = "Neighbouring pixels agree about as much as regions drawn by hand do: there is no speckle."
    else:
        first = (
            f"Neighbouring pixels disagree as if {rate:.0%} of the labels had been changed at random, "
            "pixel by "
            "pixel. (A guess from the labels alone; structure a pixel or two wide looks like that, too.)"
        )
    return [
        first,
        f"Densities are shown in a window of {window.bandwidth_px:g} px, which gives the smallest error "
        "here: "
        "wider ones blur structure, narrower ones show chance.",
    ]


def matrix_words(found: LabelStructure) -> list[str]:
    """What is left of the classes after all mistakes."""
    transition = found.transition
    k = int((~np.isnan(transition).any(axis=1)).sum())
    areas = np.array([one.area_px for one in found.true], dtype=np.float64)
    told = effective_classes(transition, areas)
    clean = effective_classes(np.where(np.eye(k_all := len(transition), k_all + 1) > 0, 1.0, 0.0), areas)
    words = [
        f"{_share(found.wrong_share)} of the labels are not the true class.",
        f"A label says as much about the true class as a flawless one of {told:.2f} equally frequent classes "
        f"would; without mistakes it would be {clean:.2f}, by the areas of the {k} classes.",
    ]
    if rank(transition, smallest=1e-3) < k:
        words.append(
            "Some classes are mixed up for good (the matrix has not full rank): no number of such labels "
            "tells "
            "them apart."
        )
    else:
        words.append(
            f"The matrix has full rank ({k}), so the mistakes hide no class for good. Undoing them makes "
            "errors "
            f"up to {condition(transition):.1f} times larger."
        )
    return words


def mixture_words(rms_z: float) -> str:
    """Whether a matrix is all there is to the mistakes."""
    if math.isnan(rms_z):
        return "There is no mistake to look at."
    if rms_z < 1.3:
        return (
            "Mistakes are scattered pixel by pixel: densities are what the matrix predicts, to "
            f"{rms_z:.1f} standard "
            "errors. Networks average such mistakes out."
        )
    size = f"{rms_z:.0f}" if rms_z >= 10 else f"{rms_z:.1f}"
    if rms_z < 3:
        return (
            f"Not all mistakes are scattered: densities are {size} standard errors off what the matrix "
            "predicts "
            "for that. What lies in patches or along outlines, networks learn as if it were true."
        )
    return (
        f"Mistakes come in patches or follow outlines: densities are {size} standard errors off what the "
        "matrix "
        "predicts for scattered ones. Networks learn such mistakes as if they were true."
    )


def bias_words(name: str, bias_px: float) -> str:
    """Whether a class is drawn too large."""
    if math.isnan(bias_px):
        return f"{name}: no outline to compare."
    if abs(bias_px) < 0.25:
        return f"{name}: outlines run where they should, within a quarter of a pixel."
    side = "too large" if bias_px > 0 else "too small"
    return (
        f"{name}: drawn {side}; outlines run {abs(bias_px):.1f} px {'outside' if bias_px > 0 else 'inside'}."
    )


def budget_words(budget: LabelBudget, names: tuple[str, ...], images: int) -> list[str]:
    """Whether there are labels enough."""
    if math.isnan(budget.margin):
        return ["There is only one class, so there is nothing to tell apart."]
    one, other = (names[class_id] for class_id in budget.pair)
    if not budget.worth:
        return [f"Labels of {one} and {other} are alike: no number of them tells the two apart."]
    words = [
        f"{one} and {other} are the hardest to tell apart: there, one of these labels is worth "
        f"{budget.worth:.2g} of a correct one, and {images:,} images teach what {images * budget.worth:,.1f} "
        "correctly labelled ones would.",
        f"In a single image a region of some {budget.window_px:,.0f} px shows which of the two it is.",
        f"By the rule of thumb for small networks, {_images(budget.images_needed)} like these would be "
        "needed; "
        f"there are {images:,}: {'enough' if budget.enough else 'too few'}. (The rule was fitted on drawn "
        "organelles; trust its ratios more than its numbers.)",
    ]
    if budget.misled:
        who = ", ".join(names[class_id] for class_id in budget.misled)
        words.append(
            f"Most labels of {who} are another class's: plain training will say the other one. Use a method "
            "that knows the matrix (`truemask train --method forward`)."
        )
    return words


def _share(share: float) -> str:
    return "Less than 0.1%" if 0 < share < 0.001 else f"{share:.1%}"


def _images(count: float) -> str:
    if count < 1.5:
        return "a single image"
    return f"{count:,.0f} images"
