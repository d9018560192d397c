"""Audits that are killed outright, in forks of a process that has imported everything.

    python killed_audits.py POINTS WORDS...

does what `kill_and_compare` says, and prints it as JSON.
"""

import json
import os
import signal
import sys
from pathlib import Path

from truemask.cli import main

SAME = ("findings.parquet", "findings-uncut.parquet", "images.parquet", "audit.json", "calibration.json",
        "diagnosis.json", "weights.safetensors")  # fmt: skip
"""Files whose bytes must not depend on what happened; the page has the command in it."""
CHANGES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir")


def audit(words: list[str], out: str, kill_at: int = 0) -> int:
    """In a fork: how often `out` was touched; -1 if it was killed at one of these times."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _run(words, out, kill_at, writing)
    os.close(writing)
    with os.fdopen(reading) as stream:
        said = stream.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return -1
    assert os.WEXITSTATUS(status) == 0, f"exit code {os.WEXITSTATUS(status)}"
    return int(said)


def _run(words: list[str], out: str, kill_at: int, writing: int) -> None:
    """Does not return."""
    touched = 0

    def seen(event: str, args: tuple[object, ...]) -> None:
        nonlocal touched
        if event == "open":
            changes = isinstance(args[1], str) and not args[1].startswith("r")
        else:
            changes = event in CHANGES
        if changes and f"/{out}" in f"/{args[0]}":
            touched += 1
            if touched == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(seen)
    sys.argv = ["truemask", *words, "--out", out]
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    code = 1
    try:
        main()
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        with os.fdopen(writing, "w") as stream:
            stream.write(str(touched))
        os._exit(code)


def contents(out: Path) -> dict[str, bytes]:
    """Of files that must be the same, and the names of those that should not be there."""
    files = {str(path.relative_to(out)): path for path in out.rglob("*")}
    left = {name: b"" for name in files if Path(name).name.startswith(".")}
    same = {name: path.read_bytes() for name, path in files.items() if path.name in SAME}
    return left | same


def kill_and_compare(points: int, words: list[str]) -> dict[str, object]:
    """Run `truemask WORDS... --out` several times in the working folder: undisturbed, and killed by SIGKILL
    at the k-th time that it touches its output folder, for so many k from the first to the last, and then
    again as if nothing had been.

    Returns how often it touched its folder, the files that must not depend on it, and for each k the names of
    those that came out otherwise.
    """
    touched = audit(words, "whole")
    whole = contents(Path("whole"))
    other: dict[int, list[str]] = {}
    for place in sorted({1 + round(i * (touched - 1) / max(1, points - 1)) for i in range(points)}):
        out = f"killed-{place}"
        assert audit(words, out, place) == -1, f"was not killed at {place} of {touched}"
        audit(words, out)
        found = contents(Path(out))
        other[place] = sorted(name for name in {*whole, *found} if whole.get(name) != found.get(name))
    return {"touched": touched, "files": sorted(whole), "other": other}


if __name__ == "__main__":
    import truemask.commands.auditing  # noqa: F401 - once, not in each fork

    print(json.dumps(kill_and_compare(int(sys.argv[1]), sys.argv[2:])))
