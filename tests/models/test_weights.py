"""Sample weights: 0 is absence, 2 is the example twice, in every model and every form."""

import functools

import checks
import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import layers, losses, models

WITHOUT_CHANCE = {
    "gan": small_models.gan_without_chance,
    "wgan_gp": small_models.wgan_gp_without_chance,
    "pix2pix": small_models.pix2pix_without_chance,
    "cycle_gan": small_models.cycle_gan_without_chance,
    "style_transfer": small_models.style_transfer_without_chance,
    "vae": small_models.vae_without_chance,
    "autoencoder": small_models.autoencoder_without_chance,
    "tied_autoencoder": small_models.tied_autoencoder,
    "made": small_models.made,
    "pixel_cnn": small_models.pixel_cnn,
    "boltzmann_machine": lambda: exact_machine(),
    "adversarial_training": lambda: linear_classifier(),
}


def exact_machine():
    model = models.BoltzmannMachine((8, 8, 1)[:1], hidden=2, seed=5)
    model.compile(keras.optimizers.SGD(0.1))
    return model


def linear_classifier():
    classifier = keras.Sequential(
        [keras.Input(small_models.IMAGE), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    model = models.AdversarialTraining(classifier, epsilon=0.1, value_range=(-1, 1), seed=5)
    model.compile(keras.optimizers.SGD(0.1))
    return model


def data_of(name):
    if name == "boltzmann_machine":
        return np.float32(small_models.images(8)[:, :, 0, 0] > 0), small_models.labels(8)
    x, y = small_models.data_of(name, 8)
    return x, y


@functools.cache
def made(name):
    """A model without chance, which tests share, and the state in which all of them begin."""
    keras.utils.set_random_seed(3)
    model = WITHOUT_CHANCE[name]()
    return model, checks.state(model)


def new(name):
    model, start = made(name)
    checks.restore(model, start)
    return model


def after(name, x, y, weight=None):
    """Weights and logs of a model after one step of the whole batch, and its evaluation."""
    model = new(name)
    data = {"x": x, "y": y, "sample_weight": weight}
    logs = model.train_on_batch(**data, return_dict=True)
    evaluated = model.evaluate(**data, batch_size=len(x), verbose=0, return_dict=True)
    logs = {**logs, **{f"val_{name}": value for name, value in evaluated.items()}}
    logs = {name: value for name, value in logs.items() if "mae" not in name}  # not weighted
    return model.get_weights(), {name: float(value) for name, value in logs.items()}


def assert_equal(first, second):
    for a, b in zip(first[0], second[0]):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    assert first[1] == pytest.approx(second[1], rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("name", WITHOUT_CHANCE)
def test_a_weight_of_zero_is_absence(name):
    x, y = data_of(name)
    weight = np.float32([1, 0, 1, 1, 0, 1, 1, 1])
    kept = weight > 0
    assert_equal(after(name, x, y, weight), after(name, x[kept], y[kept]))


@pytest.mark.parametrize("name", WITHOUT_CHANCE)
def test_a_weight_of_two_is_the_example_twice(name):
    x, y = data_of(name)
    weight = np.float32([1, 2, 1, 1, 2, 1, 1, 1])
    twice = np.repeat(np.arange(8), weight.astype(int))
    assert_equal(after(name, x, y, weight), after(name, x[twice], y[twice]))


FORMS = {
    "column": lambda w: w[:, None],
    "float64": lambda w: w.astype("float64"),
    "integers": lambda w: w.astype("int64"),
    "tensor": tf.constant,
    "scaled": lambda w: 10 * w,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["gan", "vae", "autoencoder", "made"])
def test_every_form_of_weights_means_the_same(name, form):
    x, y = data_of(name)
    weight = np.float32([1, 0, 3, 1, 0, 1, 1, 2])
    assert_equal(after(name, x, y, FORMS[form](weight)), after(name, x, y, weight))


@pytest.mark.parametrize("name", sorted(set(small_models.ALL) - set(small_models.LABELED)))
def test_weights_without_a_target_have_an_effect(name):
    """Keras drops them; with the same model, data and chance, other weights train otherwise."""
    x, _ = small_models.data_of(name, 8)
    assert_an_effect_of_weights(small_models.ALL[name](), x)


@pytest.mark.parametrize("name", small_models.LABELED)
def test_weights_with_labels_have_an_effect(name):
    assert_an_effect_of_weights(small_models.ALL[name](), *small_models.data_of(name, 8))


def assert_an_effect_of_weights(model, *arrays):
    results, start = [], checks.state(model)
    for weight in (np.ones(8, "float32"), np.float32([9, 0, 0, 0, 0, 0, 0, 1])):
        checks.restore(model, start)
        model.fit(*arrays, sample_weight=weight, batch_size=8, shuffle=False, verbose=0)
        results.append(model.get_weights())
    assert any(not np.allclose(a, b, atol=1e-7) for a, b in zip(*results))


def test_class_weights_are_the_weights_of_the_labels():
    x, y = small_models.data_of("adversarial_training", 8)
    results = []
    for options in (
        {"class_weight": {0: 1.0, 1: 3.0, 2: 0.0}},
        {"sample_weight": np.float32([1.0, 3.0, 0.0])[y]},
    ):
        keras.utils.set_random_seed(3)
        model = linear_classifier()
        model.fit(x, y, batch_size=8, shuffle=False, verbose=0, **options)
        results.append(model.get_weights())
    for a, b in zip(*results):
        np.testing.assert_allclose(a, b, rtol=1e-5)


@pytest.mark.parametrize("name", ["gan", "autoencoder", "semi_supervised_gan"])
def test_class_weights_without_classes_are_refused(name):
    x, y = small_models.data_of(name)
    data = (x,) if name == "gan" else (x, y)
    with pytest.raises(ValueError, match="argument `class_weight`.*`sample_weight`"):
        small_models.ALL[name]().fit(*data, class_weight={0: 1.0}, verbose=0)


@functools.cache
def refusing():
    """A model that several tests share, because what is refused moves nothing."""
    return small_models.gan()


@pytest.mark.parametrize(
    "weight, message",
    [
        (np.ones(5), "22 of them, one for each example"),
        (np.ones((22, 8)), "one finite non-negative number for each example"),
        (-np.ones(22), "22 of them negative"),
        (np.full(22, np.nan), "22 of them negative, NaN or infinite"),
    ],
)
@pytest.mark.parametrize("task", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_weights_that_cannot_be_honoured_are_refused(task, weight, message):
    with pytest.raises(ValueError, match=f"argument `sample_weight`.*{message}"):
        getattr(refusing(), task)(small_models.images(), sample_weight=weight)


def test_weights_beside_a_dataset_are_refused():
    batches = tf.data.Dataset.from_tensor_slices(small_models.images()).batch(8)
    with pytest.raises(ValueError, match="argument `sample_weight`.*brings its own"):
        small_models.gan().fit(batches, sample_weight=np.ones(22))


# Logs


@pytest.mark.parametrize("name", WITHOUT_CHANCE)
def test_logs_of_unequal_batches_are_means_over_examples(name):
    """A last batch of one example counts as one example, not as a batch."""
    x, y = data_of(name)
    logs = []
    for size in (7, 6):
        model, options = new(name), {"verbose": 0, "return_dict": True}
        logs.append(model.evaluate(x[:7], y[:7], batch_size=size, **options))
    assert {k: float(v) for k, v in logs[1].items()} == pytest.approx(logs[0], rel=1e-4, abs=1e-5)


def test_the_critics_estimate_is_a_mean_over_examples():
    """The mean of real scores 0, ..., 0, 33 is 1, and that of the fakes 0."""
    critic = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    gen = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model = models.WGAN(gen, critic, value_range=None)
    model.compile("adam", "adam")
    x = np.append(np.zeros(32), 33.0).astype("float32")[:, None]
    for batch_size in (33, 32):
        logs = model.evaluate(x, batch_size=batch_size, verbose=0, return_dict=True)
        assert logs["critic_estimate"] == pytest.approx(1.0, rel=1e-5)


def test_the_loss_is_the_sum_of_its_parts_whatever_the_weights():
    x, _ = small_models.data_of("vae")
    model = small_models.vae()
    weight = np.linspace(0, 3, len(x))
    logs = model.fit(x, sample_weight=weight, batch_size=8, verbose=0).history
    parts = np.add(logs["reconstruction_loss"], logs["latent_loss"])
    np.testing.assert_allclose(logs["loss"], parts, rtol=1e-5)


def test_the_weighted_mean_is_that_of_numpy():
    random = np.random.default_rng(1)
    terms, weight = random.normal(size=(5, 3, 2)).astype("float32"), random.uniform(size=5)
    expected = np.average(terms.mean(axis=(1, 2)), weights=weight)
    np.testing.assert_allclose(losses.weighted_mean(terms, weight), expected, rtol=1e-5)
    assert float(losses.weighted_mean(terms, np.zeros(5))) == 0.0


def test_a_chain_that_starts_at_an_example_has_its_weight():
    """Contrastive divergence compares an example with its own reconstruction."""
    rbm = layers.RBM(3, seed=1)
    model = models.RestrictedBoltzmannMachine(rbm, 4, seed=1)
    data = tf.constant(np.float32(np.random.default_rng(1).uniform(size=(6, 4)) > 0.5))
    chains = tf.constant(np.float32(np.random.default_rng(2).uniform(size=(6, 4)) > 0.5))
    weight = tf.constant([1.0, 0, 2, 1, 0, 1])
    loss = model.contrastive_divergence(data, None, chains, weight, weight)
    energies = [rbm.free_energy(v).numpy() for v in (data, chains)]
    expected = np.average(energies[0], weights=weight) - np.average(energies[1], weights=weight)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
