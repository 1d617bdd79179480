"""The fast gradient sign method in closed form, and training with it."""

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import models, networks, saved_models
from keras_gen.models.classifiers.adversarial_examples import log_odds_against

IMAGES = small_models.images(6, low=0.0)
LABELS = np.array([2, 0, 1, 1, 0, 2])
CLASSES = np.eye(3)[LABELS]


def linear(bias=0.0):
    """Logits W'x + b."""
    model = networks.mlp(small_models.IMAGE, [], 3)
    model.set_weights([np.random.default_rng(1).normal(size=(64, 3)), np.full(3, bias)])
    return model


def slope(weights, x):
    """dJ/dx of the cross-entropy of logits W'x, by hand: W (softmax - one-hot)."""
    scores = x.reshape(len(x), -1).astype("float64") @ weights
    probabilities = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return ((probabilities - CLASSES) @ weights.T).reshape(x.shape)


def test_a_linear_model_is_attacked_along_the_signs_of_its_weights():
    model = linear()
    expected = np.clip(IMAGES + 0.1 * np.sign(slope(model.get_weights()[0], IMAGES)), 0, 1)
    found = models.adversarial_examples(model, IMAGES, LABELS, 0.1)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_two_classes_are_attacked_along_the_difference_of_their_weights():
    """The direction is the same at every image, whatever its confidence: it must not fade."""
    model = networks.mlp(small_models.IMAGE, [], 2)
    weights = 3 * np.random.default_rng(1).normal(size=(64, 2))
    model.set_weights([weights, np.array([-40.0, 40.0])])
    images = np.full((2, *small_models.IMAGE), 0.5, "float32")
    found = models.adversarial_examples(model, images, np.array([1, 0]), 0.25)
    direction = np.sign(weights[:, 0] - weights[:, 1]).reshape(small_models.IMAGE)
    np.testing.assert_allclose(found, [0.5 + 0.25 * direction, 0.5 - 0.25 * direction], atol=1e-6)


def test_log_odds_are_the_inverse_softplus_of_the_cross_entropy():
    logits = np.random.default_rng(2).normal(size=(6, 3)).astype("float32")
    cross_entropy = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(6), LABELS]
    found = log_odds_against(LABELS, tf.constant(logits))
    np.testing.assert_allclose(found, np.log(np.expm1(cross_entropy)), rtol=1e-4, atol=1e-5)


def test_examples_stay_in_the_range_and_within_epsilon():
    for steps in (1, 4):
        found = models.adversarial_examples(
            linear(), 2 * IMAGES - 1, LABELS, 0.7, value_range=(-1, 1), steps=steps
        )
        assert found.min() == -1 and found.max() == 1
        assert np.abs(found - (2 * IMAGES - 1)).max() <= 0.7 + 1e-6


def test_no_epsilon_is_the_identity():
    found = models.adversarial_examples(linear(), IMAGES, LABELS, 0, batch_size=4)
    np.testing.assert_array_equal(found, IMAGES)


def test_several_steps_follow_the_gradient_anew():
    weights = linear().get_weights()[0]
    expected = IMAGES
    for _ in range(3):
        expected = np.clip(expected + 0.1 * np.sign(slope(weights, expected)), 0, 1)
    found = models.adversarial_examples(linear(), IMAGES, LABELS, 0.3, steps=3)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert (np.abs(found - models.adversarial_examples(linear(), IMAGES, LABELS, 0.3)) > 1e-3).any()


def test_a_loss_of_probabilities_gives_the_same_examples_where_it_is_not_certain():
    small = linear()
    small.set_weights([0.1 * weight for weight in small.get_weights()])
    probabilities = keras.Sequential([small, keras.layers.Softmax()])
    probabilities.build((None, *small_models.IMAGE))
    expected = models.adversarial_examples(small, IMAGES, LABELS, 0.1)
    loss = keras.losses.SparseCategoricalCrossentropy()
    found = models.adversarial_examples(probabilities, IMAGES, LABELS, 0.1, loss)
    np.testing.assert_array_equal(found, expected)


