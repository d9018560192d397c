"""What happens to broken files: small data sets of every format, each with one file damaged at random.

Every one must open and decode, or be refused in one line. Anything else is a bug, and is printed as one.
"""

import contextlib
import random
import resource
import shutil
import signal
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import typer

from benchmarks.report import Goal, Row, publish
from truemask import rle
from truemask.data import FORMATS, ArrayDataset, Splits, open_dataset, write_dataset
from truemask.data.files import link_or_copy
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

LONGEST_S = 20
"""A file that keeps a reader busy for longer counts as a bug."""
MOST_BYTES = 8 << 30
OPENED, REFUSED, BUG = "opens", "refused in one line", "bugs"
Mutation = Callable[[bytes, random.Random], bytes]


def main(examples: int = 1500, seed: int = 0) -> None:
    """Print the table and keep it in benchmarks/results/fuzz.json.

    Args:
        examples: damaged copies of each format and task.
        seed: of the damage.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    rows: list[Row] = []
    for name, row in FORMATS.items():
        for task in sorted(row.tasks):
            counts, slowest, complaints = fuzz(name, task, examples, seed)
            counted = {kind: counts[kind] for kind in (OPENED, REFUSED, BUG)}
            rows.append({"format": name, "task": task.value, **counted, "slowest s": slowest})
            for complaint, number in complaints.most_common():
                print(f"{name}, {task}: {number} times {complaint}")
    bugs = sum(int(row[BUG] or 0) for row in rows)
    publish(
        "fuzz",
        f"Damaged files: {examples} of each format and task",
        rows,
        settings={"examples": examples, "seed": seed},
        goals=[Goal("bugs", 0, bugs, at_least=False)],
    )


def fuzz(format: str, task: Task, examples: int, seed: int) -> tuple[Counter[str], float, Counter[str]]:
    """How often damaged copies of a small data set opened, were refused, or did something else; and what."""
    counts: Counter[str] = Counter()
    complaints: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        write_dataset(small_set(format, task), {}, source, format=format)
        for number in range(examples):
            copy = Path(folder) / "copy"
            what = damage(source, copy, random.Random(f"{format} {task} {seed} {number}"))
            started = time.perf_counter()
            outcome, complaint = outcome_of(copy, task)
            slowest = max(slowest, time.perf_counter() - started)
            counts[outcome] += 1
            if complaint:
                complaints[f"{complaint} (such as {what}, number {number})"] += 1
            shutil.rmtree(copy)
    return counts, slowest, complaints


def outcome_of(path: Path, task: Task) -> tuple[str, str]:
    """OPENED, REFUSED or BUG, and what was wrong in the last case."""
    try:
        with _time_limit(), warnings.catch_warnings():
            warnings.simplefilter("error")  # a warning about a file reaches the user as noise on the screen
            read_all(open_dataset(path, task=task))
    except BadInput as error:
        return (BUG, "a complaint of several lines") if "\n" in str(error) else (REFUSED, "")
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        last = traceback.extract_tb(error.__traceback__)[-1]
        return BUG, f"{type(error).__name__}: {error} in {Path(last.filename).name}:{last.lineno}"[:200]
    return OPENED, ""


def read_all(splits: Splits) -> None:
    """Decode every image and every label; masks, too."""
    for data in splits.splits.values():
        for row in range(len(data)):
            data.image(row)
            labels = data.labels(row)
            if isinstance(labels, Instances):
                rle.unpack(labels.masks, labels.size)


def damage(source: Path, copy: Path, rng: random.Random) -> str:
    """Link a data set to `copy`, one or two of its files damaged; says which and how."""
    files = sorted(path for path in source.rglob("*") if path.is_file())
    for path in files:
        link_or_copy(path, copy / path.relative_to(source))
    said = []
    homes = sorted({path.parent for path in files})  # a label file is as likely as an image
    for home in rng.sample(homes, k=min(len(homes), rng.choice((1, 1, 1, 2)))):
        path = rng.choice([path for path in files if path.parent == home])
        name = rng.choice(list(MUTATIONS))
        target = copy / path.relative_to(source)
        content = MUTATIONS[name](target.read_bytes(), rng)
        target.unlink()  # a link: the source must stay whole
        if name != "gone":
            target.write_bytes(content)
        said.append(f"{path.relative_to(source)} {name}")
    return ", ".join(said)


def _flip(content: bytes, rng: random.Random) -> bytes:
    flipped = bytearray(content)
    for _ in range(rng.choice((1, 1, 3, 20))):
        if flipped:
            flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
    return bytes(flipped)


def _truncate(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _cut_out(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content) + 1)
    return content[:start] + content[start + rng.choice((1, 2, 10, 100)) :]


def _repeat(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content) + 1)
    end = start + rng.choice((1, 2, 10, 100))
    return content[:end] + content[start:end] * rng.choice((1, 3)) + content[end:]


def _splice(content: bytes, rng: random.Random) -> bytes:
    """Some bytes that mean something to some parser, in the place of others."""
    start = rng.randrange(len(content) + 1)
    piece = rng.choice(
        (
            *(b'"', b"{", b"}", b"[", b"]", b",", b"<", b">", b"&", b"\0", b"\xff", b"\n", b"-", b"."),
            *(b"9" * 20, b"1e400", b"NaN", b"null", b"-1", b"0", b'"a"', b"[[]]", b"{}", b"\xf0\x9f\x8c\xb3"),
        )
    )
    return content[:start] + piece + content[start + rng.choice((0, 1, len(piece))) :]


def _swap(content: bytes, rng: random.Random) -> bytes:
    """Two lines, or two runs of bytes where there are no lines, change places."""
    parts = content.splitlines(keepends=True)
    if len(parts) < 2:
        middle = rng.randrange(len(content) + 1)
        return content[middle:] + content[:middle]
    i, j = rng.sample(range(len(parts)), 2)
    parts[i], parts[j] = parts[j], parts[i]
    return b"".join(parts)


def _number(content: bytes, rng: random.Random) -> bytes:
    """A digit becomes another number: ids that refer to nothing, sizes that cannot be."""
    digits = [i for i, byte in enumerate(content) if 48 <= byte <= 57]
    if not digits:
        return _flip(content, rng)
    at = rng.choice(digits)
    other = rng.choice((b"0", b"7", b"-3", b"99999", b"0.5", b"123456789012"))
    return content[:at] + other + content[at + 1 :]


MUTATIONS: dict[str, Mutation] = {
    "flipped": _flip,
    "truncated": _truncate,
    "cut": _cut_out,
    "repeated": _repeat,
    "spliced": _splice,
    "swapped": _swap,
    "another number": _number,
    "empty": lambda content, _: content[:0],
    "gone": lambda content, _: content[:0],
}


def small_set(format: str, task: Task) -> Splits:
    """Two splits of two images with three classes, without what the format cannot hold."""
    rng = np.random.default_rng(5)
    loses = FORMATS[format].loses
    size = (32, 32) if task == Task.CLASSIFICATION else (12, 17)
    problem = Problem(
        task,
        ("background", "cat", "stop sign")[: 2 if "classes" in loses else 3],
        1 if task == Task.CLASSIFICATION and "colour" in loses else 3,
        None if task == Task.CLASSIFICATION else 0,
    )
    splits = {}
    for number, split in enumerate(("train", "test")):
        images = [rng.integers(0, 256, (*size, problem.channels), dtype=np.uint8) for _ in range(2)]
        labels = [_labels(problem, size, 10 * number + row) for row in range(2)]
        keys = [f"{split}-{i}" for i in range(2)]
        splits[split] = ArrayDataset("small", split, problem, keys, images, labels)
    return Splits("small", "memory", splits)


def _labels(problem: Problem, size: tuple[int, int], first: int) -> int | np.ndarray | Instances:
    if problem.task == Task.CLASSIFICATION:
        return first % problem.num_classes
    if problem.task == Task.SEMANTIC:
        labels = np.zeros(size, dtype=np.uint8)
        labels[2:7, 3:9], labels[8:, :5], labels[0, 0] = 1, problem.num_classes - 1, IGNORE
        return labels
    masks = np.zeros((2, *size), dtype=bool)
    masks[0, 2:7, 3:9], masks[1, 8:, :5] = True, True
    codes = rle.pack(masks)
    return Instances(
        size=size,
        classes=np.array([1, problem.num_classes - 1], dtype=np.uint8),
        masks=codes,
        boxes=rle.boxes(codes, size),
        ids=np.array([first * 2 + 1, first * 2 + 2]),
        crowd=np.zeros(2, dtype=bool),
    )


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    def stop(_signal: int, _frame: object) -> None:
        raise TimeoutError(f"longer than {LONGEST_S} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LONGEST_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


if __name__ == "__main__":
    typer.run(main)
