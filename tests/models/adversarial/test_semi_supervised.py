"""The semi-supervised GAN: its two losses by hand, what labels reach, what is averaged."""

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf
from keras import layers
from scipy import stats

from keras_gen import losses, models, saved_models

LABELS = np.array([2, -1, 0, -1, -1, 1], "int32")


def one_image():
    """A generator that does not look at its latents."""
    latents = keras.Input((4,))
    start = {"kernel_initializer": "zeros", "bias_initializer": "random_normal"}
    picture = layers.Dense(64, activation="tanh", **start)(latents)
    return keras.Model(latents, layers.Reshape(small_models.IMAGE)(picture))


@pytest.fixture
def model():
    """Players without chance: no noise, and a generator of one image."""
    x = keras.Input(small_models.IMAGE)
    h = layers.Dense(5, activation="tanh", name="features")(layers.Flatten()(x))
    discriminator = keras.Model(x, layers.Dense(3, bias_initializer="random_normal")(h))
    generator = one_image()
    gan = models.SemiSupervisedGAN(generator, discriminator, adversarial_weight=0.5, seed=5)
    gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    return gan


def logits_of(model, images):
    return model.discriminator.predict(images, verbose=0).astype("float64")


def cross_entropies(logits, labels):
    return np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels]


def gradients(model, real, labels, **options):
    with tf.GradientTape() as tape:
        fake = model.fake(real)
        loss = model.discriminator_loss(tf.constant(real), fake, tf.constant(labels), **options)
    return [g.numpy() for g in tape.gradient(loss, model.discriminator_variables)]