def test_attacked_model_is_not_changed():
    model = small_models.adversarial_training().classifier  # has batch normalization and dropout
    before = model.get_weights()
    options = {"epsilon": 0.1, "value_range": (-1, 1)}
    first, second = (
        models.adversarial_examples(model, IMAGES, LABELS, **options) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)
    for old, new in zip(before, model.get_weights()):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"epsilon": -0.1}, "`epsilon`.*from 0 to 1.*Received: epsilon=-0.1"),
        ({"epsilon": 1.5}, "`epsilon`.*from 0 to 1.*Received: epsilon=1.5"),
        ({"epsilon": 64}, "`epsilon`.*from 0 to 1.*Received: epsilon=64"),
        ({"epsilon": float("nan")}, "`epsilon`.*Received: epsilon=nan"),
        ({"steps": 0}, "`steps`.*positive integer.*Received: steps=0"),
        ({"labels": CLASSES}, "integer labels from 0 to 2.*Received: one-hot"),
        ({"labels": LABELS + 1}, "integer labels from 0 to 2.*Received: labels from 1 to 3"),
        ({"labels": None}, "integer labels from 0 to 2.*labels=None"),
        ({"images": 255 * IMAGES}, "declared range"),
        ({"images": np.nan * IMAGES}, "finite values"),
        ({"images": IMAGES[..., 0]}, "batches of shape"),
    ],
)
def test_bad_arguments_are_named(changes, message):
    arguments = {"images": IMAGES, "labels": LABELS, "epsilon": 0.1}
    with pytest.raises(ValueError, match=message):
        models.adversarial_examples(linear(), **{**arguments, **changes})


@pytest.mark.parametrize("alpha", [0.5, 0.2, 1.0])
@pytest.mark.parametrize("weight", [None, np.linspace(0.5, 3, 6)])
def test_training_loss_is_the_mixture_and_its_gradient_leaves_the_examples_alone(alpha, weight):
    model = models.AdversarialTraining(linear(), epsilon=0.1, alpha=alpha)
    model.compile(keras.optimizers.SGD(1.0))
    start = model.get_weights()[0]
    data = (IMAGES, LABELS) if weight is None else (IMAGES, LABELS, weight)
    logs = model.train_step(tuple(map(tf.constant, data)))
    examples = models.adversarial_examples(linear(), IMAGES, LABELS, 0.1)
    each = np.ones(6) if weight is None else 6 * weight / weight.sum()
    loss, gradient, accuracies = 0.0, 0.0, []
    for x, share in [(IMAGES, alpha), (examples, 1 - alpha)]:
        flat = x.reshape(6, -1).astype("float64")
        scores = flat @ start
        probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        loss -= share * np.mean(each * np.log(probabilities[np.arange(6), LABELS]))
        gradient += share / 6 * flat.T @ (each[:, None] * (probabilities - CLASSES))
        accuracies.append(np.mean(each * (scores.argmax(axis=1) == LABELS)))
    np.testing.assert_allclose(float(logs["loss"]), loss, rtol=1e-5)
    np.testing.assert_allclose(start - model.get_weights()[0], gradient, rtol=1e-3, atol=1e-5)
    assert float(logs["accuracy"]) == pytest.approx(accuracies[0])
    assert float(logs["adversarial_accuracy"]) == pytest.approx(accuracies[1])


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"epsilon": 2.0}, "`epsilon`.*Received: epsilon=2.0"),
        ({"alpha": 1.5}, "`alpha`.*Received: alpha=1.5"),
        ({"classifier": networks.mlp(8, [], 1)}, "`classifier`.*logits"),
        ({"classifier": keras.Sequential()}, "`classifier`.*built"),
    ],
)
def test_bad_arguments_of_the_training_are_named(changes, message):
    arguments = {"classifier": networks.mlp(8, [], 3), "epsilon": 0.1}
    with pytest.raises(ValueError, match=message):
        models.AdversarialTraining(**{**arguments, **changes})


def test_exported_classifier_gives_the_probabilities_of_the_method(tmp_path):
    model, images = small_models.adversarial_training(), 2 * IMAGES - 1
    assert saved_models.export(model, tmp_path / "model") == ["classify"]
    probabilities = saved_models.load(tmp_path / "model").classify(images)
    np.testing.assert_allclose(probabilities, model.classify(images), atol=1e-6)
    np.testing.assert_allclose(np.sum(probabilities, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_does_not_lose_the_direction(policy):
    keras.config.set_dtype_policy(policy)
    model = networks.mlp(small_models.IMAGE, [32], 3)
    for weight in model.weights:
        weight.assign(1e-2 * np.random.default_rng(1).normal(size=weight.shape))
    images = np.repeat(IMAGES, 100, axis=0)
    found = models.adversarial_examples(model, images, np.repeat(LABELS, 100), 0.25)
    moved = np.abs(found - images)[(images > 0.25) & (images < 0.75)]
    assert np.mean(moved > 0.2) > 0.9
