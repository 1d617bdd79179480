"""CycleGAN: what each term of the losses is, whom it reaches, and what the pools remember."""

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf
from keras import layers
from small_models import IMAGE

from keras_gen import data, models, networks, saved_models

X, Y = small_models.data_of("cycle_gan", 6)


def linear(scale=None):
    """A translator of few weights, or the multiplication by a number."""
    images = keras.Input(IMAGE)
    if scale is not None:
        return keras.Model(images, layers.Rescaling(scale)(images))
    return keras.Model(images, layers.Conv2D(1, 3, padding="same")(images))


def critic():
    images = keras.Input(IMAGE)
    return keras.Model(images, layers.Conv2D(1, 3, 2)(images))


def model(translator=None, back=None, compiled=True, **options):
    translators = translator or linear(), back or linear()
    cycle_gan = models.CycleGAN(*translators, critic(), critic(), **{"seed": 5, **options})
    if compiled:
        cycle_gan.compile("adam", "adam")
    return cycle_gan


def l1(a, b):
    return np.abs(np.asarray(a) - np.asarray(b)).mean()


def test_cycle_and_identity_losses_of_identities_are_zero():
    cycle_gan = model(linear(1.0), linear(1.0), compiled=False)
    real = (tf.constant(X), tf.constant(Y))
    assert [float(each) for each in cycle_gan.cycle_losses(real, cycle_gan.fake(real))] == [0, 0]
    assert [float(each) for each in cycle_gan.identity_losses(real)] == [0, 0]


def test_the_cycle_loss_of_networks_that_are_each_others_inverse_is_zero():
    """As the identity loss is not."""
    cycle_gan = model(linear(-0.5), linear(-2.0), compiled=False)
    real = (tf.constant(X), tf.constant(Y / 2))
    assert [float(each) for each in cycle_gan.cycle_losses(real, cycle_gan.fake(real))] == [0, 0]
    expected = 3 * np.abs(X).mean(), 1.5 * np.abs(Y / 2).mean()
    np.testing.assert_allclose(cycle_gan.identity_losses(real), expected, rtol=1e-5)


def test_the_generators_loss_is_the_sum_of_its_terms():
    cycle_gan = model()
    g, f = cycle_gan.translator, cycle_gan.translator_back
    real = (tf.constant(X), tf.constant(Y))
    d_x, d_y = cycle_gan.discriminator_x(f(Y)), cycle_gan.discriminator_y(g(X))
    adversarial = np.mean((d_x - 1) ** 2) + np.mean((d_y - 1) ** 2)
    cycle = l1(f(g(X)), X) + l1(g(f(Y)), Y)
    identity = l1(g(Y), Y) + l1(f(X), X)
    loss = cycle_gan.generator_loss(real, cycle_gan.fake(real))
    np.testing.assert_allclose(loss, adversarial + 10 * cycle, rtol=1e-5)
    np.testing.assert_allclose(cycle_gan.trackers["cycle_loss"].result(), cycle, rtol=1e-5)
    cycle_gan.adversarial_weight, cycle_gan.cycle_weight = 3.0, 7.0
    cycle_gan.identity_weight = 5.0
    loss = cycle_gan.generator_loss(real, cycle_gan.fake(real))
    np.testing.assert_allclose(loss, 1.5 * adversarial + 7 * cycle + 5 * identity, rtol=1e-5)


def test_the_discriminators_descend_half_of_the_squares():
    cycle_gan = model()
    real = (tf.constant(X), tf.constant(Y))
    fake = cycle_gan.fake(real)
    expected = 0.0
    for each, made, network in zip(
        real, fake, (cycle_gan.discriminator_x, cycle_gan.discriminator_y)
    ):
        expected += 0.5 * (np.mean((network(each) - 1) ** 2) + np.mean(network(made) ** 2))
    np.testing.assert_allclose(cycle_gan.discriminator_loss(real, fake), expected, rtol=1e-5)


@pytest.mark.parametrize("term", [0, 1])
def test_each_term_of_the_cycle_reaches_both_generators(term):
    cycle_gan = model()
    real = (tf.constant(X), tf.constant(Y))
    with tf.GradientTape() as tape:
        loss = cycle_gan.cycle_losses(real, cycle_gan.fake(real))[term]
    generators = (cycle_gan.translator, cycle_gan.translator_back)
    for gradients in tape.gradient(loss, [each.trainable_variables for each in generators]):
        assert all(np.abs(gradient).max() > 1e-4 for gradient in gradients)