def test_score_is_the_log_odds_of_real_of_a_softmax_whose_fake_class_has_logit_zero(model):
    images = small_models.images(6)
    logits = np.append(logits_of(model, images), np.zeros((6, 1)), axis=1)
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    real = softmax[:, :3].sum(axis=1)
    score = model.score(images).numpy()
    assert score.shape == (6, 1)
    np.testing.assert_allclose(score[:, 0], np.log(real / (1 - real)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.classify(images), softmax[:, :3] / real[:, None], rtol=1e-5)


def test_discriminator_loss_equals_the_equation(model):
    real, fake = small_models.images(6), small_models.images(10)[6:]
    logits = logits_of(model, real)
    score = np.log(np.exp(logits).sum(axis=1))
    fake_score = np.log(np.exp(logits_of(model, fake)).sum(axis=1))
    labeled = LABELS >= 0
    supervised = cross_entropies(logits[labeled], LABELS[labeled])
    game = np.log1p(np.exp(-score)).mean() + np.log1p(np.exp(fake_score)).mean()
    loss = model.discriminator_loss(tf.constant(real), tf.constant(fake), tf.constant(LABELS))
    np.testing.assert_allclose(loss, supervised.mean() + 0.5 * game, rtol=1e-5)
    assert float(model.trackers["accuracy"].result()) == pytest.approx(
        np.mean(logits[labeled].argmax(axis=1) == LABELS[labeled])
    )

    weight = np.linspace(0.5, 3.0, 6).astype("float32")
    weighted = np.average(np.log1p(np.exp(-score)).ravel(), weights=weight)
    weighted += np.log1p(np.exp(fake_score)).mean()
    loss = model.discriminator_loss(
        tf.constant(real), tf.constant(fake), tf.constant(LABELS), sample_weight=weight
    )
    expected = np.average(supervised, weights=weight[labeled]) + 0.5 * weighted
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_penalty_is_part_of_the_game(model):
    real, fake = (tf.constant(small_models.images(8)[i::2]) for i in range(2))
    labels = tf.fill([4], -1)
    without = model.discriminator_loss(real, fake, labels)
    model.penalty = losses.R1(6.0)
    slopes = losses.squared_gradient_norms(model.score, real)
    assert float(tf.reduce_mean(slopes)) > 0
    expected = without + 0.5 * 3.0 * tf.reduce_mean(slopes)
    np.testing.assert_allclose(model.discriminator_loss(real, fake, labels), expected, rtol=1e-5)


def test_unlabeled_images_have_no_supervised_gradient(model):
    model.adversarial_weight = 0.0
    real, labeled = small_models.images(6), LABELS >= 0
    for some, all_ in zip(
        gradients(model, real[labeled], LABELS[labeled]), gradients(model, real, LABELS)
    ):
        assert np.abs(some).max() > 1e-4
        np.testing.assert_allclose(all_, some, rtol=1e-4, atol=1e-7)
    for none in gradients(model, real, np.full(6, -1)):
        np.testing.assert_array_equal(none, 0)


def test_unlabeled_images_teach_what_is_real(model):
    real = small_models.images(6)
    kernel_gradient = gradients(model, real, np.full(6, -1))[0]
    assert np.abs(kernel_gradient).max() > 1e-4


def test_consistency_is_the_squared_distance_from_the_averaged_classifiers_probabilities(model):
    discriminator = keras.models.clone_model(model.discriminator)
    options = {"adversarial_weight": 0.0, "ema_decay": 0.9, "seed": 5}
    model = models.SemiSupervisedGAN(
        model.generator, discriminator, consistency_weight=3.0, **options
    )
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    discriminator.layers[-1].bias.assign([1.0, 0.0, -1.0])
    real, unlabeled = small_models.images(6), np.full(6, -1)
    student, teacher = (
        tf.nn.softmax(network.predict(real, verbose=0)).numpy()
        for network in (discriminator, model.averaged_discriminator)
    )
    squares = np.sum((student - teacher) ** 2, axis=1)
    loss = model.discriminator_loss(tf.constant(real), model.fake(real), unlabeled)
    np.testing.assert_allclose(loss, 3 * squares.mean(), rtol=1e-5)
    weight = np.linspace(0.0, 2.0, 6).astype("float32")
    loss = model.discriminator_loss(
        tf.constant(real), model.fake(real), unlabeled, sample_weight=weight
    )
    np.testing.assert_allclose(loss, 3 * np.average(squares, weights=weight), rtol=1e-5)
    with tf.GradientTape() as tape:
        loss = model.discriminator_loss(tf.constant(real), model.fake(real), unlabeled)
    averaged = model.averaged_discriminator.trainable_variables
    assert tape.gradient(loss, averaged) == [None] * len(averaged)


def test_the_ramp_of_the_consistency_is_the_papers_and_ends_at_one():
    model = small_models.semi_supervised_gan()
    model.consistency_ramp = 20
    expected = {0: np.exp(-5), 5: np.exp(-5 * 0.75**2), 10: np.exp(-1.25), 20: 1, 300: 1}
    for step, ramp in expected.items():
        model.discriminator_optimizer.iterations.assign(step)
        assert float(model.ramp()) == pytest.approx(ramp, rel=1e-6)
    real, unlabeled = tf.constant(small_models.images(6)), tf.fill([6], -1)
    model.adversarial_weight = model.balance_weight = 0.0
    view, noise = model.discriminator.layers[1:3]
    affine, paste = view.layers
    affine.rotation = affine.shear = paste.size = noise.stddev = 0.0
    model.discriminator.layers[-1].bias.assign([1.0, 0.0, -1.0])
    distance = []
    for step in (10, 20):
        model.discriminator_optimizer.iterations.assign(step)
        distance.append(float(model.discriminator_loss(real, real, unlabeled)))
    assert distance[0] == pytest.approx(np.exp(-1.25) * distance[1], rel=1e-5)


def test_balance_is_the_divergence_of_the_mean_answer_from_equal_shares(model):
    model.adversarial_weight, model.balance_weight = 0.0, 3.0
    model.discriminator.layers[-1].bias.assign([1.0, 0.0, -1.0])
    real, unlabeled = small_models.images(6), tf.fill([6], -1)
    answers = tf.nn.softmax(model.discriminator.predict(real, verbose=0)).numpy()
    loss = model.discriminator_loss(tf.constant(real), model.fake(real), unlabeled)
    mean = answers.mean(axis=0)
    np.testing.assert_allclose(loss, 3 * stats.entropy(mean, np.full(3, 1 / 3)), rtol=1e-4)

    weight = np.linspace(0.0, 2.0, 6).astype("float32")
    loss = model.discriminator_loss(
        tf.constant(real), model.fake(real), unlabeled, sample_weight=weight
    )
    mean = np.average(answers, axis=0, weights=weight)
    np.testing.assert_allclose(loss, 3 * stats.entropy(mean, np.full(3, 1 / 3)), rtol=1e-4)


def test_balance_of_a_class_that_never_occurs_has_a_finite_gradient(model):
    model.adversarial_weight, model.balance_weight = 0.0, 1.0
    model.discriminator.layers[-1].bias.assign([0.0, 0.0, -300.0])
    assert all(np.isfinite(g).all() for g in gradients(model, small_models.images(6), LABELS))


def test_fewer_fakes_are_made_than_there_are_real_images_and_the_means_stay_means(model):
    model.fakes, model.penalty = 4, losses.GradientPenalty(6.0)
    real, unlabeled = tf.constant(small_models.images(6)), tf.fill([6], -1)
    fake = model.fake(real, unlabeled)
    assert fake.shape == (4, *small_models.IMAGE)
    assert model.fake(real[:3], unlabeled[:3]).shape[0] == 3
    seed = tf.constant(model.seed_generator.state)
    loss = model.discriminator_loss(real, fake, unlabeled)
    game = tf.reduce_mean(tf.nn.softplus(-model.score(real)))
    game += tf.reduce_mean(tf.nn.softplus(model.score(fake)))
    model.seed_generator.state.assign(seed)
    game += model.penalty(model.score, real[:4], fake, model.next_seed())
    np.testing.assert_allclose(loss, 0.5 * game, rtol=1e-5)


def test_generator_loss_is_the_squared_distance_of_mean_features(model):
    real = small_models.images(6)
    fake = model.generator.predict(np.zeros((1, 4)), verbose=0)
    kernel, bias = (np.float64(w) for w in model.discriminator.get_layer("features").get_weights())
    means = [np.tanh(x.reshape(len(x), -1) @ kernel + bias).mean(axis=0) for x in (real, fake)]
    fake = model.fake(tf.constant(real))
    loss = model.generator_loss(tf.constant(real), fake, tf.constant(LABELS))
    np.testing.assert_allclose(loss, np.sum((means[0] - means[1]) ** 2), rtol=1e-5)


def test_generator_of_the_right_mean_features_has_nothing_to_learn(model):
    """Features of each single image differ, but their means do not."""
    image = model.generator.predict(np.zeros((1, 4)), verbose=0)
    flat = model.discriminator.get_layer("features")
    flat.set_weights([w * 0 for w in flat.get_weights()])
    real = tf.constant(np.repeat(image, 3, 0))
    assert float(model.generator_loss(real, model.fake(real), LABELS[:3])) == 0


def test_each_players_step_moves_its_own_variables_and_no_other():
    model = small_models.semi_supervised_gan()
    batch = tf.constant(small_models.images(6)), tf.constant(LABELS)
    own = {
        model.generator_step: (model.generator, model.averaged_generator),
        model.discriminator_step: (model.discriminator, model.averaged_discriminator),
    }
    for step, networks in own.items():
        others = next(n for s, n in own.items() if s != step)
        before = [[np.array(v) for v in n.trainable_variables] for n in (*networks, *others)]
        step(*batch)
        after = [[np.array(v) for v in n.trainable_variables] for n in (*networks, *others)]
        for old, new in zip(before[:2], after[:2]):
            assert all((a != b).any() for a, b in zip(old, new))
        for old, new in zip(before[2:], after[2:]):
            assert all((a == b).all() for a, b in zip(old, new))


def test_averaged_classifier_follows_the_equation_and_is_the_one_in_use():
    model = small_models.semi_supervised_gan()
    images, labels = small_models.data_of("semi_supervised_gan")
    old = model.averaged_discriminator.get_weights()
    model.train_on_batch(images, labels)
    keep = (1 + 1) / (10 + 1)
    for average, start, weight in zip(
        model.averaged_discriminator.get_weights(), old, model.discriminator.get_weights()
    ):
        np.testing.assert_allclose(average, keep * start + (1 - keep) * weight, rtol=1e-5)

    bias = model.averaged_discriminator.layers[-1].bias
    bias.assign([-50.0, 50.0, -50.0])
    assert (model.classify(images).argmax(axis=1) == 1).all()
    evaluated = model.evaluate(images, labels, verbose=0, return_dict=True)
    assert evaluated["accuracy"] == pytest.approx(np.mean(labels[labels >= 0] == 1))


def test_training_without_any_label_is_finite(model):
    history = model.fit(small_models.images(), np.full((22, 1), -1), verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert history["accuracy"] == [0]


def test_exported_classifier_gives_probabilities(tmp_path):
    model = small_models.semi_supervised_gan()
    images = small_models.images(5)
    endpoints = saved_models.export(model, tmp_path / "exported")
    assert endpoints == ["classify", "sample", "sample_uint8", "serve"]
    probabilities = saved_models.load(tmp_path / "exported").classify(images).numpy()
    np.testing.assert_allclose(probabilities, model.classify(images), rtol=1e-4)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("bad", [np.full(22, 3), np.full(22, -2), np.zeros(22), None])
def test_labels_out_of_range_are_refused_before_training(bad):
    model = small_models.semi_supervised_gan()
    with pytest.raises(ValueError, match="integer labels from -1 to 2.*Received"):
        model.fit(small_models.images(), bad, verbose=0)


def test_classes_cannot_be_asked_for(model):
    with pytest.raises(ValueError, match="argument `labels`.*not conditional"):
        model.generate(3, labels=1)


@pytest.mark.parametrize(
    "outputs, options, message",
    [
        (3, {"features": "hidden"}, "argument `features`.*\\['.*'features'.*Received.*hidden"),
        (1, {}, r"argument `discriminator`.*logits \(batch, classes\)"),
        (3, {"adversarial_weight": -0.5}, "adversarial_weight=-0.5"),
        (3, {"consistency_weight": -1.0, "ema_decay": 0.9}, "consistency_weight=-1.0"),
        (3, {"consistency_weight": 1.0}, "without `ema_decay`.*consistency_weight=1.0"),
        (3, {"consistency_ramp": -1}, "consistency_ramp=-1"),
        (3, {"consistency_ramp": 0.5}, "consistency_ramp=0.5"),
        (3, {"balance_weight": float("nan")}, "balance_weight=nan"),
        (3, {"fakes": 0}, "argument `fakes`.*fakes=0"),
    ],
)
def test_bad_arguments_are_named(outputs, options, message):
    x = keras.Input(small_models.IMAGE)
    h = layers.Dense(2, name="features")(layers.Flatten()(x))
    discriminator = keras.Model(x, layers.Dense(outputs)(h))
    with pytest.raises(ValueError, match=message):
        models.SemiSupervisedGAN(one_image(), discriminator, **options)
