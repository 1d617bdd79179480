import keras
import numpy as np
import pytest
import small_models

from keras_gen import callbacks, metrics, models, networks

IMAGE = small_models.IMAGE


def game(**options):
    """A discriminator whose score is the mean of the pixels, and a generator of black images."""
    x = keras.Input(IMAGE)
    mean = keras.layers.Dense(1, use_bias=False, kernel_initializer=_mean)
    discriminator = keras.Model(x, mean(keras.layers.Flatten()(x)))
    generator = networks.mlp(4, [], IMAGE, output_activation="tanh")
    model = models.GAN(generator, discriminator, seed=5, **options)
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    return model


def _mean(shape, dtype=None):
    return np.full(shape, 1 / shape[0], "float32")


def flat(*values):
    return np.float32(values)[:, None, None, None] * np.ones((1, *IMAGE), "float32")


def test_the_log_is_the_difference_of_the_means_whatever_the_counts():
    watch = callbacks.OverfittingReport(flat(*np.linspace(0, 0.8, 300)), flat(-0.1, 0.3))
    history = game().fit(flat(0.5, -0.5), verbose=0, callbacks=[watch]).history
    np.testing.assert_allclose(history["score_training"], 0.4, rtol=1e-5)
    np.testing.assert_allclose(history["score_held_out"], 0.1, rtol=1e-5)
    np.testing.assert_allclose(history["overfitting"], 0.3, rtol=1e-5)
    assert "augment_strength" not in history


def test_an_adaptive_strength_is_logged():
    model = small_models.augmented_gan()
    images = small_models.images()
    watch = callbacks.OverfittingReport(images, images[:4])
    history = model.fit(images, batch_size=8, verbose=0, callbacks=[watch]).history
    assert history["augment_strength"] == [float(model.augment.strength)]


def test_copies_have_ratio_zero_and_the_picture_shows_what_is_nearest(tmp_path):
    model = game()
    made = model.generate(3, seed=7)
    training = np.concatenate([flat(0.9, -0.9, 0.7), made])
    watch = callbacks.OverfittingReport(training, flat(0.8, -0.5, 0.0), seed=7)
    watch.set_model(model)
    assert watch.measures()["copying"] < 1e-3
    far = callbacks.OverfittingReport(flat(0.9, -0.9, 0.7), flat(0.85, -0.5, 0.6), seed=7)
    far.set_model(model)
    # The nearest are .05, .4 and .1 away, in each of 64 pixels.
    np.testing.assert_allclose(far.measures()["distance_of_held_out"], 8 * 0.55 / 3, rtol=1e-5)
    assert far.measures()["copying"] > 1
    figure = watch.picture(tmp_path / "copies.png", count=3)
    names = [axis.get_ylabel() for axis in figure.axes]
    assert names[:2] == ["sample", "nearest to sample"] and len(names) == 8
    assert (tmp_path / "copies.png").exists()


def test_distances_may_be_taken_in_named_features():
    extractor = metrics.RandomExtractor(IMAGE, filters=(4, 4))
    assert extractor.name == "random_8_seed_0"
    again = metrics.RandomExtractor(IMAGE, filters=(4, 4))
    x = small_models.images(5)
    np.testing.assert_array_equal(extractor(x), again(x))
    assert extractor(x).shape == (5, 2 * 2 * 4) and np.ptp(extractor(x), axis=0).max() > 0
    other = metrics.RandomExtractor(IMAGE, filters=(4, 4), seed=1)
    assert np.abs(extractor(x) - other(x)).max() > 0.01
    with pytest.raises(ValueError, match="extractor"):
        extractor.probabilities(x)
    watch = callbacks.OverfittingReport(x, x, extractor)
    watch.set_model(game())
    assert watch.measures()["distance_of_held_out"] == pytest.approx(0, abs=1e-3)


def test_games_with_labels_and_other_images_are_refused():
    images, labels = small_models.images(8), small_models.labels(8)
    watch = callbacks.OverfittingReport(images, images)
    with pytest.raises(ValueError, match="argument `model`.*without labels"):
        small_models.conditional_gan().fit(images, labels, verbose=0, callbacks=[watch])
    watch = callbacks.OverfittingReport(images, images[:, :4])
    with pytest.raises(ValueError, match="held_out"):
        game().fit(images, verbose=0, callbacks=[watch])