@pytest.mark.parametrize("term", [0, 1])
def test_each_identity_term_reaches_the_generator_of_its_domain(term):
    cycle_gan = model()
    real = (tf.constant(X), tf.constant(Y))
    with tf.GradientTape() as tape:
        loss = cycle_gan.identity_losses(real)[term]
    generators = [cycle_gan.translator_back, cycle_gan.translator]
    reached = tape.gradient(loss, [each.trainable_variables for each in generators])
    assert all(gradient is not None for gradient in reached[term])
    assert all(gradient is None for gradient in reached[1 - term])


def test_one_optimizer_moves_both_generators_and_one_both_discriminators():
    cycle_gan = model()
    players = {
        "generator": (cycle_gan.translator, cycle_gan.translator_back),
        "discriminator": (cycle_gan.discriminator_x, cycle_gan.discriminator_y),
    }
    for player, networks_ in players.items():
        optimizer = getattr(cycle_gan, f"{player}_optimizer")
        own = [v for network in networks_ for v in network.trainable_variables]
        assert {id(v) for v in optimizer._trainable_variables} == {id(v) for v in own}
        before = [np.array(v) for v in cycle_gan.trainable_variables]
        getattr(cycle_gan, f"{player}_step")((tf.constant(X), tf.constant(Y)))
        moved = [
            v
            for v, old in zip(cycle_gan.trainable_variables, before)
            if not np.array_equal(np.array(v), old)
        ]
        assert {id(v) for v in moved} == {id(v) for v in own}


# The pools


def shown(cycle_gan, count):
    """What the discriminators are shown of translations one by one, numbered from 1 on."""
    step = tf.function(cycle_gan.shown)
    numbers = tf.reshape(tf.range(1.0, count + 1), (-1, 1, 1, 1, 1))
    pairs = [step((n + tf.zeros((1, *IMAGE)), -n + tf.zeros((1, *IMAGE)))) for n in numbers]
    return np.array([[image[0, 0, 0, 0] for image in pair] for pair in pairs])


def test_the_first_fifty_translations_are_shown_as_they_are_and_then_half_are_old():
    numbers = shown(model(compiled=False), 650)
    new = np.arange(1, 651)
    np.testing.assert_array_equal(numbers[:50], np.stack([new, -new], axis=1)[:50])
    for shown_, sign in zip(numbers[50:].T, (1, -1)):
        old = shown_ != sign * new[50:]
        assert abs(np.mean(old) - 0.5) < 0.07
        assert (sign * shown_[old] < new[50:][old]).all()  # of its own domain, and earlier
    assert np.any((numbers[:, 0] != new) != (numbers[:, 1] != -new))  # independent of each other


def test_without_a_pool_every_translation_is_shown_once():
    numbers = shown(model(pool=0, compiled=False), 70)
    np.testing.assert_array_equal(numbers[:, 0], np.arange(1, 71))


def test_the_pools_are_part_of_the_state_and_of_no_player():
    cycle_gan = model(pool=4)
    cycle_gan.fit(X, Y, batch_size=2, epochs=2, verbose=0)
    assert [int(pool.count) for pool in cycle_gan.pools] == [4, 4]
    assert all(np.abs(pool.images.numpy()).min() > 0 for pool in cycle_gan.pools)
    remembered = {id(v) for pool in cycle_gan.pools for v in pool.variables}
    assert remembered <= {id(v) for v in cycle_gan.weights}
    assert not remembered & {id(v) for v in cycle_gan.trainable_variables}


# Use


def test_translations_are_those_of_the_networks():
    cycle_gan = model(linear(0.5), linear(-0.25), compiled=False)
    np.testing.assert_allclose(cycle_gan.translate(X), 0.5 * X, rtol=1e-6)
    np.testing.assert_allclose(cycle_gan.translate_back(Y, batch_size=4), -0.25 * Y, rtol=1e-6)
    np.testing.assert_allclose(cycle_gan.cycle(X), -0.125 * X, rtol=1e-6)
    np.testing.assert_allclose(cycle_gan.predict(X, verbose=0), 0.5 * X, rtol=1e-6)


