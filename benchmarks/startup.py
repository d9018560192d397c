"""How long one waits for an answer: `truemask --help`, and the imports that scripts begin with."""

import subprocess
import sys
import sysconfig
from functools import partial
from pathlib import Path

import typer

from benchmarks.measure import Rounds, by_turns, spent
from benchmarks.report import Goal, Row, publish

HELP_GOAL_S = 0.5
MODULES = ("truemask", "truemask.noise", "truemask.data", "truemask.training")


def main(rounds: int = 7) -> None:
    """Print the table and keep it in benchmarks/results/startup.json."""
    commands = {
        "python, nothing imported": [sys.executable, "-c", ""],
        "truemask --help": [str(Path(sysconfig.get_path("scripts")) / "truemask"), "--help"],
        **{f"import {module}": [sys.executable, "-c", f"import {module}"] for module in MODULES},
    }
    taken = by_turns(
        {name: partial(spent, partial(run, command)) for name, command in commands.items()}, rounds
    )
    publish(
        "startup",
        "From the shell's prompt to the answer",
        [_row(name, times) for name, times in taken.items()],
        settings={"rounds": rounds},
        goals=[
            Goal(
                "truemask --help, median seconds",
                HELP_GOAL_S,
                taken["truemask --help"].median_s,
                at_least=False,
            )
        ],
        packages=("typer",),
    )


def run(command: list[str]) -> None:
    """Run a command whose output nobody reads."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _row(name: str, taken: Rounds) -> Row:
    return {
        "command": name,
        "wall s (median)": taken.median_s,
        "wall s (best)": taken.best_s,
        "CPU s": taken.median_cpu_s,
    }


if __name__ == "__main__":
    typer.run(main)
