"""The picture of the README, from the folder that the demo leaves: python -m docs.overview truemask-demo."""

import sys
from pathlib import Path

from truemask.commands.demo_chapters import CHAPTERS, Places
from truemask.commands.demo_pictures import as_labels
from truemask.data import Subset, open_dataset
from truemask.report.drawing import as_rgb, enlarged
from truemask.report.layout import grid, save_png
from truemask.report.pictures import changes_picture, overlay
from truemask.training import load_run

ROWS = {"organelles": 3, "scenes": 1}
"""The training image of each part that is shown."""


def main(demo: Path, out: Path = Path("docs/pictures/overview.png")) -> None:
    """Image, truth, given label, what was changed, what a network learnt all the same."""
    rows = []
    for chapter in CHAPTERS:
        places, row = Places(demo, chapter.name), ROWS[chapter.name]
        clean, noisy = (open_dataset(path).split("train") for path in (places.clean, places.noisy))
        image, problem = clean.image(row), clean.problem
        (said,) = load_run(places.run("robust")).predict(Subset(noisy, [row]))
        shown = [
            as_rgb(enlarged(image, 2)),
            overlay(image, clean.labels(row), problem, zoom=2),
            overlay(image, noisy.labels(row), problem, zoom=2),
            changes_picture(image, clean.labels(row), noisy.labels(row), problem, zoom=2),
            overlay(image, as_labels(said, problem.task), problem, zoom=2),
        ]
        rows.append(shown)
    titles = ["image", "truth", "given label", "what was changed", "learnt from given labels"]
    save_png(grid(rows, column_titles=titles), out)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
