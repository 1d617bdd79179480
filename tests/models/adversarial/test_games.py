"""The two-player games: who moves, on what data, and by which equation."""

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import losses, models
from keras_gen.models.adversarial.game import fresh_slices


def values(variables):
    return [np.array(v) for v in variables]


def moved(before, variables):
    return [not np.array_equal(a, np.array(v)) for a, v in zip(before, variables)]


@pytest.mark.parametrize("name", ["gan", "conditional_gan", "wgan", "wgan_gp"])
def test_each_players_step_moves_its_own_variables_and_no_other(name):
    model = small_models.ALL[name]()
    batch = [tf.constant(small_models.images(8))]
    if name == "conditional_gan":
        batch.append(tf.constant(small_models.labels(8)))
    players = {
        "discriminator": (model.discriminator_step, model.discriminator_variables),
        "generator": (model.generator_step, model.generator_variables),
    }
    for player, (step, own) in players.items():
        other = players["generator" if player == "discriminator" else "discriminator"][1]
        if player == "discriminator" and "wgan" in name:
            own = own[:-1]  # a bias adds the same to the scores of real and of fake images
        own_before, other_before = values(own), values(other)
        step(*batch)
        assert all(moved(own_before, own))
        assert not any(moved(other_before, other))


def test_critic_sees_fresh_real_data_on_each_of_its_steps():
    rows = tf.reshape(tf.range(15.0), [15, 1])
    slices = [slice_[0].numpy().ravel() for slice_, _ in fresh_slices([rows], None, 5)]
    np.testing.assert_array_equal(np.concatenate(slices), np.arange(15))
    assert [len(s) for s in slices] == [3] * 5


def test_the_discriminator_takes_its_steps_for_one_of_the_generator():
    model = small_models.gan()
    model.compile("sgd", "sgd", discriminator_steps=3)
    model.fit(small_models.images(18), batch_size=9, verbose=0)
    assert int(model.generator_optimizer.iterations) == 2
    assert int(model.discriminator_optimizer.iterations) == 6


def test_each_player_has_a_time_scale_of_its_own():
    """With plain gradient descent a step is proportional to its player's learning rate."""
    steps = {}
    for rate in (0.01, 0.04):
        model = small_models.wgan_gp_without_chance()
        keras.utils.set_random_seed(1)
        for weight in model.weights:
            weight.assign(np.random.uniform(-0.1, 0.1, weight.shape))
        model.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(rate), discriminator_steps=1)
        players = (model.discriminator_variables, model.generator_variables)
        before = [values(player) for player in players]
        real = tf.constant(small_models.images(8))
        model.generator_step(real)
        model.discriminator_step(real)
        steps[rate] = [
            np.concatenate([np.ravel(new - old) for old, new in zip(first, values(player))])
            for first, player in zip(before, players)
        ]
    (slow, generator), (fast, same) = steps.values()
    np.testing.assert_allclose(fast, 4 * slow, rtol=1e-3, atol=1e-6)
    np.testing.assert_array_equal(generator, same)
    assert np.abs(slow).max() > 1e-4


