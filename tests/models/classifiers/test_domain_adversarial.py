"""Domain-adversarial training: its losses by hand, who descends what, the schedule."""

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import models, networks, saved_models
from keras_gen.models.classifiers.domain_adversarial import reversal_weight

SOURCE, TARGET = np.split(small_models.images(12), 2)
PAIRS = np.stack([SOURCE, TARGET], axis=1)
LABELS = np.array([2, 1, 0, 1, 1, 2], "int32")


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
    classes, domain = model.label_classifier(features), model.domain_classifier(features)
    return classes.numpy().astype("float64"), domain.numpy().astype("float64")[:, 0]


def by_hand(model, weight):
    """L_y and L_d from the equations."""
    (classes, source), (_, target) = outputs(model, SOURCE), outputs(model, TARGET)
    probabilities = np.exp(classes) / np.exp(classes).sum(axis=1, keepdims=True)
    l_y = np.average(-np.log(probabilities[np.arange(6), LABELS]), weights=weight)
    l_d = np.average(np.log1p(np.exp(-source)) + np.log1p(np.exp(target)), weights=weight)
    return l_y, l_d


@pytest.mark.parametrize("weight", [None, np.linspace(0.5, 3, 6)])
def test_losses_equal_the_equations(model, weight):
    total = model.objective((PAIRS, LABELS, weight), training=False)
    l_y, l_d = by_hand(model, weight)
    logs = {name: float(value) for name, value in model.tracked_results().items()}
    np.testing.assert_allclose(float(total), l_y + l_d, rtol=1e-5)
    np.testing.assert_allclose([logs["label_loss"], logs["domain_loss"]], [l_y, l_d], rtol=1e-5)
    (classes, source), (_, target) = outputs(model, SOURCE), outputs(model, TARGET)
    assert logs["accuracy"] == pytest.approx(
        np.average(classes.argmax(axis=1) == LABELS, weights=weight)
    )
    right = np.average([source > 0, target < 0], axis=1, weights=weight)
    assert logs["domain_accuracy"] == pytest.approx(right.mean())


def test_each_network_gets_the_gradient_of_its_own_game(model):
    """c: dL_y, d: dL_d, f: dL_y - lambda dL_d, by finite differences of both losses."""
    model.reversal.weight.assign(0.3)
    with tf.GradientTape() as tape:
        loss = model.objective((PAIRS, LABELS), training=True)
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
            losses.append(by_hand(model, None))
        variable.assign(value)
        slopes = (np.array(losses[0]) - losses[1]) / (2 * step)
        assert (np.abs(slopes[np.array(signs[name]) != 0]) > 1e-3).all()
        np.testing.assert_allclose(received[name][1, 0], slopes @ signs[name], rtol=1e-2, atol=1e-5)


def test_each_domain_is_normalized_by_itself_and_the_running_averages_are_the_targets():
    x = keras.Input((3,))
    extractor = keras.Model(x, keras.layers.BatchNormalization(momentum=0.9)(x))
    heads = networks.mlp(3, [], 2), networks.mlp(3, [], 1)
    model = models.DomainAdversarial(extractor, *heads, steps=10, value_range=None)
    random = np.random.default_rng(4)
    source = random.normal(3.0, 2.0, size=(50, 3)).astype("float32")
    target = random.normal(-8.0, 0.5, size=(50, 3)).astype("float32")
    for features in model.features(tf.stack([source, target], axis=1), training=True):
        np.testing.assert_allclose(np.mean(features, axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(np.std(features, axis=0), 1, atol=1e-2)
    mean, variance = (value.numpy() for value in extractor.non_trainable_weights)
    np.testing.assert_allclose(mean, 0.1 * target.mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(variance, 0.9 + 0.1 * target.var(axis=0), rtol=1e-3)
    before = extractor.get_weights()
    model.features(tf.stack([source, target], axis=1), training=False)
    for old, new in zip(before, extractor.get_weights()):
        np.testing.assert_array_equal(old, new)


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
    x = random.normal(size=(200, 2, 2)).astype("float32") * 0.1
    classes = random.integers(2, size=(200, 2))
    x += np.stack([2.0 * classes - 1, np.tile([1.0, -1.0], (200, 1))], axis=-1)
    found = {}
    for name, gamma in [("reversed", 10.0), ("not reversed", 1e-9)]:
        keras.utils.set_random_seed(3)
        networks_ = networks.mlp(2, [], 2), networks.mlp(2, [], 2), networks.mlp(2, [8], 1)
        model = models.DomainAdversarial(*networks_, steps=500, gamma=gamma, value_range=None)
        model.compile(keras.optimizers.Adam(0.02))
        history = model.fit(x, classes[:, 0], batch_size=40, epochs=100, verbose=0).history
        accuracy = np.mean(model.classify(x[:, 1]).argmax(axis=1) == classes[:, 1])
        found[name] = history["domain_accuracy"][-1], accuracy
    assert found["reversed"][0] < 0.75 and found["reversed"][1] > 0.95
    assert found["not reversed"][0] > 0.98


def test_exported_endpoints_give_what_the_methods_give(tmp_path):
    model = small_models.domain_adversarial()
    pairs, labels = small_models.data_of("domain_adversarial")
    model.fit(pairs, labels, verbose=0)
    assert saved_models.export(model, tmp_path / "model") == ["classify", "features"]
    loaded = saved_models.load(tmp_path / "model")
    probabilities = model.classify(pairs[:, 1])
    np.testing.assert_allclose(loaded.classify(pairs[:, 1]), probabilities, atol=1e-6)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    expected = model.feature_extractor(pairs[:, 1])
    np.testing.assert_allclose(loaded.features(pairs[:, 1]), expected, atol=1e-6)


def test_labels_are_checked_before_training(model):
    for labels, message in [
        (LABELS + 1, "from 0 to 2.*Received: y from 1 to 3"),
        (LABELS - 1, "from 0 to 2.*Received: y from -1 to 1"),
        (np.eye(3)[LABELS], "one-hot"),
        (None, "integer labels.*y=None"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.fit(PAIRS, labels, verbose=0)
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
