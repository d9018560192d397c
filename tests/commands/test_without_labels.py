"""From a plain folder of images to masks, without a label anywhere."""

import numpy as np
from PIL import Image


def test_a_folder_of_images_is_learned_and_its_masks_are_written(truemask, tmp_path):
    (tmp_path / "cells").mkdir()
    rng = np.random.default_rng(0)
    for number in range(4):
        pixels = rng.integers(0, 60, (32, 32)).astype(np.uint8)
        pixels[8:20, 4 + number : 20] += 150
        Image.fromarray(pixels).save(tmp_path / "cells" / f"{number}.png")
    settings = ["--epochs", 1, "--batch-size", 2, "--out", "run", "--quiet"]
    said = truemask("train", "cells", "--method", "igtt", *settings)
    assert (said.code, said.err) == (0, "")
    assert "igtt on 4 images of cells (all)" in said.out
    assert truemask("predict", "run", "cells", "--out", "masks").code == 0
    mask = np.asarray(Image.open(tmp_path / "masks" / "0.png"))
    assert mask.shape == (32, 32)
    assert set(np.unique(mask).tolist()) <= {0, 1}