def test_dropout_in_the_discriminator_acts_in_training_and_not_in_evaluation():
    model = small_models.gan()  # whose discriminator has dropout
    x = small_models.images(8)
    first, second = (model.score(x, training=True).numpy() for _ in range(2))
    assert np.abs(first - second).max() > 0
    first, second = (model.score(x, training=False).numpy() for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_batch_smaller_than_the_number_of_slices_is_passed_round():
    slices = [s[0].numpy().ravel() for s, _ in fresh_slices([tf.constant([[0.0], [1.0]])], None, 5)]
    np.testing.assert_array_equal(np.concatenate(slices), [0, 1, 0, 1, 0])


def test_sample_weights_are_sliced_with_their_samples():
    rows = tf.range(4.0)[:, None]
    for (slice_,), weight in fresh_slices([rows], tf.range(4.0), 2):
        np.testing.assert_array_equal(slice_.numpy().ravel(), weight)


def test_generator_never_sees_real_images():
    first, second = (small_models.wgan_gp() for _ in range(2))
    second.set_weights(first.get_weights())
    first.generator_step(tf.constant(small_models.images(8)))
    second.generator_step(tf.zeros([8, *small_models.IMAGE]))
    for a, b in zip(first.generator_variables, second.generator_variables):
        np.testing.assert_array_equal(np.array(a), np.array(b))


def test_losses_equal_the_equations_on_the_scores():
    model = small_models.wgan_gp()
    real, fake = (tf.constant(small_models.images(8)[i::2]) for i in range(2))
    c_real, c_fake = (model.discriminator(x).numpy() for x in (real, fake))
    model.penalty = None
    loss = model.discriminator_loss(real, fake)
    np.testing.assert_allclose(loss, c_fake.mean() - c_real.mean(), rtol=1e-5, atol=1e-7)
    model.loss = losses.NonSaturating()
    expected = np.log1p(np.exp(-c_real)).mean() + np.log1p(np.exp(c_fake)).mean()
    np.testing.assert_allclose(model.discriminator_loss(real, fake), expected, rtol=1e-5)


def test_wgan_clips_every_critic_weight_after_each_step():
    model = small_models.wgan()
    model.fit(small_models.images(), verbose=0)
    largest = max(np.abs(np.array(w)).max() for w in model.discriminator_variables)
    assert largest == pytest.approx(0.02)
    assert max(np.abs(np.array(w)).max() for w in model.generator_variables) > 0.02


def test_accuracies_are_shares_of_scores_on_the_right_side():
    model = small_models.wgan_gp_without_chance()
    gan = models.GAN(model.generator, model.discriminator)
    gan.compile("sgd", "sgd", losses.LeastSquares())
    gan.observe(tf.constant([[0.6], [0.4], [2.0], [0.7]]), tf.constant([[0.4], [0.6]]))
    assert gan.trackers["real_accuracy"].result() == 0.75
    assert gan.trackers["fake_accuracy"].result() == 0.5


def test_average_generator_follows_the_equation():
    model = small_models.gan()
    weight, average = model.generator.trainable_weights[0], model.averaged_generator
    old = np.array(average.trainable_weights[0])
    model.generator_step(tf.constant(small_models.images(8)))
    keep = min(0.9, (1 + 1) / (10 + 1))
    expected = keep * old + (1 - keep) * np.array(weight)
    np.testing.assert_allclose(np.array(average.trainable_weights[0]), expected, rtol=1e-5)
    for copy, original in zip(average.non_trainable_weights, model.generator.non_trainable_weights):
        np.testing.assert_array_equal(np.array(copy), np.array(original))


def test_equal_seeds_generate_equal_images_and_others_do_not():
    model = small_models.gan()
    first = model.generate(4, seed=3)
    np.testing.assert_array_equal(first, model.generate(4, seed=3))
    assert np.abs(first - model.generate(4, seed=4)).max() > 1e-4
    assert np.abs(model.generate(4) - model.generate(4)).max() > 1e-4


def test_labels_choose_what_is_generated():
    model = small_models.conditional_gan()
    zeros, ones = (model.generate(4, seed=3, labels=label) for label in (0, 1))
    assert np.abs(zeros - ones).max() > 0
    mixed = model.generate(seed=3, labels=[0, 0, 1, 1])
    np.testing.assert_allclose(mixed[:2], zeros[:2], atol=1e-6)
    np.testing.assert_allclose(mixed[2:], ones[2:], atol=1e-6)


def test_one_label_for_all_is_that_label_for_each_and_count_may_be_left_out():
    model = small_models.conditional_gan()
    each = model.generate(labels=[2, 2, 0], seed=1)
    assert each.shape == (3, *small_models.IMAGE)
    np.testing.assert_array_equal(each, model.generate(3, seed=1, labels=np.array([2, 2, 0])))
    np.testing.assert_allclose(each[:2], model.generate(3, seed=1, labels=2)[:2], atol=1e-6)


@pytest.mark.parametrize("bad", [None, 3, [0, -1], [0.0, 1.0], np.eye(3, dtype=int)[:2], []])
def test_labels_that_are_no_classes_are_refused_when_generating(bad):
    with pytest.raises(ValueError, match="argument `labels`.*0 to 2, not one-hot.*Received"):
        small_models.conditional_gan().generate(2, seed=1, labels=bad)


@pytest.mark.parametrize("count, labels", [(3, [0, 1]), (None, 1)])
def test_a_count_that_does_not_fit_the_labels_is_refused(count, labels):
    with pytest.raises(ValueError, match=f"argument `count`.*Received: count={count}"):
        small_models.conditional_gan().generate(count, seed=1, labels=labels)


def test_labels_for_networks_that_take_none_are_refused():
    with pytest.raises(ValueError, match="argument `labels`.*not conditional"):
        small_models.gan().generate(2, labels=1)


@pytest.mark.parametrize("bad", [np.full(22, 3), np.full(22, -1), np.zeros(22), None])
def test_labels_out_of_range_are_refused_before_training(bad):
    model = small_models.conditional_gan()
    with pytest.raises(ValueError, match="integer labels from 0 to 2.*Received"):
        model.fit(small_models.images(), bad, verbose=0)


@pytest.mark.parametrize("dtype", ["float32", "int32"])
@pytest.mark.parametrize("as_dataset", [False, True])
def test_one_hot_labels_are_named_as_such_before_training(dtype, as_dataset):
    model, x = small_models.conditional_gan(), small_models.images()
    y = np.eye(3, dtype=dtype)[small_models.labels()]
    data = (tf.data.Dataset.from_tensor_slices((x, y)).batch(8),) if as_dataset else (x, y)
    with pytest.raises(ValueError, match=r"integer labels from 0 to 2.*Received: one-hot.*argmax"):
        model.fit(*data, verbose=0)
    assert int(model.generator_optimizer.iterations) == 0


def test_single_batches_of_one_hot_labels_are_refused_too():
    model, x = small_models.conditional_gan(), small_models.images()
    with pytest.raises(ValueError, match="argument `y`.*one-hot"):
        model.train_on_batch(x, np.eye(3)[small_models.labels()])
    model.train_on_batch(x, small_models.labels()[:, None])  # a column is fine


def test_one_optimizer_for_both_players_is_refused():
    model, optimizer = small_models.gan(), keras.optimizers.Adam()
    with pytest.raises(ValueError, match="argument `discriminator_optimizer`"):
        model.compile(optimizer, optimizer)


@pytest.mark.parametrize("steps", [0, -1, 1.5])
def test_discriminator_steps_that_are_not_positive_are_refused(steps):
    with pytest.raises(ValueError, match=f"`discriminator_steps`.*discriminator_steps={steps}"):
        small_models.gan().compile("adam", "adam", discriminator_steps=steps)


def test_networks_that_do_not_fit_are_refused():
    gan, other = small_models.gan(), small_models.conditional_gan()
    with pytest.raises(ValueError, match="argument `generator`.*1 input"):
        models.GAN(other.generator, gan.discriminator)
    wide = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5)])
    with pytest.raises(ValueError, match="argument `generator`.*input shape"):
        models.GAN(wide, gan.discriminator)


def test_compiling_leaves_no_optimizer_without_variables():
    assert small_models.gan().optimizer is None
