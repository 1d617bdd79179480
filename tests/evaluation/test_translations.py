"""What is said of a translation in two directions."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_gen import evaluation, models
from keras_gen.metrics import matched_histograms

SHAPE = (6, 6, 1)
X = np.random.default_rng(4).uniform(-0.4, 0.8, (30, *SHAPE)).astype("float32")
Y = np.random.default_rng(5).uniform(-0.9, 0.3, (30, *SHAPE)).astype("float32")


def model(there, back):
    """A CycleGAN whose translators are functions of images."""
    networks = []
    for function in (there, back):
        images = keras.Input(SHAPE)
        networks.append(keras.Model(images, layers.Lambda(function)(images)))
    critics = []
    for _ in "xy":
        images = keras.Input(SHAPE)
        critics.append(keras.Model(images, layers.Conv2D(1, 3)(images)))
    return models.CycleGAN(*networks, *critics)


def test_both_directions_are_measured_against_their_pairs():
    gan = model(lambda x: 0.5 * x, lambda y: -y)
    report = evaluation.two_way_report(gan, X, Y, ("photo", "plan"))
    assert list(report) == ["photo to plan", "plan to photo"]
    there, back = report.values()
    assert there["l1"] == pytest.approx(np.abs(X / 2 - Y).mean() / 2, rel=1e-5)
    assert back["l1"] == pytest.approx(np.abs(-Y - X).mean() / 2, rel=1e-5)
    assert there["cycle_l1"] == pytest.approx(1.5 * np.abs(X).mean() / 2, rel=1e-5)
    assert back["cycle_l1"] == pytest.approx(1.5 * np.abs(Y).mean() / 2, rel=1e-5)
    assert there["variety"] == pytest.approx(
        X.var(axis=0).sum() / 4 / Y.var(axis=0).sum(), rel=1e-5
    )
    assert "accuracy" not in there


def test_noise_betrays_a_signal_that_is_hidden_in_a_translation():
    """F multiplies what is left of x by 100, and G(x) shows next to nothing of it."""

    def louder(images):
        return keras.ops.clip(100 * images, -1, 1)

    hidden = evaluation.two_way_report(model(lambda x: x / 100, louder), X, X)["x to y"]
    honest = evaluation.two_way_report(model(lambda x: -x, lambda y: -y), X, X)["x to y"]
    assert hidden["cycle_l1"] < 1e-6 and honest["cycle_l1"] < 1e-6
    # E|e| of a normal deviation of .02, as a share of 2 from black to white.
    assert honest["noise_rise"] == pytest.approx(0.02 * np.sqrt(2 / np.pi) / 2, rel=0.1)
    assert hidden["noise_rise"] > 20 * honest["noise_rise"]


def test_classes_are_counted_in_the_domain_that_shows_them():
    colours = [[0], [255]]
    gan = model(lambda x: -x, lambda y: y)
    report = evaluation.two_way_report(gan, X, Y, colours=colours)
    assert report["x to y"]["accuracy"] == np.mean((X < 0) == (Y > 0))
    assert "accuracy" not in report["y to x"]


def test_a_generator_that_looks_at_nothing_has_no_variety():
    gan = model(lambda x: 0 * x + 0.3, lambda y: y)
    report = evaluation.two_way_report(gan, X, Y)
    assert report["x to y"]["variety"] == pytest.approx(0, abs=1e-9)
    assert report["y to x"]["variety"] == pytest.approx(Y.var(axis=0).sum() / X.var(axis=0).sum())


def test_rivals_know_only_the_training_images():
    x, known_x, y, known_y = X[:10], X[10:], Y[:10], Y[10:25]
    rivals = evaluation.two_way_rivals(x, y, known_x, known_y, (-1, 1), ("a", "b"))
    kinds = ["identity", "mean image", "matched histograms"]
    assert sorted(rivals) == sorted(f"{k}, {w}" for k in kinds for w in ("a to b", "b to a"))
    expected = {
        "identity, a to b": np.abs(x - y),
        "identity, b to a": np.abs(x - y),
        "mean image, a to b": np.abs(known_y.mean(axis=0) - y),
        "mean image, b to a": np.abs(known_x.mean(axis=0) - x),
        "matched histograms, a to b": np.abs(matched_histograms(x, known_y) - y),
        "matched histograms, b to a": np.abs(matched_histograms(y, known_x) - x),
    }
    for name, difference in expected.items():
        assert rivals[name] == {"l1": pytest.approx(difference.mean() / 2, rel=1e-5)}


def test_rivals_between_grey_and_colour_are_mean_images():
    colour = np.repeat(Y, 3, axis=-1)
    rivals = evaluation.two_way_rivals(X, colour, X, colour, (-1, 1))
    assert list(rivals) == ["mean image, x to y", "mean image, y to x"]


def test_the_alarm_is_for_two_identities_and_for_nothing_less():
    def nearly(images):
        return 0.99 * images

    def turned(images):
        return -images

    assert "both translators leave images as they are" in evaluation.identity_warning(
        model(nearly, nearly), X, Y
    )
    for pair in [(nearly, turned), (turned, nearly), (turned, turned)]:
        assert evaluation.identity_warning(model(*pair), X, Y) == ""


def test_round_trips_are_those_of_the_model():
    gan = model(lambda x: 0.5 * x, lambda y: -y)
    (x, there, again), (y, back, once_more) = evaluation.round_trips(gan, X, Y)
    for found, expected in [
        (x, X),
        (there, X / 2),
        (again, -X / 2),
        (y, Y),
        (back, -Y),
        (once_more, -Y / 2),
    ]:
        np.testing.assert_allclose(found, expected, rtol=1e-6)
