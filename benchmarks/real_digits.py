"""Wrong classes in MNIST's test set, as people checked them: does an audit put them first?

Of 100 suspected labels (Northcutt, Athalye & Mueller, NeurIPS 2021, arXiv:2103.14749) five people each said
whether the given class is right; 15 have fewer than three votes for it. All other labels count as right:
nobody checked them. truemask and cleanlab judge the same out-of-fold probabilities, kept in `--scratch`.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import typer
from jaxtyping import Bool
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.class_audits import Verdict, by_cleanlab, by_truemask
from benchmarks.class_folds import Settings, audited, kept_probabilities
from benchmarks.class_scores import classes, flags, held
from benchmarks.fixing import ALL, SURE, fixed_by
from benchmarks.report import Row, publish
from truemask.bench.sources import Source
from truemask.types import IGNORE

CHECKED = "test_label_errors_mturk.csv"
VOTES = 5
NETWORK: Settings = {"network": "small_cnn:base=16"}


@dataclass(frozen=True)
class Checked:
    """What people said of a suspected label.

    Args:
        wrong: fewer than half voted for the given class.
        true: the class that more than half voted for instead; IGNORE: there is none.
    """

    wrong: bool
    true: int


def main(
    pack: Path,
    scratch: Path = Path("runs/real-digits"),
    epochs: int = 6,
    folds: int = 4,
) -> None:
    """Print the table and keep it in benchmarks/results/real_digits.json.

    Args:
        pack: folder with the images' npz and the file of checked labels.
        scratch: folder of probabilities.
        epochs: of every training.
        folds: of the audit.
    """
    if not pack.is_dir():
        raise SystemExit(f"{pack} is not there; name the folder of MNIST's test set with checked labels")
    torch.set_num_threads(1)
    source, folder = Source(str(pack)), scratch / f"{folds}x{epochs}"
    given = source.to_train()
    said = checked(pack / CHECKED)
    stack = kept_probabilities(source, {**NETWORK, "epochs": epochs}, folds, folder)
    audit = audited(source, stack, folder / "audit")
    wrong = np.array([key in said and said[key].wrong for key in given.keys])
    suspects = np.array([key in said for key in given.keys])
    verdicts = by_truemask(audit, given.keys) + by_cleanlab(classes(given), np.load(stack))
    findings = (audit.told or audit.result).findings
    publish(
        "real_digits",
        f"{wrong.sum()} wrong labels that people confirmed, among {len(given):,} in MNIST's test set",
        [found(one, wrong, suspects) for one in verdicts],
        settings={"epochs": epochs, "folds": folds, **NETWORK},
        packages=("cleanlab", "scikit-learn"),
        notes=[
            f"suspects: share of the first 100 that are among the {suspects.sum()} labels that were checked",
            held(verdicts[0].rate, float(wrong.mean())),
            *(
                f"fix --accept {rule}: {account(classes(given), classes(labels), given.keys, said)}"
                for rule in (SURE, ALL)
                for labels in [fixed_by(given, findings, rule)[1]]
            ),
            "too few labels are wrong for networks to notice: none were trained on fixed ones",
        ],
    )


def checked(file: Path) -> Mapping[str, Checked]:
    """What people said, by the images' keys."""
    with file.open(newline="", encoding="utf-8") as stream:
        rows = [{name: int(value) for name, value in row.items()} for row in csv.DictReader(stream)]
    return {
        f"{row['test_index']:06d}": Checked(
            wrong=2 * row["votes_given"] < VOTES,
            true=row["guessed"] if 2 * row["votes_guessed"] > VOTES else IGNORE,
        )
        for row in rows
    }


def found(verdict: Verdict, wrong: Bool[np.ndarray, "n"], suspects: Bool[np.ndarray, "n"]) -> Row:
    """Where an order has the wrong labels."""
    order = np.argsort(-verdict.badness, kind="stable")
    return {
        "by": verdict.by,
        "order": verdict.order,
        **{f"P@{count}": float(wrong[order[:count]].mean()) for count in (15, 50, 100)},
        "recall@100": float(wrong[order[:100]].sum() / wrong.sum()),
        "AP": float(average_precision_score(wrong, verdict.badness)),
        "AUROC": float(roc_auc_score(wrong, verdict.badness)),
        "suspects": float(suspects[order[:100]].mean()),
        **flags(verdict.flagged, wrong),
    }


def account(before: np.ndarray, after: np.ndarray, keys: Sequence[str], said: Mapping[str, Checked]) -> str:
    """What became of the labels that fix changed, in words."""
    changed = [(key, int(now)) for key, was, now in zip(keys, before, after, strict=True) if was != now]
    known = [(said[key], now) for key, now in changed if key in said]
    mended = sum(one.wrong and one.true == now for one, now in known)
    astray = sum(one.wrong and one.true != now for one, now in known)
    kept = sum(not one.wrong for one, _ in known)
    return (
        f"{len(changed)} of {len(before):,} labels changed: {mended} wrong ones mended, {astray} wrong "
        f"ones to what no majority voted for, {kept} that were found right, "
        f"{len(changed) - len(known)} never checked"
    )


if __name__ == "__main__":
    typer.run(main)
