"""`data check`: what the linter found, by rule for people and as JSON for machines."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from truemask.bench.sources import Source
from truemask.data.lint import RULES, Finding, Severity, check

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}


def check_source(source: Source, *, as_json: bool, most: int, show: bool) -> bool:
    """Print what is wrong with a data set; True if nothing that is an error.

    Args:
        as_json: one JSON object instead of text for people, with every finding.
        most: findings printed of each rule.
        show: progress bars.

    Raises:
        BadInput: if there is no data set, or it is not clear which of its labels are meant.
    """
    found = list(check(source.where, labels=source.labels, task=source.task, split=source.split, show=show))
    counts = Counter(finding.severity for finding in found)
    if as_json:
        print(json.dumps(_as_json(source.where, found, counts), indent=1))
    else:
        _print(source.where, found, counts, most)
    return not counts[Severity.ERROR]


def _as_json(where: str, found: Sequence[Finding], counts: Mapping[Severity, int]) -> dict[str, object]:
    return {
        "source": where,
        "counts": {severity.value: counts[severity] for severity in Severity},
        "findings": [
            {
                "file": one.file,
                "object": one.object,
                "rule": one.rule,
                "severity": one.severity.value,
                "says": one.says,
            }
            for one in found
        ],
    }


def _print(where: str, found: Sequence[Finding], counts: Mapping[Severity, int], most: int) -> None:
    console = Console(highlight=False, soft_wrap=True)
    by_rule = {name: [one for one in found if one.rule == name] for name in RULES}
    for severity in Severity:
        for name, rule in RULES.items():
            mine = by_rule[name]
            if rule.severity != severity or not mine:
                continue
            console.print(
                Text(severity, _STYLES[severity]), Text(f"{name} ({len(mine):,}): {rule.means}", "bold")
            )
            for one in mine[:most]:
                console.print(Text(f"  {_shortened(one.file, where)}", "dim"), _said(one))
            if len(mine) > most:
                console.print(Text(f"  ... and {len(mine) - most:,} more"))
            console.print(Text(f"  way out: {rule.way_out}", "green"))
    said = ", ".join(
        f"{counts[severity]:,} {severity}{'s'[: counts[severity] != 1]}" for severity in Severity
    )
    print(f"{where}: {said}" if found else f"{where}: nothing wrong was found")


def _said(finding: Finding) -> Text:
    return Text(f"{finding.object}: {finding.says}" if finding.object else finding.says)


def _shortened(file: str, where: str) -> str:
    """A path as seen from the data set; others as they are."""
    path, home = Path(file), Path(where)
    return str(path.relative_to(home)) if home.is_dir() and path.is_relative_to(home) else file
