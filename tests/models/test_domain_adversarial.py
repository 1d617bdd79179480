"""Domain-adversarial training: its losses by hand, who descends what, the schedule."""

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import models, networks
from keras_gen.models.domain_adversarial import reversal_weight

IMAGES = small_models.images(6)
LABELS = np.array([2, -1, 0, -1, -1, 1], "int32")
SOURCE = LABELS >= 0


@pytest.fixture
def model():
    """Without chance."""
    model = models.DomainAdversarial(
        networks.mlp(small_models.IMAGE, [], 5),
        networks.mlp(5, [], 3),
        networks.mlp(5, [4], 1, "tanh"),
        steps=100,
    )
    model.compile(keras.optimizers.SGD(0.1))
    return model


def outputs(model, images):
    """Class and domain logits in float64."""
    features = model.feature_extractor(images)
    heads = model.label_classifier(features), model.domain_classifier(features)
    return [head.numpy().astype("float64") for head in heads]


def by_hand(model, images, labels, weight):
    """L_y and L_d from the equations."""
    classes, domain = outputs(model, images)
    source = labels >= 0
    probabilities = np.exp(classes) / np.exp(classes).sum(axis=1, keepdims=True)
    label_loss = -np.log(probabilities[source, labels[source]])
    domain = domain[:, 0]
    l_y = np.mean(weight[source] * label_loss)
    l_d = np.mean(weight[source] * np.log1p(np.exp(-domain[source])))
    l_d += np.mean(weight[~source] * np.log1p(np.exp(domain[~source])))
    return l_y, l_d


@pytest.mark.parametrize("weight", [np.ones(6), np.linspace(0.5, 3, 6)])
def test_losses_equal_the_equations(model, weight):
    total = model.objective((IMAGES, LABELS, weight), training=False)
    l_y, l_d = by_hand(model, IMAGES, LABELS, weight)
    logs = {name: float(value) for name, value in model.tracked_results().items()}
    np.testing.assert_allclose(float(total), l_y + l_d, rtol=1e-5)
    np.testing.assert_allclose([logs["label_loss"], logs["domain_loss"]], [l_y, l_d], rtol=1e-5)
    classes, domain = outputs(model, IMAGES)
    right = classes[SOURCE].argmax(axis=1) == LABELS[SOURCE]
    assert logs["accuracy"] == pytest.approx(right.mean())
    assert logs["domain_accuracy"] == pytest.approx(np.mean((domain[:, 0] > 0) == SOURCE))


def test_each_network_gets_the_gradient_of_its_own_game(model):
    """c: dL_y, d: dL_d, f: dL_y - lambda dL_d, by finite differences of both losses."""
    model.reversal.weight.assign(0.3)
    with tf.GradientTape() as tape:
        loss = model.objective((IMAGES, LABELS), training=True)
    signs = {
        "feature_extractor": (1, -0.3),
        "label_classifier": (1, 0),
        "domain_classifier": (0, 1),
    }
    variables = {name: getattr(model, name).trainable_variables[0] for name in signs}
    received = tape.gradient(loss, variables)
    for name, variable in variables.items():
        value, step = variable.numpy(), 1e-2
        losses = []
        for sign in (1, -1):
            moved = value.copy()
            moved[1, 0] += sign * step
            variable.assign(moved)
            losses.append(by_hand(model, IMAGES, LABELS, np.ones(6)))
        variable.assign(value)
        slopes = (np.array(losses[0]) - losses[1]) / (2 * step)
        assert (np.abs(slopes[np.array(signs[name]) != 0]) > 1e-3).all()
        np.testing.assert_allclose(received[name][1, 0], slopes @ signs[name], rtol=1e-2, atol=1e-5)


@pytest.mark.parametrize("labels", [np.array([0, 1, 2, 0, 1, 2]), np.full(6, -1)])
def test_a_batch_of_one_domain_gives_finite_losses_of_that_domain(model, labels):
    total = model.objective((IMAGES, labels), training=False)
    _, domain = outputs(model, IMAGES)
    expected = np.log1p(np.exp(domain * (1 if labels[0] < 0 else -1))).mean()
    logs = {name: float(value) for name, value in model.tracked_results().items()}
    assert logs["domain_loss"] == pytest.approx(expected, rel=1e-5)
    assert (logs["label_loss"] == 0) == (labels[0] < 0)
    assert np.isfinite(float(total))


