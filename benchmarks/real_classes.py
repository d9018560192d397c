"""Wrong classes that people gave: CIFAR-10 as its annotators labelled it, audited, fixed, learnt from.

The labels are those of CIFAR-10N (Wei et al., ICLR 2022, arXiv:2110.12088): of three people the majority, a
random one, and the worst; the truth is CIFAR-10's own. truemask and cleanlab judge the same out-of-fold
probabilities. These and all networks are kept in the folder `--scratch`: a second run takes a minute.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import torch
import typer

from benchmarks.class_audits import by_cleanlab, by_truemask
from benchmarks.class_folds import Settings, audited, kept_probabilities
from benchmarks.class_scores import classes, held, scores
from benchmarks.fixing import ALL, SURE, fixed_by
from benchmarks.kept_scores import kept_score
from benchmarks.report import Row, publish
from truemask.bench.sources import Source
from truemask.commands.audits import Audited
from truemask.commands.runs import plan_for
from truemask.data.dataset import Dataset

LABELS = {"aggregate": "n_aggre", "random1": "n_random1", "worst": "n_worst"}
TRUTH = "train_clean"
NETWORK: Settings = {"network": "small_cnn:base=16", "augment": "hflip", "batch_size": 32}


def main(
    pack: Path,
    scratch: Path = Path("runs/real-classes"),
    images: int = 10_000,
    tested: int = 4_000,
    epochs: int = 8,
    folds: int = 2,
    learnt_epochs: int = 5,
    seeds: int = 3,
    learnt: str = ",".join(LABELS),
) -> None:
    """Print the tables and keep them in benchmarks/results/real_classes.json and real_classes_fixed.json.

    Args:
        pack: folder with train_jpeg.npz, test_jpeg.npz and labels.npz.
        scratch: folder of probabilities and networks.
        images: to audit, 50,000 at most; drawn by a hash of their keys.
        tested: images to test networks on, 10,000 at most.
        epochs: of the audits' networks.
        folds: of the audits.
        learnt_epochs: of the networks that learn from given, fixed and true labels.
        seeds: trainings of each of them; 0: none.
        learnt: labels that networks learn from.
    """
    if not pack.is_dir():
        raise SystemExit(f"{pack} is not there; name the folder of CIFAR-10 with people's labels")
    torch.set_num_threads(1)
    where = f"{pack}@train={images},test={tested}"
    settings: Settings = {**NETWORK, "epochs": epochs}
    learner: Settings = {**NETWORK, "epochs": learnt_epochs}
    truth, test = Source(where, labels=TRUTH).to_train(), Source(where).to_test()

    def nets(labels: Dataset) -> list[float]:
        plans = [plan_for(labels, {**learner, "seed": seed}) for seed in range(seeds)]
        return [kept_score(labels, test, plan, scratch / "networks") for plan in plans]

    found, fixed, notes = list[Row](), list[Row](), list[str]()
    for name, array in LABELS.items():
        source, folder = Source(where, labels=array), scratch / f"{name}-{images}-{folds}x{epochs}"
        stack = kept_probabilities(source, settings, folds, folder)
        audit, given = audited(source, stack, folder / "audit"), classes(source.to_train())
        verdicts = by_truemask(audit, truth.keys) + by_cleanlab(given, np.load(stack))
        found += [{"labels": name, **scores(one, given, classes(truth))} for one in verdicts]
        notes.append(f"{name}: {held(verdicts[0].rate, float((given != classes(truth)).mean()))}")
        for rule in (SURE, ALL):
            row, labels = corrected(source.to_train(), audit, truth, rule)
            of = {"given": source.to_train(), "fixed": labels, "true": truth}
            # By the second rule the labels alone are measured: networks take minutes.
            asked = rule == SURE and name in learnt.split(",")
            fixed.append(
                {
                    "labels": name,
                    "rule": rule,
                    **row,
                    **columns({who: nets(data) if asked else [] for who, data in of.items()}),
                }
            )
        print(name, flush=True)
    sizes = {"images": images, "epochs": epochs, "folds": folds}
    publish(
        "real_classes",
        "Wrong classes that people gave, found in the same out-of-fold probabilities",
        found,
        settings={**sizes, **NETWORK},
        packages=("cleanlab", "scikit-learn"),
        notes=[
            *notes,
            "said wrong: share of labels by the audit's page, with its 90 % interval",
            "off by: total variation of estimated from true shares: of pairs (given, true); of given classes"
            " where one is true, mean over true ones",
        ],
    )
    publish(
        "real_classes_fixed",
        "The same labels before and after fix, and networks that learn from them",
        fixed,
        settings={**sizes, "learnt_epochs": learnt_epochs, "seeds": seeds, "tested": tested, **NETWORK},
        notes=[
            "right: share of the labels; of what fix changed: share that was wrong, and that is right now",
            "net: accuracy on clean test images, mean and standard deviation of the seeds",
        ],
    )


def corrected(given: Dataset, audit: Audited, truth: Dataset, rule: str) -> tuple[Row, Dataset]:
    """Labels against the truth before and after `fix` by a rule; and the fixed ones."""
    fixed = fixed_by(given, (audit.told or audit.result).findings, rule)[1]
    before, after, true = classes(given), classes(fixed), classes(truth)
    changed = before != after
    return {
        "changed": int(changed.sum()),
        "was wrong": float((before != true)[changed].mean()) if changed.any() else None,
        "is right": float((after == true)[changed].mean()) if changed.any() else None,
        "right: given": float((before == true).mean()),
        "right: fixed": float((after == true).mean()),
    }, fixed


def columns(learnt: Mapping[str, Sequence[float]]) -> Row:
    """Mean and standard deviation of networks' scores, by the labels they learnt from."""
    means = {f"net: {who}": mean(values) if values else None for who, values in learnt.items()}
    return means | {f"+- {who}": stdev(v) if len(v) > 1 else None for who, v in learnt.items()}


if __name__ == "__main__":
    typer.run(main)
