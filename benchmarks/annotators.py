"""Annotators ranked by each other against their true ranking, on a pack with a crowd and experts.

The seven workers of BU-BIL (Gurari et al., WACV 2015) are judged by leave-one-out consensus, and truly by
their overlap with the majority of the experts, whom the audit does not see.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import typer

from benchmarks.report import Row, publish
from truemask.audit.evidence.annotators import annotator_quality, overlap, rank_correlation
from truemask.data import open_dataset
from truemask.data.formats.annotator_bits import label_names
from truemask.noise.annotator.fusion import Fusion

WAYS: tuple[Fusion, ...] = ("majority", "staple")
GROUPS = ("ds1", "ds3", "ds4")


def main(pack: Path, draws: int = 2000) -> None:
    """Print the table and keep it in benchmarks/results/annotators.json."""
    if not pack.is_dir():
        raise SystemExit(f"{pack} is not there; name the folder of BU-BIL")
    truth = open_dataset(pack, labels="consensus").split("all")
    crowd = [name for name in label_names(pack) if name.startswith("crowd-")]
    sets = {name: open_dataset(pack, labels=name).split("all") for name in crowd}
    problem = truth.problem
    rows_of = {name: {key: row for row, key in enumerate(data.keys)} for name, data in sets.items()}
    # Read once: the masks of all, small enough to hold.
    maps = {
        key: {name: np.asarray(data.labels(rows_of[name][key]), np.uint8) for name, data in sets.items()}
        for key in truth.keys
    }
    true = {
        key: {n: overlap(m, np.asarray(truth.labels(row), np.uint8), problem) for n, m in maps[key].items()}
        for row, key in enumerate(truth.keys)
    }
    table: list[Row] = []
    for group in (*GROUPS, "all"):
        keys = [key for key in truth.keys if group in (key.split("-")[0], "all")]

        def images(keys: list[str] = keys) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
            return ((key, maps[key]) for key in keys)

        truly = {name: float(np.mean([true[key][name] for key in keys])) for name in crowd}
        for way in WAYS:
            started = time.process_time()
            found = annotator_quality(images(), problem, how=way, draws=draws)
            table.append(
                {
                    "images": f"{group} ({len(keys)})",
                    "consensus": way,
                    "rank correlation": rank_correlation(
                        [one.agreement for one in found], [truly[one.name] for one in found]
                    ),
                    "best is best": float(found[0].name == max(truly, key=lambda name: truly[name])),
                    "worst is worst": float(found[-1].name == min(truly, key=lambda name: truly[name])),
                    "true spread": max(truly.values()) - min(truly.values()),
                    "width of 95 %": float(np.mean([one.high - one.low for one in found])),
                    "CPU s": time.process_time() - started,
                }
            )
    publish(
        "annotators",
        f"{len(crowd)} workers ranked by each other, against their overlap with the experts' majority",
        table,
        settings={"workers": len(crowd), "draws": draws, "pack": pack.name},
        notes=["workers are positions in a list, not people: who was first may differ from image to image"],
    )


if __name__ == "__main__":
    typer.run(main)
