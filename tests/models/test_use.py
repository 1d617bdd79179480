"""Use of trained models: repeated calls cost no retrace, counts and seeds are what they say."""

import logging

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import models, saved_models
from keras_gen.models.use import LARGEST

X = small_models.images()
UNIT = (X + 1) / 2
BINARY = np.float32(X > 0)

CALLS = {
    "gan": lambda model, n: model.generate(n, seed=1),
    "conditional_gan": lambda model, n: model.generate(n, seed=1, labels=1),
    "semi_supervised_gan": lambda model, n: model.classify(X[:n]),
    "pix2pix": lambda model, n: model.translate(X[:n], seed=n),
    "cycle_gan": lambda model, n: model.cycle(X[:n]),
    "style_transfer": lambda model, n: model.stylize(X[:n], [X[:1], X[:n]], alpha=n / 10),
    "vae": lambda model, n: model.interpolate(X[0], X[1], steps=n + 1),
    "convolutional_autoencoder": lambda model, n: model.reconstruct(X[:n]),
    "rbm": lambda model, n: model.transform(UNIT[:n]),
    "deep_belief_network": lambda model, n: model.classify(UNIT[:n]),
    "caption_machine": lambda model, n: model.describe(UNIT[:n]),
    "deep_boltzmann_machine": lambda model, n: model.variational_bound(UNIT[:n], 0.5),
    "made": lambda model, n: model.log_prob(BINARY[:n]),
    "domain_adversarial": lambda model, n: model.classify(X[:n]),
    "character_model": lambda model, n: model.generate("a" * n, length=n, seed=1),
}


@pytest.mark.parametrize("name", CALLS)
def test_other_counts_do_not_trace_again(name, caplog):
    model = small_models.ALL[name]()
    for count in (1, 2):  # a graph for one number of examples, then one for any number
        CALLS[name](model, count)
    counts = [graph.experimental_get_tracing_count() for graph in model.graphs.functions.values()]
    with caplog.at_level(logging.WARNING, "tensorflow"):
        for count in range(3, 9):
            CALLS[name](model, count)
    graphs = model.graphs.functions.values()
    assert counts
    assert counts == [graph.experimental_get_tracing_count() for graph in graphs]
    assert "retracing" not in caplog.text


def test_an_attack_repeated_does_not_trace_again(caplog):
    network = small_models.adversarial_training().classifier
    with caplog.at_level(logging.WARNING, "tensorflow"):
        for count in range(1, 9):
            options = {"epsilon": 0.01 * count, "value_range": (-1, 1)}
            models.adversarial_examples(network, X[:count], np.zeros(count, int), **options)
    assert "retracing" not in caplog.text


def test_new_weights_have_an_effect():
    vae = small_models.vae()
    before = vae.encode(X)
    vae.set_weights([2 * weight for weight in vae.get_weights()])
    np.testing.assert_allclose(vae.encode(X), vae.encoder(X)[0], rtol=1e-5, atol=1e-6)
    assert np.abs(vae.encode(X) - before).max() > 1e-3


def test_a_new_number_has_an_effect():
    machine = models.BoltzmannMachine(4, hidden=2, seed=1)
    machine.set_weights([np.float32(np.arange(len(w))) / 5 for w in machine.get_weights()])
    x = np.eye(4, dtype="float32")
    before = machine.transform(x)
    machine.temperature = 3.0
    np.testing.assert_allclose(machine.transform(x), machine(x), atol=1e-6)
    assert np.abs(machine.transform(x) - before).max() > 1e-3


def test_the_size_of_batches_does_not_matter():
    vae = small_models.vae()
    np.testing.assert_allclose(vae.encode(X, batch_size=5), vae.encode(X), atol=1e-6)


def test_a_model_that_runs_eagerly_has_no_graphs():
    vae = small_models.vae()
    vae.compile("adam", run_eagerly=True)
    expected = vae.encoder(X)[0]
    np.testing.assert_allclose(vae.encode(X), expected, atol=1e-6)
    assert not vae.graphs.functions


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_use_in_half_precision(policy):
    keras.config.set_dtype_policy(policy)
    assert np.isfinite(small_models.gan().generate(2, seed=1)).all()
    assert small_models.rbm().transform(UNIT).dtype == "float32"


def test_a_call_that_is_refused_draws_no_random_numbers():
    gan = small_models.gan()
    before = np.array(gan.seed_generator.state)
    for bad in ({"count": 0}, {"count": 2, "batch_size": 0}, {"count": 2, "labels": 1}):
        with pytest.raises(ValueError, match="argument"):
            gan.generate(**bad)
    np.testing.assert_array_equal(gan.seed_generator.state, before)


def test_seeds_of_32_bits_are_all_different_and_others_are_refused():
    gan = small_models.gan()
    seeds = (-LARGEST - 1, -1, 0, 7, LARGEST)
    images = [gan.generate(1, seed=seed) for seed in seeds]
    distances = [np.abs(a - b).max() for i, a in enumerate(images) for b in images[:i]]
    assert min(distances) > 1e-4
    for seed in (LARGEST + 1, -LARGEST - 2, 2**32 + 7):
        with pytest.raises(ValueError, match=f"argument `seed`.*Received: seed={seed}"):
            gan.generate(1, seed=seed)


@pytest.mark.filterwarnings("error")
def test_raw_pixels_are_refused_in_the_words_of_fit():
    vae = small_models.vae()
    messages = set()
    for call in (vae.fit, vae.evaluate, vae.encode, vae.reconstruct):
        with pytest.raises(ValueError, match="argument `x`") as caught:
            call(X * 255)
        messages.add(str(caught.value))
    assert len(messages) == 1


def test_exported_sampling_names_what_it_refuses(tmp_path):
    saved_models.export(small_models.conditional_gan(), tmp_path / "gan")
    loaded = saved_models.load(tmp_path / "gan")
    label, count, seed = (tf.constant(number) for number in (1, 2, 3))
    assert loaded.sample(label, count, seed).shape == (2, *small_models.IMAGE)
    for sample in (loaded.sample, loaded.sample_uint8):
        for bad in (0, -1):
            with pytest.raises(tf.errors.InvalidArgumentError, match="argument `count`"):
                sample(label, tf.constant(bad), seed)
        for bad in (-1, 3):
            with pytest.raises(tf.errors.InvalidArgumentError, match="argument `label`"):
                sample(tf.constant(bad), count, seed)


@pytest.mark.parametrize("name", ["gan", "vae", "rbm", "made", "semi_supervised_gan"])
def test_only_endpoints_that_sample_hold_assertions(name):
    for endpoint, (function, signature) in small_models.ALL[name]().endpoints().items():
        if not endpoint.startswith("sample"):
            exported = tf.function(function, autograph=False)
            graph = exported.get_concrete_function(*signature).graph
            assert not [op for op in graph.get_operations() if "Assert" in op.type], endpoint
