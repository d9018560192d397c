"""Applies accepted findings to a data set, image by image, and keeps account of what came of each."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from truemask.audit.findings import Finding
from truemask.data.dataset import Dataset
from truemask.data.write import without_ignore
from truemask.fixing.accept import Verdicts
from truemask.fixing.image_classes import fixed_class
from truemask.fixing.label_maps import fixed_map
from truemask.fixing.objects import fixed_objects
from truemask.fixing.rule import classes_of
from truemask.fixing.wanted import Outcome, Wanted, by_rank
from truemask.noise.digest import digest, hash_of
from truemask.types import IGNORE, BadInput, Instances, Labels, Task

_UNITS = ("segment", "instance", "image")
"""Levels of findings that can be applied to the labels of one image."""


class Fixer:
    """The fixed labels of a data set, and the account of them, complete once all rows were asked for.

    Args:
        dataset: as it was audited.
        findings: see `findings.SCHEMA`.
        verdicts: which of them are accepted.
        elsewhere: keys of other splits, whose labels stay: findings about them are counted and left alone.

    Raises:
        BadInput: if the findings are about other classes or images.
    """

    def __init__(
        self, dataset: Dataset, findings: pa.Table, verdicts: Verdicts, elsewhere: Collection[str] = ()
    ) -> None:
        self.dataset, self.findings, self.verdicts = dataset, findings, verdicts
        self.outcomes: dict[int, Outcome] = {}
        """By row of the findings: what came of those that are accepted."""
        self.left_alone = 0
        """Accepted findings about images of other splits."""
        self.left_out: list[int] = []
        """Rows of images without a class now, for which the format of the data set has no place."""
        self._before: dict[str, bytes] = {}
        self._after: dict[str, bytes] = {}
        names = tuple(classes_of(findings))
        if names != dataset.problem.classes:
            raise BadInput(
                f"the findings know the classes {', '.join(names)}; {dataset.name} has "
                f"{', '.join(dataset.problem.classes)}; fix the data set that was audited"
            )
        self.actions = self._actions()
        """By row of the findings: what the audit, or the reviewer, would have done."""
        self._by_image = self._grouped(elsewhere)

    def labels(self) -> Iterator[Labels]:
        """The labels of every row; rows without an accepted finding give back what they were given."""
        for kept in (self._before, self._after, self.left_out):
            kept.clear()
        no_ignore = without_ignore(self.dataset)
        for row, key in enumerate(self.dataset.keys):
            given = self.dataset.labels(row)
            fixed = self._fixed(given, key)
            self._before[key] = digest(given)
            if no_ignore and fixed == IGNORE:
                self.left_out.append(row)
            else:
                self._after[key] = digest(fixed)
            yield fixed

    @property
    def hashes(self) -> tuple[str, str]:
        """Of all labels of the split, as they were given and as they are fixed, without what is left out."""
        return hash_of(self._before), hash_of(self._after)

    @property
    def images_changed(self) -> int:
        """Images whose labels are others than they were, or that are left out."""
        return sum(self._after.get(key) != before for key, before in self._before.items())

    def applied(self) -> set[int]:
        """Rows of the findings that were acted on."""
        return {row for row, one in self.outcomes.items() if one.outcome == "applied"}

    def uncertain(self) -> Iterator[tuple[str, list[Finding]]]:
        """The findings that nobody accepted or rejected, or that could not be applied, by image.

        Where a better ranked finding was applied instead, the label is no longer the one in doubt.
        """
        for key, rows in self._by_image.items():
            doubtful = [row for row in rows if self._is_open(row)]
            if doubtful:
                yield key, self._listed(doubtful)

    def _listed(self, rows: Sequence[int]) -> list[Finding]:
        """Findings of the table, as their reviewer wants them."""
        said = self.findings.take(pa.array(rows, pa.int64())).to_pylist()
        return [self._edited(_finding(one), row) for one, row in zip(said, rows, strict=True)]

    def _edited(self, finding: Finding, row: int) -> Finding:
        if self.dataset.problem.task == Task.INSTANCE and finding.image not in self._keys:
            image, _, id_ = finding.image.rpartition("#")
            finding = replace(finding, image=image, level="instance", objects=(int(id_),))
        decision = self.verdicts.decisions.get(self.verdicts.ids[row])
        return finding if decision is None else decision.edited(finding)

    def _fixed(self, given: Labels, key: str) -> Labels:
        wanted, rows = self._wanted(key)
        if not wanted:
            return given
        problem = self.dataset.problem
        outcomes: list[Outcome]
        fixed: Labels
        if isinstance(given, Instances):
            fixed, outcomes = fixed_objects(given, wanted, key)
        elif isinstance(given, np.ndarray):
            fixed, outcomes = fixed_map(given, wanted, key, problem)
        else:
            fixed, outcomes = fixed_class(given, wanted, key, problem)
        for one, outcome in zip(wanted, outcomes, strict=True):
            self.outcomes[rows[id(one)]] = outcome
        return fixed

    def _wanted(self, key: str) -> tuple[list[Wanted], Mapping[int, int]]:
        """What is to be done to an image, the best ranked first, and the rows of the findings."""
        ids, ranks = self.verdicts.ids, self._ranks
        rows = [row for row in self._by_image.get(key, ()) if self.verdicts.accepted_by[row] is not None]
        found = zip(rows, self._listed(rows), strict=True) if rows else ()
        wanted = {row: Wanted(ids[row], ranks[row], finding) for row, finding in found}
        return by_rank([*wanted.values()]), {id(one): row for row, one in wanted.items()}

    def _grouped(self, elsewhere: Collection[str]) -> Mapping[str, Sequence[int]]:
        """Rows of the findings by the key of their image."""
        self._keys = set(self.dataset.keys)
        self._ranks: list[int] = self.findings["rank"].to_pylist()
        groups: dict[str, list[int]] = {}
        columns = zip(self.findings["image"].to_pylist(), self.findings["level"].to_pylist(), strict=True)
        others = set(elsewhere)
        for row, (image, level) in enumerate(columns):
            accepted = self.verdicts.accepted_by[row] is not None
            if level not in _UNITS:
                if accepted:
                    why = f"speaks of a {level.replace('_', ' ')}, not of labels"
                    self.outcomes[row] = Outcome(self.verdicts.ids[row], "impossible", why=why)
                continue
            key = self._key_of(image)
            if key in self._keys:
                groups.setdefault(key, []).append(row)
            elif key in others:
                self.left_alone += accepted
            else:
                raise BadInput(
                    f"the findings speak of image {image!r}, which {self.dataset.name} "
                    f"({self.dataset.split}) does not have; fix the data set that was audited"
                )
        return groups

    def _key_of(self, image: str) -> str:
        """The image of a finding; those of single objects are named IMAGE#ID."""
        if image in self._keys or self.dataset.problem.task != Task.INSTANCE:
            return image
        return image.rpartition("#")[0] or image

    def _actions(self) -> list[str]:
        edits = (self.verdicts.decisions.get(id_) for id_ in self.verdicts.ids)
        given = self.findings["action"].to_pylist()
        return [
            action if one is None else str(one.edit.get("action", action))
            for action, one in zip(given, edits, strict=True)
        ]

    def _is_open(self, row: int) -> bool:
        if self.verdicts.rejected[row] or self.actions[row] == "none":
            return False
        outcome = self.outcomes.get(row)
        return outcome is None or outcome.outcome == "impossible"


def _finding(said: Mapping[str, Any]) -> Finding:
    """A row of the table as what it was made from; its weight is not kept, and not needed."""
    box = tuple(said[side] for side in ("x0", "y0", "x1", "y1"))
    return Finding(
        level=said["level"],
        image=said["image"],
        kind=said["kind"],
        score=said["score"],
        evidence=said["evidence"],
        weight=0.0,
        given=said["given"],
        proposed=said["proposed"],
        size=None if said["height"] is None else (said["height"], said["width"]),
        area_px=said["area_px"],
        box=None if box[0] is None else box,
        rle=said["rle"],
        objects=tuple(said["objects"] or ()),
        shapes=tuple(said["shapes"] or ()),
        action=said["action"],
        p_wrong=said["p_wrong"],
    )
