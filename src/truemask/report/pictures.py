"""Pictures of labels on their images: what is labelled, and what was changed."""

import numpy as np
from jaxtyping import Bool, UInt8

from truemask import rle
from truemask.report.drawing import as_rgb, enlarged, hatch, readable_on, rim, text_size, tint, write
from truemask.report.palette import ADDED, GREY, REMOVED, SWAPPED, Colour, palette
from truemask.types import IGNORE, BadInput, Instances, Labels, Problem

Picture = UInt8[np.ndarray, "_ _ 3"]
"""Red, green, blue."""
Mask = Bool[np.ndarray, "h w"]

_FILL = 0.35
"""The share of a label's colour in its fill: the image stays visible."""


def overlay(image: UInt8[np.ndarray, "h w c"], labels: Labels, problem: Problem, *, zoom: int = 1) -> Picture:
    """The image with its labels over it, `zoom` times as large.

    Classes are filled lightly and outlined; the background stays clear, IGNORE and crowds are hatched.
    Objects with room for it carry the name of their class, and so does an image whose label is one class.
    """
    picture = as_rgb(enlarged(image, zoom))
    if isinstance(labels, Instances):
        _draw_objects(picture, labels, problem, zoom)
    elif isinstance(labels, np.ndarray):
        _draw_map(picture, enlarged(labels, zoom), problem)
    else:
        _tag(picture, _class_name(labels, problem), (0, picture.shape[0]), _class_colour(labels, problem))
    return picture


def changes_picture(
    image: UInt8[np.ndarray, "h w c"], before: Labels, after: Labels, problem: Problem, *, zoom: int = 1
) -> Picture:
    """The image in grey, with what was changed between two labels of it in the colours of `palette.CHANGES`.

    What became IGNORE, or ceased to be it, is hatched. Objects are matched by id; those that stayed have a
    white outline.

    Raises:
        BadInput: if the labels are of different kinds or sizes.
    """
    picture = _greyed(enlarged(image, zoom))
    if isinstance(before, Instances) and isinstance(after, Instances) and before.size == after.size:
        _draw_object_changes(picture, before, after, problem, zoom)
    elif isinstance(before, np.ndarray) and isinstance(after, np.ndarray) and before.shape == after.shape:
        _draw_map_changes(picture, enlarged(before, zoom), enlarged(after, zoom), problem)
    elif isinstance(before, int) and isinstance(after, int):
        _draw_class_change(picture, before, after, problem)
    else:
        raise BadInput("changes are between labels of one kind and size; these two are of different ones")
    return picture


def _draw_map(picture: Picture, labels: UInt8[np.ndarray, "h w"], problem: Problem) -> None:
    for class_id in np.unique(labels).tolist():
        where = labels == class_id
        if class_id == IGNORE:
            hatch(picture, where)
        elif class_id != problem.background:
            _draw_region(picture, where, _class_colour(class_id, problem))


def _draw_region(picture: Picture, where: Mask, colour: Colour, rim_px: int = 1) -> None:
    tint(picture, where, colour, _FILL)
    tint(picture, rim(where, rim_px), colour, 1)


def _draw_objects(picture: Picture, objects: Instances, problem: Problem, zoom: int) -> None:
    masks = [enlarged(mask, zoom) for mask in rle.unpack(objects.masks, objects.size)]
    for mask, class_id, crowd in zip(masks, objects.classes.tolist(), objects.crowd.tolist(), strict=True):
        if crowd:
            hatch(picture, mask)
        _draw_region(picture, mask, _class_colour(class_id, problem), rim_px=min(zoom, 2))
    # Names come last, so that no fill lies over them.
    for mask, class_id, crowd in zip(masks, objects.classes.tolist(), objects.crowd.tolist(), strict=True):
        name = _class_name(class_id, problem) + (" (crowd)" if crowd else "")
        if _has_room(mask, name):
            _tag_mask(picture, mask, name, _class_colour(class_id, problem))