def test_schedule_is_that_of_the_paper():
    p = np.linspace(0, 1, 11)
    np.testing.assert_allclose(reversal_weight(p), 2 / (1 + np.exp(-10 * p)) - 1, atol=1e-6)
    np.testing.assert_allclose(reversal_weight(0.5, 2.0), 2 / (1 + np.exp(-1)) - 1, atol=1e-6)


def test_weight_follows_the_steps_and_stays_after_the_last():
    model = small_models.domain_adversarial()  # 20 steps
    x, y = small_models.data_of("domain_adversarial", 16)
    seen = []
    for _ in range(12):
        model.fit(x, y, batch_size=8, verbose=0)
        seen.append(float(model.reversal.weight))
    steps = np.minimum(2 * np.arange(1, 13) - 1, 20)
    np.testing.assert_allclose(seen, 2 / (1 + np.exp(-10 * steps / 20)) - 1, atol=1e-6)


def test_reversal_makes_shifted_domains_alike_and_keeps_the_classes():
    """The first coordinate is the class, the second one the domain: features drop the second."""
    random = np.random.default_rng(0)
    x = random.normal(size=(400, 2)).astype("float32") * 0.1
    classes, domains = random.integers(2, size=(2, 400))
    x += np.stack([2.0 * classes - 1, 2.0 * domains - 1], axis=1)
    y = np.where(domains == 1, classes, -1)
    found = {}
    for name, gamma in [("reversed", 10.0), ("not reversed", 1e-9)]:
        keras.utils.set_random_seed(3)
        networks_ = networks.mlp(2, [], 2), networks.mlp(2, [], 2), networks.mlp(2, [8], 1)
        model = models.DomainAdversarial(*networks_, steps=500, gamma=gamma, value_range=None)
        model.compile(keras.optimizers.Adam(0.02))
        history = model.fit(x, y, batch_size=40, epochs=100, verbose=0).history
        accuracy = (model.classify(x).argmax(axis=1) == classes)[domains == 0].mean()
        found[name] = history["domain_accuracy"][-1], accuracy
    assert found["reversed"][0] < 0.75 and found["reversed"][1] > 0.95
    assert found["not reversed"][0] > 0.98


def test_labels_are_checked_before_training(model):
    for labels, message in [
        (np.array([3, -1, 0, -1, 0, 0]), "from -1 to 2.*Received: labels from -1 to 3"),
        (np.array([-2, -1, 0, -1, 0, 0]), "from -1 to 2.*Received: labels from -2 to 0"),
        (np.eye(3)[[0, 1, 2, 0, 1, 2]], "one-hot"),
        (np.array([0, 1, 2, 0, 1, 2]), "labels of one domain"),
        (np.full(6, -1), "labels of one domain"),
        (None, "images without labels"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.fit(IMAGES, labels, verbose=0)
    assert int(model.optimizer.iterations) == 0


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"steps": 0}, "`steps`.*positive integer.*Received: steps=0"),
        ({"gamma": -1.0}, "`gamma`.*positive number.*Received: gamma=-1.0"),
        ({"label_classifier": networks.mlp(5, [], 1)}, "`label_classifier`.*logits"),
        ({"label_classifier": networks.mlp(4, [], 3)}, "`label_classifier`.*features of shape"),
        ({"domain_classifier": networks.mlp(5, [], 2)}, "`domain_classifier`.*logits"),
        ({"feature_extractor": keras.Sequential()}, "`feature_extractor`.*built model"),
    ],
)
def test_networks_that_do_not_fit_are_named(changes, message):
    arguments = {
        "feature_extractor": networks.mlp(8, [], 5),
        "label_classifier": networks.mlp(5, [], 3),
        "domain_classifier": networks.mlp(5, [], 1),
        "steps": 10,
    }
    with pytest.raises(ValueError, match=message):
        models.DomainAdversarial(**{**arguments, **changes})
