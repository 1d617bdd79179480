"""Pix2Pix: which equation each player descends, what it sees, and the noise of a translation."""

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf
from keras import layers
from small_models import IMAGE

from keras_gen import data, losses, models, networks, saved_models
from keras_gen import layers as own_layers
from keras_gen.models.adversarial.pix2pix import seeded
from keras_gen.state import random_states_of

SOURCE, TARGET = small_models.data_of("pix2pix", 6)
S, T = tf.constant(SOURCE), tf.constant(TARGET)


def model(dropout=0.5, condition=IMAGE, **options):
    generator = networks.unet(IMAGE, filters=2, dropout=dropout)
    discriminator = networks.patchgan(IMAGE, condition, layers=1, filters=2)
    pix2pix = models.Pix2Pix(generator, discriminator, seed=5, **options)
    pix2pix.compile("adam", "adam")
    return pix2pix


def softplus(x):
    return np.logaddexp(0, np.asarray(x, "float64"))


def test_the_generators_loss_is_the_adversarial_one_and_lambda_times_l1():
    pix2pix = model(dropout=0.0)
    fake = pix2pix.fake(T, S)
    loss = pix2pix.generator_loss(T, fake, S)
    adversarial = softplus(-pix2pix.discriminator([fake, S])).mean()
    l1 = np.abs(TARGET - fake).mean()
    np.testing.assert_allclose(loss, adversarial + 100 * l1, rtol=1e-5)
    np.testing.assert_allclose(pix2pix.trackers["l1_loss"].result(), l1, rtol=1e-5)
    pix2pix.adversarial_weight, pix2pix.l1_weight = 3.0, 0.5
    loss = pix2pix.generator_loss(T, fake, S)
    np.testing.assert_allclose(loss, 3 * adversarial + 0.5 * l1, rtol=1e-5)


def test_the_discriminator_descends_half_of_its_loss():
    pix2pix = model(dropout=0.0)
    fake = pix2pix.fake(T, S)
    real_score, fake_score = (pix2pix.discriminator([x, S]) for x in (T, fake))
    expected = (softplus(-real_score).mean() + softplus(fake_score).mean()) / 2
    np.testing.assert_allclose(pix2pix.discriminator_loss(T, fake, S), expected, 1e-5)


def test_l1_is_zero_for_the_target_and_for_nothing_else():
    """Not for the source, which Pix2Pix was once trained to repeat."""
    pix2pix = model(adversarial_weight=0.0)
    assert float(pix2pix.generator_loss(T, T, S)) == 0
    difference = np.abs(TARGET - SOURCE).mean()
    loss = pix2pix.generator_loss(T, S, S)
    np.testing.assert_allclose(loss, 100 * difference, rtol=1e-5)


def gradients(pix2pix):
    with tf.GradientTape() as tape:
        fake = pix2pix.fake(T, S)
        loss = pix2pix.generator_loss(T, fake, S)
    return [np.array(g) for g in tape.gradient(loss, pix2pix.generator_variables)]


def test_the_weights_make_l1_alone_the_conditional_gan_alone_and_their_sum():
    pix2pix, found = model(dropout=0.0), {}
    for weights in [(1.0, 100.0), (0.0, 100.0), (1.0, 0.0)]:
        pix2pix.adversarial_weight, pix2pix.l1_weight = weights
        found[weights] = gradients(pix2pix)
    both, l1, adversarial = found.values()
    for total, first, second in zip(both, l1, adversarial):
        np.testing.assert_allclose(total, first + second, rtol=1e-3, atol=1e-5)
    assert all(np.abs(g).max() > 0 for g in [*l1, *adversarial])


