import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.losses import R1, GradientPenalty, squared_gradient_norms

SEED = tf.constant([1, 2])


def half_square(x):
    return tf.square(x) / 2


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_mixing_is_uniform_per_sample(target):
    # On the segment from fake = 0 to real = 1 the slope of x^2 / 2 is u. With u ~ U[0, 1] both
    # E[u^2] and E[(u - 1)^2] are 1/3; with u ~ N(0, 1) they would be 1 and 2 - 2 sqrt(2 / pi).
    real, fake = tf.ones([100_000, 1]), tf.zeros([100_000, 1])
    penalty = GradientPenalty(weight=1.0, target=target)(half_square, real, fake, SEED)
    # The standard deviation of u^2 is sqrt(1/5 - 1/9) = 0.30, that of the mean 0.00094.
    assert abs(float(penalty) - 1 / 3) < 4 * 0.00094


def test_mixing_goes_from_fake_to_real_with_one_number_per_image():
    seen = []

    def score(images):
        seen.append(images.numpy())
        return tf.reduce_sum(images, axis=[1, 2, 3])

    GradientPenalty()(score, tf.ones([64, 4, 4, 3]), -tf.ones([64, 4, 4, 3]), SEED)
    images = seen[0]
    assert np.ptp(images, axis=(1, 2, 3)).max() < 1e-6
    assert len(np.unique(images[:, 0, 0, 0])) == 64
    assert -1 <= images.min() < -0.8 and 0.8 < images.max() <= 1


def test_norm_runs_over_all_axes_of_an_image():
    # The slope is 0.5 in each of 4 * 4 * 3 values: sqrt(48) / 2 in all.
    def score(images):
        return 0.5 * tf.reduce_sum(images, axis=[1, 2, 3])[:, None]

    images = tf.zeros([2, 4, 4, 3])
    norms = GradientPenalty().gradient_norms(score, images, images, SEED)
    np.testing.assert_allclose(norms, [np.sqrt(12)] * 2, rtol=1e-6)
    penalty = GradientPenalty(weight=10.0)(score, images, images, SEED)
    np.testing.assert_allclose(penalty, 10 * (np.sqrt(12) - 1) ** 2, rtol=1e-5)


def test_zero_gradient_has_finite_penalty_and_second_gradient():
    weights = tf.Variable(tf.zeros([3, 1]))
    images = tf.ones([4, 3])
    with tf.GradientTape() as tape:
        penalty = GradientPenalty(10.0)(lambda x: x @ weights, images, images, SEED)
    np.testing.assert_allclose(penalty, 10.0, rtol=1e-5)
    np.testing.assert_allclose(tape.gradient(penalty, weights), np.zeros([3, 1]), atol=1e-3)


def test_score_that_ignores_the_images_has_slope_zero():
    norms = squared_gradient_norms(lambda x: tf.constant([[1.0]]), tf.ones([2, 3]))
    np.testing.assert_array_equal(norms, [0, 0])


@pytest.mark.parametrize("compiled", [False, True])
def test_gradient_wrt_weights_of_a_linear_critic(compiled):
    # Penalty weight * (||w|| - 1)^2 has the gradient 2 weight (||w|| - 1) w / ||w||.
    weights = tf.Variable([[3.0], [4.0]])

    def gradients():
        images = tf.ones([5, 2])
        with tf.GradientTape(persistent=True) as tape:
            gradient_penalty = GradientPenalty(10.0)(lambda x: x @ weights, images, -images, SEED)
            r1 = R1(10.0)(lambda x: x @ weights, images, -images, SEED)
        return tape.gradient(gradient_penalty, weights), tape.gradient(r1, weights)

    gradient_penalty, r1 = tf.function(gradients)() if compiled else gradients()
    np.testing.assert_allclose(gradient_penalty, [[20 * 4 * 0.6], [20 * 4 * 0.8]], rtol=1e-5)
    np.testing.assert_allclose(r1, [[30.0], [40.0]], rtol=1e-6)


def test_r1_is_half_the_weighted_squared_slope_at_real_images():
    real, fake = tf.constant([[2.0], [4.0]]), tf.constant([[100.0], [100.0]])
    penalty = R1(weight=3.0)(half_square, real, fake, SEED)
    np.testing.assert_allclose(penalty, 3 / 2 * (4 + 16) / 2, rtol=1e-6)


def test_patch_scores_of_one_image_are_summed():
    norms = squared_gradient_norms(lambda x: tf.stack([x, 2 * x], axis=1), tf.ones([2, 1]))
    np.testing.assert_allclose(norms, [9, 9], rtol=1e-6)


def test_equal_seeds_give_equal_penalties():
    real, fake = tf.ones([8, 1]), tf.zeros([8, 1])
    penalty = GradientPenalty()
    first = float(penalty(half_square, real, fake, tf.constant([5, 6])))
    assert float(penalty(half_square, real, fake, tf.constant([5, 6]))) == first
    assert float(penalty(half_square, real, fake, tf.constant([5, 7]))) != first


def test_half_precision_critic_gives_a_float32_penalty():
    layer = keras.layers.Dense(1, kernel_initializer="ones", dtype="mixed_bfloat16")
    images = tf.ones([4, 9])
    with tf.GradientTape() as tape:
        penalty = GradientPenalty(1.0)(layer, images, images, SEED)
    assert penalty.dtype == tf.float32
    np.testing.assert_allclose(penalty, (3 - 1) ** 2, rtol=1e-5)
    gradient = tape.gradient(penalty, layer.kernel.value)
    np.testing.assert_allclose(gradient, np.full([9, 1], 4 / 3), rtol=0.01)


@pytest.mark.parametrize("penalty", [GradientPenalty(5.0, 0.5), R1(3.0)])
def test_penalty_survives_serialization(penalty):
    config = keras.saving.serialize_keras_object(penalty)
    assert keras.saving.deserialize_keras_object(config) == penalty


@pytest.mark.parametrize(
    "make, argument",
    [
        (lambda: GradientPenalty(weight=-1), "weight"),
        (lambda: GradientPenalty(target=-1), "target"),
        (lambda: R1(weight=float("nan")), "weight"),
    ],
)
def test_negative_number_is_refused(make, argument):
    with pytest.raises(ValueError, match=f"`{argument}`"):
        make()
