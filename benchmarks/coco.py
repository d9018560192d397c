"""A large COCO file: seconds and memory until its annotations can be asked for, against pycocotools.

Each loader runs in a process of its own. Neither fills polygons on loading, so filling the masks of some
images is timed apart. Linux alone says what a process needed at most since it began.
"""

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import typer

from benchmarks.report import Goal, Row, publish

PER_IMAGE = 7
FILLED = 500
"""Images whose masks are filled."""
SHARE_OF_MEMORY, TIMES_AS_LONG = 0.25, 1.0
OURS, PEER, FLOOR = "truemask, read_coco", "pycocotools, COCO(path)", "json.load, nothing kept"

TAKEN = """
import json, sys, time
from pathlib import Path
{imports}
path, images = sys.argv[1], int(sys.argv[2])
started = time.perf_counter()
{load}
loaded = time.perf_counter()
for row in range(images):
    {fill}
filled = time.perf_counter()
status = Path("/proc/self/status").read_text()
peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
print(json.dumps([loaded - started, (filled - loaded) / images, peak]))
"""
LOADERS = {
    OURS: {
        "imports": "from truemask.data.formats.coco_file import read_coco",
        "load": "columns = read_coco(Path(path))",
        "fill": "columns.objects(row)",
    },
    PEER: {
        "imports": "from pycocotools.coco import COCO",
        "load": "coco = COCO(path)",
        "fill": "[coco.annToRLE(a) for a in coco.loadAnns(coco.getAnnIds(imgIds=[row + 1]))]",
    },
    FLOOR: {
        "imports": "",
        "load": "with open(path) as stream:\n    json.load(stream)",
        "fill": "pass",
    },
}


def main(annotations: int = 1_000_000, rounds: int = 3) -> None:
    """Print the table and keep it in benchmarks/results/coco.json."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "instances.json"
        write_file(path, annotations)
        megabytes = path.stat().st_size / 1e6
        taken: dict[str, list[list[float]]] = {name: [] for name in LOADERS}
        for number in range(rounds):
            for name in list(LOADERS)[:: 1 if number % 2 == 0 else -1]:
                taken[name].append(load(name, path))
    rows = [_row(name, taken[name], annotations) for name in LOADERS]
    mine, peer = ([median(column) for column in zip(*taken[name], strict=True)] for name in (OURS, PEER))
    publish(
        "coco",
        f"A COCO file of {annotations:,} annotations, {megabytes:,.0f} MB",
        rows,
        settings={"annotations": annotations, "rounds": rounds, "images_filled": FILLED},
        goals=[
            Goal("peak memory over pycocotools'", SHARE_OF_MEMORY, mine[2] / peer[2], at_least=False),
            Goal("seconds over pycocotools'", TIMES_AS_LONG, mine[0] / peer[0], at_least=False),
        ],
        packages=("pycocotools", "faster-coco-eval"),
    )


def load(name: str, path: Path) -> list[float]:
    """Seconds to load, seconds to fill an image's masks, and peak bytes, of a fresh process."""
    code = TAKEN.format(**LOADERS[name])
    command = [sys.executable, "-c", code, str(path), str(FILLED)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    numbers: list[float] = json.loads(said.splitlines()[-1])
    return numbers


def write_file(path: Path, annotations: int) -> None:
    """A file with the fields of COCO, and polygons of about as many points: 22 on average, half up to 16."""
    rng = random.Random(0)
    shapes = [_shape(rng) for _ in range(2000)]
    images = max(FILLED, annotations // PER_IMAGE)
    with path.open("w", encoding="utf-8") as stream:
        stream.write('{"info": {"year": 2017}, "licenses": [], "images": [')
        for i in range(images):
            url = f"http://images.example.org/train2017/{i:012d}.jpg"
            entry = {"license": 3, "file_name": f"{i:012d}.jpg", "coco_url": url, "height": 480, "width": 640}
            stream.write(", " * (i > 0) + json.dumps({**entry, "flickr_url": url, "id": i + 1}))
        stream.write('], "annotations": [')
        for i in range(annotations):
            shape = shapes[rng.randrange(len(shapes))]
            image, category = rng.randrange(images) + 1, rng.randrange(1, 81)
            ids = f'"image_id": {image}, "category_id": {category}, "id": {i + 1}'
            stream.write(f"{', ' * (i > 0)}{{{shape}, {ids}}}")
        names = [{"id": i, "name": f"kind {i}", "supercategory": "kind"} for i in range(1, 81)]
        stream.write(f'], "categories": {json.dumps(names)}}}')


def _shape(rng: random.Random) -> str:
    """The fields of an annotation that its shape decides, as they stand in a file."""
    points = 4 + int(rng.lognormvariate(2.5, 0.9))
    x, y, side = rng.uniform(0, 500), rng.uniform(0, 400), rng.uniform(10, 80)
    polygon = [round(start + rng.uniform(0, side), 2) for _ in range(points) for start in (x, y)]
    box = [round(value, 2) for value in (x, y, side, side)]
    fields = {"segmentation": [polygon], "area": round(side * side, 5), "iscrowd": 0, "bbox": box}
    return json.dumps(fields)[1:-1]


def _row(name: str, taken: list[list[float]], annotations: int) -> Row:
    loading, filling, peak = (median(column) for column in zip(*taken, strict=True))
    return {
        "by": name,
        "s": loading,
        "annotations/s": annotations / loading,
        "peak MB": peak / 1e6,
        "bytes an annotation": peak / annotations,
        "ms to fill an image's masks": None if name == FLOOR else filling * 1e3,
    }


if __name__ == "__main__":
    typer.run(main)