def test_without_the_adversarial_term_the_discriminator_learns_as_an_observer():
    first, second = (model(dropout=0.0, adversarial_weight=0.0) for _ in range(2))
    second.set_weights(first.get_weights())
    for weight in second.discriminator_variables:
        weight.assign(-weight)
    before = [np.array(v) for v in first.discriminator_variables]
    for each in (first, second):
        each.fit(SOURCE, TARGET, verbose=0)
    for a, b in zip(first.generator_variables, second.generator_variables):
        np.testing.assert_array_equal(np.array(a), np.array(b))
    after = [np.array(v) for v in first.discriminator_variables]
    assert any(not np.array_equal(a, b) for a, b in zip(before, after))


@pytest.mark.parametrize("condition, depends", [(IMAGE, True), (None, False)])
def test_the_discriminator_sees_the_source_only_where_it_takes_one(condition, depends):
    pix2pix = model(condition=condition)
    assert pix2pix.conditional == depends
    first, second = (pix2pix.score(TARGET, source).numpy() for source in (SOURCE, SOURCE[::-1]))
    assert np.any(first != second) == depends
    assert np.isfinite(pix2pix.fit(SOURCE, TARGET, verbose=0).history["generator_loss"]).all()


def test_source_and_target_may_differ_in_their_channels():
    generator = networks.unet((8, 8, 1), 2, filters=2)
    discriminator = networks.patchgan((8, 8, 2), (8, 8, 1), layers=1, filters=2)
    pix2pix = models.Pix2Pix(generator, discriminator)
    pix2pix.compile("adam", "adam")
    pix2pix.fit(SOURCE, np.repeat(TARGET, 2, axis=-1), verbose=0)
    assert pix2pix.translate(SOURCE, seed=1).shape == (6, 8, 8, 2)
    with pytest.raises(ValueError, match=r"`y`.*\(batch, 8, 8, 2\).*\(6, 8, 8, 1\)"):
        pix2pix.fit(SOURCE, TARGET, verbose=0)


# The noise


def test_equal_seeds_give_equal_pictures_and_other_seeds_others():
    pix2pix = model()
    first = pix2pix.translate(SOURCE, seed=3)
    np.testing.assert_array_equal(first, pix2pix.translate(SOURCE, seed=3))
    assert np.abs(first - pix2pix.translate(SOURCE, seed=4)).max() > 1e-4
    assert np.abs(pix2pix.translate(SOURCE) - pix2pix.translate(SOURCE)).max() > 1e-4


def test_a_translation_does_not_depend_on_the_other_sources():
    pix2pix = model()
    together = pix2pix.translate(SOURCE, seed=3)
    for size in (1, 4):
        parts = pix2pix.translate(SOURCE, seed=3, batch_size=size)
        np.testing.assert_allclose(parts, together, atol=1e-5)
    np.testing.assert_allclose(pix2pix.translate(SOURCE[4:5], seed=3), together[4:5], atol=1e-5)


def test_a_seed_leaves_the_random_numbers_of_training_alone():
    pix2pix = model()
    states = random_states_of(pix2pix)
    assert len(states) >= 3  # the model's own, and a layer's of each dropout
    before = [np.array(state) for state in states]
    pix2pix.translate(SOURCE, seed=3)
    for state, value in zip(states, before):
        np.testing.assert_array_equal(np.array(state), value)
    pix2pix.fit(SOURCE, TARGET, verbose=0)
    assert all(np.any(np.array(state) != value) for state, value in zip(states[1:], before[1:]))


def test_every_layer_of_dropout_draws_its_own_noise():
    x = keras.Input(IMAGE)
    noisy = keras.Model(x, [own_layers.PermanentDropout(seed=1)(x) for _ in range(2)])
    with seeded(noisy, tf.constant([3, 0])):
        one, other = noisy(tf.ones((1, *IMAGE)))
    assert 0.2 < np.mean(np.array(one) == np.array(other)) < 0.8


