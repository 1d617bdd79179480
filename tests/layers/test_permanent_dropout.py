"""Dropout that stays on in inference."""

import keras
import numpy as np
import pytest

from keras_gen.layers import PermanentDropout

ONES = np.ones((64, 5, 4, 3), "float32")


@pytest.mark.parametrize("training", [True, False])
def test_a_share_is_dropped_in_training_and_in_inference_and_the_mean_is_kept(training):
    layer = PermanentDropout(0.2, seed=3)
    y = np.concatenate([layer(ONES, training=training) for _ in range(100)])
    np.testing.assert_allclose(np.unique(y), [0, 1.25])
    independent = y if training else y[::64]
    assert abs(independent.mean() - 1) < 5 * 0.5 / np.sqrt(independent.size)


def test_every_example_has_its_own_mask_in_training():
    y = np.array(PermanentDropout(seed=3)(ONES, training=True))
    assert len(np.unique(y.reshape(64, -1), axis=0)) == 64


def test_all_examples_share_a_mask_in_inference_and_every_call_has_another():
    layer = PermanentDropout(seed=3)
    first, second = (np.array(layer(ONES)) for _ in range(2))
    np.testing.assert_array_equal(first, np.broadcast_to(first[:1], first.shape))
    assert 0 < first.mean() < 2 and np.any(first != second)


def test_what_becomes_of_an_example_does_not_depend_on_the_others():
    x = np.random.default_rng(1).normal(size=(6, 4)).astype("float32")
    results = []
    for chosen in (slice(None), slice(4, 5), slice(None, None, -1)):
        layer = PermanentDropout(seed=3)
        results.append(np.array(layer(x[chosen])))
    np.testing.assert_array_equal(results[0][4:5], results[1])
    np.testing.assert_array_equal(results[0], results[2][::-1])


def test_its_random_state_belongs_to_the_model():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, PermanentDropout(seed=3)(inputs))
    assert len(model.variables) == 1 and not model.weights