def test_the_export_translates_in_both_directions(tmp_path):
    cycle_gan = model()
    endpoints = saved_models.export(cycle_gan, tmp_path / "m")
    assert endpoints == ["translate", "translate_back"]
    loaded = tf.saved_model.load(str(tmp_path / "m"))
    np.testing.assert_allclose(loaded.translate(X), cycle_gan.translate(X), atol=1e-6)
    np.testing.assert_allclose(loaded.translate_back(Y), cycle_gan.translate_back(Y), atol=1e-6)


def test_domains_may_differ_in_their_channels():
    grey, colour = (8, 8, 1), (8, 8, 3)
    translators = [
        networks.resnet_translator(shape, channels, filters=2, blocks=0)
        for shape, channels in ((grey, 3), (colour, 1))
    ]
    critics = [networks.patchgan(shape, layers=1, filters=2) for shape in (grey, colour)]
    cycle_gan = models.CycleGAN(*translators, *critics, pool=2)
    cycle_gan.compile("adam", "adam")
    colours = np.repeat(Y, 3, axis=-1)
    history = cycle_gan.fit(data.unpaired(X, colours, 2, seed=1), verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert cycle_gan.translate(X).shape == (6, *colour)
    assert cycle_gan.translate_back(colours).shape == (6, *grey)
    with pytest.raises(ValueError, match="argument `identity_weight`.*0 for domains of different"):
        cycle_gan.identity_weight = 5.0
    with pytest.raises(ValueError, match="argument `identity_weight`.*different shapes"):
        models.CycleGAN(*translators, *critics, identity_weight=5.0)


def test_domains_of_unequal_length_are_learned_without_pairs():
    cycle_gan = model()
    batches = data.unpaired(small_models.images(13), Y, 2, seed=1, augment=data.flipped)
    cycle_gan.fit(batches, epochs=2, verbose=0)
    assert int(cycle_gan.generator_optimizer.iterations) == 2 * 7


def test_networks_that_do_not_fit_are_refused():
    (g, f), (d, e) = [linear(), linear()], [critic(), critic()]
    other = networks.unet((8, 8, 3), 1, filters=1)
    bounded = networks.unet(IMAGE, filters=1)
    cases = [
        ((None, f, d, e), "`translator`.*built Keras model"),
        ((g, other, d, e), r"`translator_back`.*takes \(8, 8, 1\).*\(8, 8, 3\)"),
        ((other, g, d, e), r"`translator_back`.*returns \(8, 8, 3\).*\(8, 8, 1\)"),
        ((g, f, other, d), r"`discriminator_x`.*takes \(8, 8, 1\)"),
        ((g, f, d, other), r"`discriminator_y`.*takes \(8, 8, 1\)"),
        ((g, g, d, e), "`translator_back`.*a network other than `translator`"),
        ((g, f, d, d), "`discriminator_y`.*a network other than `discriminator_x`"),
    ]
    for four, message in cases:
        with pytest.raises(ValueError, match=f"argument {message}"):
            models.CycleGAN(*four)
    with pytest.raises(ValueError, match="argument `translator_back`.*outputs that cover"):
        models.CycleGAN(g, bounded, d, e, value_range=(0, 1))
    for name, value in [("pool", -1), ("cycle_weight", -1.0), ("identity_weight", "5")]:
        with pytest.raises(ValueError, match=f"argument `{name}`"):
            models.CycleGAN(g, f, d, e, **{name: value})


def test_both_discriminators_are_asked_for_scores_that_the_loss_takes():
    images = keras.Input(IMAGE)
    positive = keras.Model(images, layers.Conv2D(1, 3, activation="softplus")(images))
    negative = keras.Model(images, layers.Conv2D(1, 3, activation="log_sigmoid")(images))
    models.CycleGAN(linear(), linear(), positive, critic()).compile("adam", "adam")
    for pair, name in [((negative, critic()), "x"), ((critic(), negative), "y")]:
        cycle_gan = models.CycleGAN(linear(), linear(), *pair)
        with pytest.raises(ValueError, match=f"argument `discriminator_{name}`.*LeastSquares"):
            cycle_gan.compile("adam", "adam")
