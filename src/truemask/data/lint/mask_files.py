"""Mask folders file by file: maps that cannot be read, do not fit their image, or hold unknown values."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from truemask.data.formats.class_file import ClassTable, read_class_table
from truemask.data.formats.mask_folder import (
    IMAGES,
    OBJECTS,
    chosen_labels,
    guessed_table,
    homes_of,
    maps_in,
    root_of,
    whole_of,
)
from truemask.data.image_file import image_size, is_image, is_wide, read_map
from truemask.data.lint.finding import Finding
from truemask.data.lint.pictures import Picture, picture_of
from truemask.progress import watch
from truemask.types import BadInput, Task

_LISTED = 5


def check_mask_folder(
    path: Path,
    labels: str | None,
    task: Task | None,
    split: str | None,
    pictures: list[Picture],
    *,
    show: bool,
) -> Iterator[Finding]:
    """Findings about the images and maps of a mask folder; `pictures` fills with its images.

    Raises:
        BadInput: if it is not clear which labels are meant, or the class file is broken.
    """
    root, labels = root_of(path, labels)
    homes = homes_of(root)
    chosen = {name: home for name, home in homes.items() if split in (None, name)}
    if not chosen:
        raise BadInput(f"{path} has no split called {split!r}; there is: {', '.join(homes)}")
    maps: list[tuple[Path, Path]] = []
    for name, home in chosen.items():
        folder = chosen_labels(home, labels)
        images, twice = _by_stem(p for p in sorted((home / IMAGES).iterdir()) if is_image(p))
        yield from twice
        found, twice = _by_stem([] if folder is None else sorted(maps_in(home / folder)))
        yield from twice
        for stem, map_path in found.items():
            if stem in images:
                maps.append((images[stem], map_path))
            else:
                yield Finding(str(map_path), "", "image-missing", f"no image of that name in {IMAGES}")
        for stem, image in images.items():
            pictures.append(picture_of(name, image))
            if stem not in found:
                yield Finding(str(image), "", "image-unlabelled", f"no map of that name in {folder}")
    yield from _check_maps(watch("maps", maps, len(maps), show=show), _table(whole_of(root), maps, task))


def _check_maps(maps: Iterable[tuple[Path, Path]], table: ClassTable) -> Iterator[Finding]:
    known = np.zeros(2**16, dtype=bool)
    known[list(table.values)] = True
    if table.ignore is not None:
        known[table.ignore] = True
    for image, path in maps:
        try:
            values = read_map(path)
        except BadInput as error:
            yield Finding(str(path), "", "unreadable", str(error).removeprefix(f"{path}: "))
            continue
        yield from _check_size(image, path, values.shape)
        counts = np.bincount(values.ravel(), minlength=2**16)
        held = np.flatnonzero(counts)
        if table.task != Task.INSTANCE:
            strange = [int(value) for value in held if not known[value]]
            for value in strange[:_LISTED]:
                more = f"; {len(strange) - _LISTED} more values like it" if len(strange) > _LISTED else ""
                said = f"{counts[value]} px, no class of {len(table.names)}{more * (value == strange[0])}"
                yield Finding(str(path), f"value {value}", "class-unknown", said)
            if table.ignore is not None and held.tolist() == [table.ignore]:
                yield Finding(str(path), "", "label-blank", f"every pixel is {table.ignore} (IGNORE)")
        elif held.tolist() == [0]:
            yield Finding(str(path), "", "image-without-objects", "the map is 0 everywhere")


def _check_size(image: Path, path: Path, size: tuple[int, ...]) -> Iterator[Finding]:
    try:
        height, width = image_size(image)
    except BadInput:
        return  # told when the pictures are looked at
    if size != (height, width):
        said = f"the map has {size[0]} x {size[1]} px, its image {image.name} {height} x {width}"
        yield Finding(str(path), "", "size-mismatch", said)


def _table(root: Path, maps: list[tuple[Path, Path]], task: Task | None) -> ClassTable:
    """What the maps' values mean, as far as the maps that can be read tell."""
    said = read_class_table(root)
    if said is not None:
        return said
    readable = [path for _, path in maps if _is_readable(path)]
    if task == Task.INSTANCE or (readable and is_wide(readable[0])):
        return OBJECTS
    return guessed_table(root, readable)


def _is_readable(path: Path) -> bool:
    try:
        read_map(path)
    except BadInput:
        return False
    return True


def _by_stem(paths: Iterable[Path]) -> tuple[dict[str, Path], list[Finding]]:
    """Files by their name without suffix, and findings about names that are there twice."""
    by_stem: dict[str, Path] = {}
    twice = []
    for path in paths:
        if (first := by_stem.setdefault(path.stem, path)) != path:
            said = f"{first.name} has the same name but for its suffix"
            twice.append(Finding(str(path), "", "name-twice", said))
    return by_stem, twice