def test_the_export_gives_the_pictures_of_the_model(tmp_path):
    pix2pix = model()
    assert saved_models.export(pix2pix, tmp_path / "m") == ["translate"]
    loaded = tf.saved_model.load(str(tmp_path / "m"))
    for count in (1, 6):
        images = loaded.translate(SOURCE[:count], 3)
        np.testing.assert_allclose(images, pix2pix.translate(SOURCE[:count], seed=3), atol=1e-5)
    again = loaded.translate(tf.constant(SOURCE), tf.constant(4))
    np.testing.assert_array_equal(again, loaded.translate(tf.constant(SOURCE), tf.constant(4)))
    assert np.abs(again - pix2pix.translate(SOURCE, seed=3)).max() > 1e-4


def test_a_residual_network_stays_within_the_range():
    generator = networks.unet(IMAGE, filters=2, residual=True)
    pix2pix = models.Pix2Pix(generator, networks.patchgan(IMAGE, layers=1, filters=2))
    np.testing.assert_array_equal(pix2pix.translate(SOURCE, seed=1), SOURCE)  # step 0
    bias = generator.layers[-3].weights[-1]
    bias.assign(np.full(bias.shape, 0.4))
    expected = np.minimum(SOURCE + np.tanh(0.4), 1)
    np.testing.assert_allclose(pix2pix.translate(SOURCE, seed=1), expected, atol=1e-5)


# Training


def test_it_learns_a_translation():
    """Inverted images: L1 falls far below that of the mean image."""
    keras.utils.set_random_seed(1)
    x = small_models.images(64)
    generator = networks.unet(IMAGE, filters=8, depth=1, dropout=0.0)
    discriminator = networks.patchgan(IMAGE, IMAGE, layers=1, filters=4)
    pix2pix = models.Pix2Pix(generator, discriminator, seed=1)
    pix2pix.compile(keras.optimizers.Adam(3e-3, 0.5), keras.optimizers.Adam(1e-3, 0.5))
    batches = data.batches((x, -x), 8, seed=1, transform=data.paired(data.flipped))
    pix2pix.fit(batches, epochs=30, verbose=0)
    error = np.abs(pix2pix.translate(x, seed=1) + x).mean()
    assert error < 0.25 * np.abs(x - x.mean()).mean()


def test_penalties_and_other_losses_fit():
    for options in ({"penalty": losses.R1(0.1)}, {"loss": losses.LeastSquares()}):
        pix2pix = model()
        pix2pix.compile("adam", "adam", **options)
        history = pix2pix.fit(SOURCE, TARGET, verbose=0).history
        assert all(np.isfinite(values).all() for values in history.values())


def test_networks_that_do_not_fit_are_refused():
    unet, patchgan = networks.unet(IMAGE, filters=1), networks.patchgan(IMAGE, layers=1, filters=1)
    two = networks.patchgan(IMAGE, (8, 8, 2), layers=1, filters=1)
    cases = [
        ((None, patchgan), "`generator`.*built Keras model"),
        ((two, patchgan), "`generator`.*one input"),
        ((unet, 3), "`discriminator`.*built Keras model"),
        ((unet, two), r"`discriminator`.*takes \(8, 8, 1\) and \(8, 8, 1\).*\(8, 8, 2\)"),
        ((networks.unet((8, 8, 2), filters=1), patchgan), r"`discriminator`.*takes \(8, 8, 2\)"),
    ]
    for pair, message in cases:
        with pytest.raises(ValueError, match=f"argument {message}"):
            models.Pix2Pix(*pair)
    with pytest.raises(ValueError, match="argument `generator`.*outputs that cover"):
        models.Pix2Pix(unet, patchgan, value_range=(0, 1))
    with pytest.raises(ValueError, match="argument `l1_weight`.*l1_weight=-1"):
        models.Pix2Pix(unet, patchgan, l1_weight=-1)
    x = keras.Input(IMAGE)
    probabilities = keras.Model(x, layers.Activation("sigmoid")(patchgan(x)))
    with pytest.raises(ValueError, match="argument `discriminator`.*remove the last activation"):
        models.Pix2Pix(unet, probabilities).compile("adam", "adam")
