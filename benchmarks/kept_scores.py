"""Scores of networks, kept in a folder: the same labels and plan are learnt from once, whoever asks."""

import hashlib
import json
from pathlib import Path

from truemask.data.dataset import Dataset
from truemask.files import write_json
from truemask.noise.digest import digest, hash_of
from truemask.training import Plan, Recipe, headline, score, train


def kept_score(data: Dataset, test: Dataset, plan: Plan, scratch: Path) -> float:
    """The headline metric on test labels of a network that learnt from a data set's labels.

    Args:
        data: to learn from.
        test: to be scored on; one scratch folder is for one such data set.
        plan: of the training.
        scratch: folder of runs and scores.
    """
    labels = hash_of({key: digest(data.labels(row)) for row, key in enumerate(data.keys)})
    folder = scratch / hashlib.blake2b(f"{labels} {plan}".encode(), digest_size=8).hexdigest()
    kept = folder / "score.json"
    if not kept.is_file():
        trained = train(Recipe(dataset=data, plan=plan), folder, resume=True, show=False, tensorboard=False)
        name = headline(test.problem)
        write_json(kept, {name: score(trained.predict(test), test)[name]})
    return float(json.loads(kept.read_text())[headline(test.problem)])
