"""Games whose players see their images through random changes."""

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import layers, losses, models, networks

IMAGE = small_models.IMAGE
SIZE = int(np.prod(IMAGE))


@keras.saving.register_keras_serializable("tests")
class Plus(layers.Augmentation):
    """Adds 3 to every value, and remembers what it was shown."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.shown = []

    def changed(self, images, *shares):
        self.shown.append(images)
        return images + 3.0


def summing():
    """A critic whose score is w times the sum of an image, w = 1."""
    x = keras.Input(IMAGE)
    dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    return keras.Model(x, dense(keras.layers.Flatten()(x)))


def generator():
    return networks.mlp(4, [8], IMAGE, output_activation="tanh")


def game(loss=None, penalty=None, augment=None, kind=models.GAN):
    model = kind(generator(), summing(), augment=augment, seed=5)
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), loss, penalty)
    return model


def real(count=4):
    return tf.constant(small_models.images(count))


def test_losses_are_the_equations_on_scores_of_changed_images():
    model = game(losses.Wasserstein(), augment=Plus())
    x, fake = real(), model.fake(real())
    plain = [tf.reduce_mean(model.score(each)) for each in (x, fake)]
    np.testing.assert_allclose(
        model.discriminator_loss(x, fake), plain[1] - plain[0], rtol=1e-4, atol=1e-3
    )
    np.testing.assert_allclose(model.generator_loss(x, fake), -plain[1] - 3 * SIZE, rtol=1e-5)
    unchanged = model.generator_loss(x, fake, training=False)
    np.testing.assert_allclose(unchanged, -plain[1], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("pairs", [False, True])
def test_both_players_see_real_and_generated_images_changed(pairs):
    loss = losses.RelativisticPairing() if pairs else losses.NonSaturating()
    model = game(loss, losses.R1(1.0) + losses.R2(1.0), Plus())
    x, fake = real(), model.fake(real())
    model.discriminator_loss(x, fake)
    are_real = [bool(np.all(shown == x)) for shown in model.augment.shown]
    assert are_real == [True, False, True, False]  # scores, then penalties
    model.augment.shown.clear()
    model.generator_loss(x, fake)
    assert len(model.augment.shown) == (2 if pairs else 1)


def test_penalties_go_through_the_change():
    # The score is the sum of the pixels that are left: R1 with weight 2 is their mean number. A
    # cutout of 4 rows begins at row -2, ..., 6 and removes 2, 3, 4, 4, 4, 4, 4, 3 or 2 of them.
    model = game(losses.Wasserstein(), losses.R1(2.0), layers.RandomCutout())
    x = real(2000)
    penalty = model.penalty(model.judged, x, x, None)
    np.testing.assert_allclose(penalty, SIZE - (30 / 9) ** 2, rtol=0.02)


def test_relativistic_game_with_both_penalties_by_closed_form():
    model = game(losses.RelativisticPairing(), losses.R1(3.0) + losses.R2(5.0))
    x, fake = real(), model.fake(real())
    margin = tf.reduce_sum(x - fake, axis=[1, 2, 3])
    expected = tf.reduce_mean(tf.nn.softplus(-margin)) + (3.0 + 5.0) / 2 * SIZE
    np.testing.assert_allclose(model.discriminator_loss(x, fake), expected, rtol=1e-5)
    expected = tf.reduce_mean(tf.nn.softplus(margin))
    np.testing.assert_allclose(model.generator_loss(x, fake), expected, rtol=1e-5)


def test_changes_follow_the_seeds_of_the_game():
    first, second = (
        models.GAN(generator(), summing(), augment=layers.RandomColors(), seed=5) for _ in "ab"
    )
    x = real()
    np.testing.assert_array_equal(first.augmented(x), second.augmented(x))
    assert np.abs(first.augmented(x) - second.augmented(x, seed=[0, 1])).max() > 0.01
    np.testing.assert_array_equal(first.augmented(x, [0, 1]), second.augmented(x, [0, 1]))


def test_samples_of_a_generator_that_is_right_do_not_look_changed():
    """Nothing between latents and samples is changed, in `generate` or in evaluation."""
    model = game(augment=Plus())
    assert np.abs(model.generate(8, seed=1)).max() <= 1
    model.evaluate(small_models.images(8), verbose=0)
    assert not model.augment.shown


def test_a_growing_game_changes_images_of_its_present_size():
    seen = []

    class Look(layers.Augmentation):
        def changed(self, images):
            seen.append(tuple(images.shape[1:]))
            return images

    players = [
        networks.progressive_generator(IMAGE, [4, 3], latent_dim=4),
        networks.progressive_discriminator(IMAGE, [4, 3]),
    ]
    model = models.ProGAN(*players, stabilize=8, fade=8, seed=5, augment=Look())
    model.compile(*[keras.optimizers.Adam() for _ in "ab"])
    model.fit(small_models.images(16), batch_size=8, verbose=0)
    assert set(seen) == {(4, 4, 1), IMAGE}


def test_a_translation_and_its_source_are_changed_alike():
    seen = []

    class Look(models.Pix2Pix):
        def score(self, images, source, training=True):
            seen.append((images, source))
            return super().score(images, source, training)

    unet, patches = networks.unet(IMAGE, filters=2), networks.patchgan(IMAGE, IMAGE, layers=1)
    model = Look(unet, patches, augment=layers.RandomShift(0.4), seed=5)
    model.judged(real(), real())
    np.testing.assert_array_equal(*seen[0])
    assert np.abs(seen[0][0] - real()).max() > 0


@pytest.mark.parametrize("kind", ["conditional", "cycle_gan", "semi_supervised_gan", "stylegan"])
def test_other_games_train_with_changes(kind):
    make = small_models.conditional_gan if kind == "conditional" else small_models.ALL[kind]
    plain = make()
    config = plain.get_config()
    config["augment"] = keras.saving.serialize_keras_object(layers.differentiable_augmentation())
    model = type(plain).from_config(config)
    rate = {"learning_rate": 1e-3}
    model.compile(*[keras.optimizers.Adam(**rate) for _ in "ab"])
    x, y = small_models.data_of("gan" if kind == "conditional" else kind)
    y = small_models.labels() if kind == "conditional" else y
    model.run_eagerly = True
    logs = model.train_on_batch(x[:4], y[:4], return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())


def adaptive(**options):
    return models.AdaptiveAugmentation(layers.RandomColors(), **options)


def test_the_strength_moves_by_hand():
    a = adaptive(target=0.5, images=100, every=2, start=0.2)
    a.notice(tf.constant([[1.0], [2.0], [-1.0]]))
    a.follow()
    assert float(a.strength) == np.float32(0.2)  # not yet
    a.notice(tf.constant([[3.0], [0.5], [0.1], [9.0], [4.0]]))
    a.follow()  # the mean sign of 8 images is 6 / 8, above the target
    np.testing.assert_allclose(a.strength, 0.2 + 8 / 100, rtol=1e-6)
    for _ in range(2):
        a.notice(tf.constant([[1.0], [1.0], [1.0], [-1.0]]))
        a.follow()  # exactly the target: nothing moves
    np.testing.assert_allclose(a.strength, 0.28, rtol=1e-6)
    for _ in range(2):
        a.notice(tf.fill([50, 2, 2, 1], -1.0))  # scores of patches: one sign for each image
        a.follow()
    assert float(a.strength) == 0.0  # by 1 down, but not below 0
    for _ in range(4):
        a.notice(tf.ones([50, 1]))
        a.follow()
    np.testing.assert_allclose(a.strength, 0.8, rtol=1e-6)  # by 2 up, but not above `most`


def test_the_strength_rises_in_a_game_that_knows_all_real_images_and_not_in_evaluation():
    model = game(losses.Wasserstein(), augment=adaptive(images=100, every=1))
    x = np.ones((10, *IMAGE), "float32")  # scores far above 0
    model.evaluate(x, verbose=0)
    assert float(model.augment.strength) == 0
    model.fit(x, batch_size=5, verbose=0)
    np.testing.assert_allclose(model.augment.strength, 0.1, rtol=1e-5)


def test_the_strength_is_saved(tmp_path):
    model = small_models.augmented_gan()
    model.fit(small_models.images(), batch_size=8, verbose=0)
    strength = float(model.augment.strength)
    assert strength != 0.5
    model.save(tmp_path / "m.keras")
    copy = keras.saving.load_model(tmp_path / "m.keras")
    assert float(copy.augment.strength) == strength
    assert copy.augment.images == 100 and copy.augment.every == 2
    assert [type(step) for step in copy.augment.augmentation.steps] == [
        layers.RandomMirror,
        layers.RandomColors,
        layers.RandomShift,
        layers.RandomCutout,
    ]


def test_what_cannot_be_augmented_is_refused():
    with pytest.raises(ValueError, match="argument `augment`.*Augmentation"):
        game(augment=keras.layers.RandomFlip())
    with pytest.raises(ValueError, match="argument `augment`.*constant strength"):
        game(losses.RelativisticPairing(), augment=adaptive())
    with pytest.raises(ValueError, match="argument `start`"):
        adaptive(start=0.9)
    with pytest.raises(ValueError, match="argument `target`"):
        adaptive(target=2)
