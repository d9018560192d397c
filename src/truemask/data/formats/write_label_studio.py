"""Writing exports of Label Studio: results that did not change are carried over value by value."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from truemask.data.files import link_or_copy
from truemask.data.formats.class_file import CLASS_FILES
from truemask.data.formats.found import known_class
from truemask.data.formats.json_file import dump_json
from truemask.data.formats.label_studio import LabelStudioSplit
from truemask.data.formats.label_studio_file import IMAGES, SPLIT, read_tasks
from truemask.data.formats.label_studio_results import (
    BRUSH,
    CROWD,
    UNKNOWN,
    Result,
    new_result,
    set_flag,
    set_label,
    set_mask,
)
from truemask.data.formats.object_edits import Edit, Edits, edits_of
from truemask.data.formats.source_file import file_name, link_once, put_image
from truemask.data.splits import Splits
from truemask.types import BadInput, Instances, Labels

_EXPORT = "tasks.json"
_NAMES = "classes.json"
_TOOL = ("label", "image")
"""What brush and image are called in a labelling set-up, where the export does not say."""


def write_label_studio(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """A copy of an opened export with new objects; an export without a change is linked.

    Where an object's class changed, so does the label of its result; one with a new mask becomes a brush
    result; new ones come at the end of their annotation, with their id in the result's. All else stays, other
    annotators' annotations too.

    Raises:
        BadInput: if a class is none of the source's.
    """
    first = next(iter(source.splits.values()))
    assert isinstance(first, LabelStudioSplit)
    home, tasks, changed = first.path.parent, read_tasks(first.path), False
    for image in first.unlabelled:
        link_once(image, folder / image.relative_to(home))
    results: list[Result] = []
    for data in source.splits.values():
        assert isinstance(data, LabelStudioSplit)
        results += [result for task in data.tasks for result in task.results]
    tools = _tools(results)
    for split, data in source.splits.items():
        assert isinstance(data, LabelStudioSplit)
        for task in data.tasks:
            link_once(task.image, folder / task.image.relative_to(home))
        if split in relabelled:
            for row, after in zip(range(len(data)), relabelled[split], strict=True):
                assert isinstance(after, Instances)
                edits = edits_of(data.objects[row], after)
                if edits:
                    changed = True
                    annotation = tasks[data.tasks[row].place][data.kind][data.tasks[row].chosen]
                    annotation["result"] = _results(data, row, after, edits, tools)
    if changed:
        dump_json(folder / first.path.name, tasks)
    else:
        link_or_copy(first.path, folder / first.path.name)
    given = next((home / name for name in CLASS_FILES if (home / name).is_file()), None)
    if given is not None:
        link_or_copy(given, folder / given.name)
    else:
        _write_names(source.problem.classes, folder)


def write_as_label_studio(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """Any instance data set as an export: masks as brush results, splits in the tasks' data, ids in results'.

    Images are to be served from the folder (`/data/local-files/?d=images/...`). Boxes are not kept apart from
    masks; everything else of an object is.

    Raises:
        BadInput: if two classes have one name.
    """
    classes = source.problem.classes
    _write_names(classes, folder)
    tasks: list[dict[str, Any]] = []
    for split, data in source.splits.items():
        home = Path(IMAGES) if split == "all" else Path(IMAGES, split)
        rows = range(len(data))
        for row, objects in zip(rows, relabelled.get(split, map(data.labels, rows)), strict=True):
            assert isinstance(objects, Instances)
            image = home / file_name(data, row)
            put_image(data, row, folder / image)
            results = [_new(objects, i, classes, _TOOL) for i in range(len(objects))]
            tasks.append(
                {
                    "id": len(tasks) + 1,
                    "annotations": [{"id": len(tasks) + 1, "was_cancelled": False, "result": results}],
                    "predictions": [],
                    "data": {
                        "image": f"/data/local-files/?d={image.as_posix()}",
                        **({} if split == "all" else {SPLIT: split}),
                    },
                }
            )
    dump_json(folder / _EXPORT, tasks)


def _results(
    data: LabelStudioSplit, row: int, after: Instances, edits: Edits, tools: tuple[str, str]
) -> list[Result]:
    """The results of a changed annotation."""
    classes = data.problem.classes
    kept = dict(enumerate(data.tasks[row].results))
    for region in data.regions[row]:
        if region.id in edits.gone:
            del kept[region.place]
        elif edit := edits.changed.get(region.id):
            changed = _edited(kept[region.place], edit, after, classes, tools[0])
            kept[region.place] = changed
    return [*kept.values(), *(_new(after, at, classes, tools) for at in edits.added)]


def _edited(result: Result, edit: Edit, after: Instances, classes: Sequence[str], brush: str) -> Result:
    if edit.new_mask:
        result = set_mask(result, after.masks[edit.at], after.size, brush)
    if edit.new_class:
        name = known_class(int(after.classes[edit.at]), classes)
        result = result if name is None else set_label(result, name)
        result = set_flag(result, UNKNOWN, name is None)
    if edit.new_crowd:
        result = set_flag(result, CROWD, bool(after.crowd[edit.at]))
    return result


def _new(objects: Instances, i: int, classes: Sequence[str], tools: tuple[str, str]) -> Result:
    name = known_class(int(objects.classes[i]), classes)
    label = classes[1] if name is None else name
    result = new_result(int(objects.ids[i]), label, objects.masks[i], objects.size, *tools)
    return set_flag(set_flag(result, UNKNOWN, name is None), CROWD, bool(objects.crowd[i]))


def _tools(results: Sequence[Result]) -> tuple[str, str]:
    """What the export calls its brush and its image."""
    named = [r for r in results if isinstance(r.get("from_name"), str) and isinstance(r.get("to_name"), str)]
    brushes = [result for result in named if result.get("type") == BRUSH]
    brush = brushes[0]["from_name"] if brushes else _TOOL[0]
    return brush, (brushes or named)[0]["to_name"] if named else _TOOL[1]


def _write_names(classes: Sequence[str], folder: Path) -> None:
    names = classes[1:]
    if len(set(names)) < len(names) or "" in names:
        wrong = next(name for name in names if not name or names.count(name) > 1)
        raise BadInput(
            f"a class called {wrong!r} cannot stand among Label Studio's labels (again); rename it"
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _NAMES).write_text(json.dumps(names, indent=1) + "\n", encoding="utf-8")
