"""Files that older code has written load as they always did; `make_fixtures.py` wrote them."""

import pathlib

import checks
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import saved_models

FOLDER = pathlib.Path(__file__).parent / "fixtures"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.keras")), ids=lambda path: path.stem)
def test_an_older_file_gives_back_every_number_and_trains(path):
    model = saved_models.load_keras(path)
    with np.load(path.with_suffix(".npz")) as archive:
        expected = [archive[f"arr_{index}"] for index in range(len(archive.files))]
    checks.assert_same_state(checks.state(model), expected)
    x, y = small_models.data_of(path.stem)
    logs = model.train_on_batch(x[:8], y[:8], return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())


def test_an_older_saved_model_gives_equal_images_for_equal_seeds():
    model = saved_models.load(FOLDER / "gan_saved_model")
    count, seed = tf.constant(3), tf.constant(5)
    images = model.sample(count, seed)
    assert images.shape == (3, *small_models.IMAGE)
    np.testing.assert_array_equal(images, model.sample(count, seed))
