import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import FadeIn

generator = np.random.default_rng(0)
OLD, NEW = generator.normal(size=(2, 3, 2, 2, 4)).astype("float32")
FORMS = {
    "scalar": tf.constant,
    "variable of Keras": keras.Variable,
    "variable of TensorFlow": tf.Variable,
    "one number": lambda alpha: np.full((1,), alpha, "float32"),
    "one row": lambda alpha: np.full((1, 1), alpha, "float32"),
    "vector": lambda alpha: np.full((3,), alpha, "float32"),
    "column": lambda alpha: np.full((3, 1), alpha, "float32"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_quarter_takes_three_parts_of_the_old_and_one_of_the_new(form):
    y = FadeIn()([OLD, NEW, form(0.25)])
    np.testing.assert_allclose(y, 0.75 * OLD + 0.25 * NEW, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_ends_are_exactly_the_old_and_the_new_branch(form):
    np.testing.assert_array_equal(FadeIn()([OLD, NEW, form(0.0)]), OLD)
    np.testing.assert_array_equal(FadeIn()([OLD, NEW, form(1.0)]), NEW)


def test_each_sample_may_have_its_own_share():
    y = FadeIn()([OLD, NEW, np.array([[0.0], [1.0], [0.5]], "float32")])
    expected = [OLD[0], NEW[1], (OLD[2] + NEW[2]) / 2]
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


def test_branches_get_their_shares_of_the_gradient():
    old, new, alpha = tf.constant(OLD), tf.constant(NEW), tf.constant(0.25)
    with tf.GradientTape() as tape:
        tape.watch([old, new, alpha])
        y = FadeIn()([old, new, alpha])
    to_old, to_new, to_alpha = tape.gradient(y, [old, new, alpha])
    np.testing.assert_array_equal(to_old, np.full(OLD.shape, 0.75))
    np.testing.assert_array_equal(to_new, np.full(OLD.shape, 0.25))
    assert float(to_alpha) == pytest.approx((NEW - OLD).sum(), rel=1e-4)


def test_alpha_outside_of_its_range_extrapolates():
    y = FadeIn()([OLD, NEW, tf.constant(1.5)])
    np.testing.assert_allclose(y, OLD + 1.5 * (NEW - OLD), rtol=1e-5, atol=1e-5)


def test_layer_has_no_weights():
    layer = FadeIn()
    layer([OLD, NEW, tf.constant(0.5)])
    assert layer.weights == []


@pytest.mark.parametrize(
    "alpha_input, alpha",
    [
        (lambda: keras.Input((1,)), tf.constant([[0.25]])),
        (lambda: keras.Input(batch_shape=()), tf.constant(0.25)),
    ],
    ids=["one row", "scalar"],
)
def test_functional_model_takes_alpha_as_an_input_also_after_saving(alpha_input, alpha, tmp_path):
    inputs = [keras.Input((2, 2, 4)), keras.Input((2, 2, 4)), alpha_input()]
    model = keras.Model(inputs, FadeIn()(inputs))
    model.save(tmp_path / "fade.keras")
    reloaded = keras.saving.load_model(tmp_path / "fade.keras")
    images = [tf.constant(OLD), tf.constant(NEW)]
    for network in (model, reloaded):
        expected = 0.75 * OLD + 0.25 * NEW
        np.testing.assert_allclose(network([*images, alpha]), expected, rtol=1e-5, atol=1e-6)


def test_graph_reads_a_variable_at_every_call():
    alpha, layer = keras.Variable(0.0), FadeIn()
    blend = tf.function(lambda: layer([OLD, NEW, alpha]))
    np.testing.assert_array_equal(blend(), OLD)
    alpha.assign(1.0)
    np.testing.assert_array_equal(blend(), NEW)


@pytest.mark.parametrize(
    "form",
    [tf.constant, lambda alpha: keras.Variable(alpha, autocast=False)],
    ids=["tensor", "variable"],
)
@pytest.mark.parametrize("inside", [False, True], ids=["alone", "inside of a layer"])
def test_alpha_is_not_rounded_in_half_precision(form, inside):
    alpha = form((1 + 2.0**-10) / 256)  # rounded to bfloat16 it is 1 / 256
    layer = FadeIn(dtype="mixed_bfloat16")

    def blend(old):
        return layer([old, -255 * old, alpha])  # 1 - 256 alpha

    outer = keras.layers.Lambda(blend, dtype="mixed_bfloat16") if inside else blend
    y = outer(tf.ones((1, 1), "bfloat16"))
    assert y.dtype == "bfloat16"
    assert float(y[0, 0]) == -(2.0**-10)
