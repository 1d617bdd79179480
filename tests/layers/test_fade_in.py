import keras
import numpy as np
import pytest

from keras_gen.layers import FadeIn

OLD, NEW = np.full((1, 2, 2, 1), 2.0), np.full((1, 2, 2, 1), 10.0)


@pytest.mark.parametrize("alpha, expected", [(0, 2), (0.25, 4), (1, 10)])
def test_blend_goes_from_old_to_new(alpha, expected):
    np.testing.assert_allclose(FadeIn(alpha)([OLD, NEW]), np.full(OLD.shape, expected), rtol=1e-6)


def test_alpha_starts_at_zero_is_float32_and_does_not_train():
    layer = FadeIn(dtype="mixed_bfloat16")
    assert float(layer.alpha) == 0
    assert layer.alpha.dtype == "float32"
    assert layer.trainable_weights == [] and len(layer.non_trainable_weights) == 1


def test_assigned_alpha_acts_and_is_saved_with_the_weights(tmp_path):
    inputs = [keras.Input((2, 2, 1)), keras.Input((2, 2, 1))]
    model = keras.Model(inputs, FadeIn(name="fade")(inputs))
    model.get_layer("fade").alpha.assign(0.75)
    model.save(tmp_path / "fade.keras")
    reloaded = keras.saving.load_model(tmp_path / "fade.keras")
    assert float(reloaded.get_layer("fade").alpha) == 0.75
    np.testing.assert_allclose(reloaded([OLD, NEW]), np.full(OLD.shape, 8), rtol=1e-6)


def test_small_alpha_is_not_rounded_away_in_bfloat16():
    layer = FadeIn(0.001, dtype="mixed_bfloat16")
    y = np.array(layer([np.zeros((1, 1)), np.full((1, 1), 1000)]), "float32")
    np.testing.assert_array_equal(y, [[1.0]])
