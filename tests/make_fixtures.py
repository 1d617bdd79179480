"""Writes `tests/fixtures`: trained small models as `.keras` files, and a SavedModel.

    python tests/make_fixtures.py

The files are written once and kept, so that a test can tell whether today's code still loads what
older code has written. Next to each are the outputs that the model had.
"""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import checks
import keras
import numpy as np
import small_models

from keras_gen import saved_models

FOLDER = pathlib.Path(__file__).parent / "fixtures"
NAMES = (
    "gan",
    "replay_gan",
    "wgan_gp",
    "semi_supervised_gan",
    "domain_adversarial",
    "tied_autoencoder",
    "vae",
    "rbm",
    "deep_belief_network",
    "caption_machine",
    "made",
    "character_model",
)


def main():
    FOLDER.mkdir(exist_ok=True)
    for name in NAMES:
        keras.utils.set_random_seed(1)
        model = small_models.ALL[name]()
        x, y = small_models.data_of(name)
        model.fit(x, y, batch_size=8, epochs=2, verbose=0)
        model.save(FOLDER / f"{name}.keras")
        np.savez_compressed(FOLDER / f"{name}.npz", *checks.state(model))
    saved_models.export(small_models.ALL["gan"](), FOLDER / "gan_saved_model")


if __name__ == "__main__":
    main()