def _draw_map_changes(
    picture: Picture, before: UInt8[np.ndarray, "h w"], after: UInt8[np.ndarray, "h w"], problem: Problem
) -> None:
    changed = before != after
    unknown = (before == IGNORE) | (after == IGNORE)
    nothing = -1 if problem.background is None else problem.background
    for where, colour in (
        (before == nothing, ADDED),
        (after == nothing, REMOVED),
        ((before != nothing) & (after != nothing), SWAPPED),
    ):
        tint(picture, changed & ~unknown & where, colour, 0.8)
    hatch(picture, changed & unknown)


def _draw_object_changes(
    picture: Picture, before: Instances, after: Instances, problem: Problem, zoom: int
) -> None:
    was, now = _by_id(before, zoom), _by_id(after, zoom)
    for key, (mask, class_id) in was.items():
        if key in now:
            _draw_object_change(picture, mask, now[key][0], swapped=class_id != now[key][1])
        else:
            _draw_region(picture, mask, REMOVED)
    for key in now.keys() - was.keys():
        _draw_region(picture, now[key][0], ADDED)
    for key, (mask, class_id) in was.items():
        name = _class_name(class_id, problem)
        if key not in now:
            _tag_mask(picture, mask, name, REMOVED)
        elif class_id != now[key][1]:
            _tag_mask(picture, mask, f"{name} > {_class_name(now[key][1], problem)}", SWAPPED)
    for key in sorted(now.keys() - was.keys()):
        _tag_mask(picture, now[key][0], _class_name(now[key][1], problem), ADDED)


def _draw_object_change(picture: Picture, was: Mask, now: Mask, *, swapped: bool) -> None:
    if swapped:
        _draw_region(picture, now, SWAPPED)
    else:
        tint(picture, rim(now), (255, 255, 255), 0.6)
    tint(picture, now & ~was, ADDED, 0.8)
    tint(picture, was & ~now, REMOVED, 0.8)


def _draw_class_change(picture: Picture, before: int, after: int, problem: Problem) -> None:
    if before == after:
        _tag(picture, _class_name(before, problem), (0, picture.shape[0]), GREY)
        return
    words = f"{_class_name(before, problem)} > {_class_name(after, problem)}"
    _tag(picture, words, (0, picture.shape[0]), SWAPPED)


def _by_id(objects: Instances, zoom: int) -> dict[int, tuple[Mask, int]]:
    masks = (enlarged(mask, zoom) for mask in rle.unpack(objects.masks, objects.size))
    return dict(zip(objects.ids.tolist(), zip(masks, objects.classes.tolist(), strict=True), strict=True))


def _greyed(image: UInt8[np.ndarray, "h w c"]) -> Picture:
    """Without colour and with less contrast, so that the colours of the changes stand out."""
    grey = as_rgb(image).mean(axis=2, keepdims=True)
    return np.round(np.repeat(40 + 0.7 * grey, 3, axis=2)).astype(np.uint8)


def _has_room(mask: Mask, name: str) -> bool:
    """Names of small objects would hide one another and what they name."""
    across, down = text_size(name)
    return bool(mask.sum() > across * down)


def _tag_mask(picture: Picture, mask: Mask, name: str, colour: Colour) -> None:
    if not mask.any():
        return
    rows, columns = np.nonzero(mask)
    _tag(picture, name, (int(columns.min()), int(rows.min()) - 8), colour)


def _tag(picture: Picture, name: str, corner_px: tuple[int, int], colour: Colour) -> None:
    write(picture, name, corner_px, colour=readable_on(colour), box=colour)


def _class_name(class_id: int, problem: Problem) -> str:
    return "?" if class_id == IGNORE else problem.classes[class_id]


def _class_colour(class_id: int, problem: Problem) -> Colour:
    if class_id == IGNORE:
        return GREY
    red, green, blue = palette(problem)[class_id].tolist()
    return red, green, blue
