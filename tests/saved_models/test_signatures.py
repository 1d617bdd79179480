"""Endpoints of a SavedModel do what the methods of the model do."""

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import models, networks, saved_models


def test_sample_equals_generate(tmp_path):
    gan = small_models.gan()
    saved_models.export(gan, tmp_path / "gan")
    loaded = saved_models.load(tmp_path / "gan")
    images = loaded.sample(5, 3).numpy()
    np.testing.assert_allclose(images, gan.generate(5, seed=3), atol=1e-6)
    np.testing.assert_array_equal(images, loaded.sample(5, 3))
    assert np.abs(images - loaded.sample(5, 4)).max() > 1e-4
    pixels = loaded.sample_uint8(5, 3).numpy()
    assert pixels.dtype == np.uint8
    np.testing.assert_allclose(pixels, np.round(127.5 * (images + 1)), atol=1)


def test_conditional_sample_takes_a_label_and_a_count(tmp_path):
    gan = small_models.conditional_gan()
    endpoints = saved_models.export(gan, tmp_path / "gan")
    assert endpoints == ["sample", "sample_uint8", "serve"]
    loaded = saved_models.load(tmp_path / "gan")
    for label, count in [(2, 3), (0, 5)]:
        images = loaded.sample(label, count, 7).numpy()
        expected = gan.generate(count, seed=7, labels=label)
        np.testing.assert_allclose(images, expected, atol=1e-6)
        np.testing.assert_array_equal(images, loaded.sample(label, count, 7))
    assert np.abs(images - loaded.sample(1, 5, 7)).max() > 1e-4
    pixels = loaded.sample_uint8(0, 5, 7).numpy()
    assert pixels.dtype == np.uint8
    np.testing.assert_allclose(pixels, np.round(127.5 * (images + 1)), atol=1)
    names = [spec.name for spec in loaded.sample.concrete_functions[0].inputs[:3]]
    assert [name.split(":")[0] for name in names] == ["label", "count", "seed"]


def test_conditional_serve_takes_a_label_for_every_latent(tmp_path):
    gan = small_models.conditional_gan()
    saved_models.export(gan, tmp_path / "gan")
    latents, labels = gan.latents(3, [7, 0]), tf.constant([2, 0, 1])
    images = saved_models.load(tmp_path / "gan").serve(latents, labels)
    np.testing.assert_allclose(images, gan.generate(seed=7, labels=[2, 0, 1]), atol=1e-6)


def test_vae_endpoints_equal_the_methods(tmp_path):
    vae, x = small_models.vae(), small_models.images(4)
    saved_models.export(vae, tmp_path / "vae")
    loaded = saved_models.load(tmp_path / "vae")
    np.testing.assert_allclose(loaded.encode(x), vae.encode(x), atol=1e-5)
    np.testing.assert_allclose(loaded.reconstruct(x), vae.reconstruct(x), atol=1e-5)
    np.testing.assert_allclose(loaded.sample(4, 1), vae.generate(4, seed=1), atol=1e-5)


def test_a_service_computes_the_bound_of_a_vae_from_its_endpoints(tmp_path):
    shape, x = small_models.IMAGE, (small_models.images(4) > 0).astype("float32")
    halves = networks.gaussian_encoder(shape, [8], 3), networks.mlp_decoder(3, [8], shape)
    vae = models.VAE(*halves, seed=5)
    vae.compile(keras.optimizers.SGD(0.1))
    saved_models.export(vae, tmp_path / "vae")
    loaded = tf.saved_model.load(str(tmp_path / "vae"))
    signatures = loaded.signatures
    moments = signatures["encode_distribution"](x=tf.constant(x))
    mean, log_var = (moments[name].numpy().astype("float64") for name in ("mean", "log_var"))
    np.testing.assert_allclose(mean, loaded.encode(x), atol=1e-6)
    noise = np.random.default_rng(1).normal(size=(4000, *mean.shape))
    z = (mean + np.exp(log_var / 2) * noise).astype("float32").reshape(-1, mean.shape[1])
    p = np.clip(loaded.decode(tf.constant(z)), 1e-7, 1 - 1e-7).reshape(4000, *x.shape)
    kl = 0.5 * np.sum(mean**2 + np.exp(log_var) - 1 - log_var, axis=1)
    cost = -np.mean(np.sum(x * np.log(p) + (1 - x) * np.log1p(-p), axis=(2, 3, 4)), axis=0)
    draws = [vae.evaluate(x, verbose=0, return_dict=True)["loss"] for _ in range(100)]
    spread = np.std(draws) / 10
    np.testing.assert_allclose(np.mean(cost + kl), np.mean(draws), atol=5 * spread + 1e-3)


def test_a_deep_belief_network_is_exported_with_what_its_card_tells_of(tmp_path):
    network, x = small_models.deep_belief_network(), small_models.images(4)
    network.guidance = 3.0
    for layer in (network.rbm, *network.below):
        layer.kernel.assign(50 * layer.kernel)  # so that labels matter
    classifier = network.to_classifier(3)
    probabilities = keras.Model(classifier.input, keras.layers.Softmax()(classifier.output))
    further = {"classify_fine_tuned": probabilities}
    endpoints = saved_models.export(network, tmp_path / "dbn", further=further)
    assert {"classify", "classify_fine_tuned", "sample", "sample_unguided"} < set(endpoints)
    loaded = saved_models.load(tmp_path / "dbn")
    np.testing.assert_allclose(loaded.classify_fine_tuned(x), probabilities(x), atol=1e-6)
    assert np.abs(loaded.classify_fine_tuned(x) - loaded.classify(x)).max() > 1e-3
    for endpoint, guidance in [("sample", 3.0), ("sample_unguided", 1.0)]:
        images = getattr(loaded, endpoint)(1, 6, 2)
        expected = network.generate(6, seed=2, labels=1, guidance=guidance)
        np.testing.assert_allclose(images, expected, atol=1e-5)
    assert np.abs(loaded.sample(1, 6, 2) - loaded.sample_unguided(1, 6, 2)).max() > 1e-3
    outputs = tf.saved_model.load(str(tmp_path / "dbn")).signatures["classify_fine_tuned"]
    assert list(outputs.structured_outputs) == ["probabilities"]
    with pytest.raises(ValueError, match="argument `further`.*classify"):
        saved_models.export(network, tmp_path / "two", further={"classify": probabilities})


def test_classifier_has_probabilities_and_features(tmp_path):
    lenet, x = networks.lenet((8, 8, 1), 3, kernel_size=3), small_models.images(4)
    assert saved_models.export(lenet, tmp_path / "lenet") == ["features", "serve"]
    loaded = saved_models.load(tmp_path / "lenet")
    np.testing.assert_allclose(loaded.serve(x), lenet(x), atol=1e-6)
    assert loaded.features(x).shape == (4, 84)


def test_functional_model_without_features_serves_only(tmp_path):
    network, x = networks.mlp(3, [4], 2), np.ones([2, 3], "float32")
    assert saved_models.export(network, tmp_path / "mlp") == ["serve"]
    loaded = saved_models.load(tmp_path / "mlp")
    np.testing.assert_allclose(loaded.serve(x), network(x), atol=1e-6)


def test_export_of_a_gan_holds_the_variables_of_its_generator_once(tmp_path):
    gan = small_models.gan()
    saved_models.export(gan, tmp_path / "gan")
    saved = tf.train.load_checkpoint(str(tmp_path / "gan" / "variables" / "variables"))
    shapes = [s for name, s in saved.get_variable_to_shape_map().items() if "VARIABLE" in name]
    used = gan.averaged_generator if gan.ema_decay is not None else gan.generator
    assert sorted(shapes) == sorted(list(v.shape) for v in used.variables)


def test_batch_is_unbounded_and_an_image_does_not_depend_on_its_batch(tmp_path):
    gan = small_models.gan()
    gan.fit(small_models.images(), verbose=0)  # moves the statistics of batch normalization
    saved_models.export(gan, tmp_path / "gan")
    serve = saved_models.load(tmp_path / "gan").serve
    latents = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    together = serve(latents)
    np.testing.assert_allclose(together, gan.predict(latents, verbose=0), atol=1e-6)
    for count in (1, 3):
        np.testing.assert_allclose(serve(latents[:count]), together[:count], atol=1e-6)


def test_labels_stay_integers(tmp_path):
    saved_models.export(small_models.conditional_gan(), tmp_path / "gan")
    serve = saved_models.load(tmp_path / "gan").serve
    signature = tf.nest.flatten(serve.concrete_functions[0].structured_input_signature)
    assert [(spec.dtype, spec.shape[0]) for spec in signature] == [
        (tf.float32, None),
        (tf.int32, None),
    ]


def test_outputs_are_named_and_the_first_endpoint_is_the_default(tmp_path):
    expected = {
        "gan": ("serve", {"serve": "images", "sample": "images", "sample_uint8": "images"}),
        "vae": ("encode", {"encode": "codes", "decode": "x", "sample": "images"}),
        "rbm": ("transform", {"transform": "features", "reconstruct": "x"}),
        "domain_adversarial": ("classify", {"classify": "probabilities", "features": "features"}),
        "made": ("log_prob", {"log_prob": "log_prob", "complete": "images"}),
        "character_model": ("generate", {"generate": "text"}),
    }
    for name, (first, outputs) in expected.items():
        endpoints = saved_models.export(small_models.ALL[name](), tmp_path / name)
        signatures = tf.saved_model.load(str(tmp_path / name)).signatures
        assert set(signatures) == {*endpoints, "serving_default"}
        for endpoint, output in outputs.items():
            assert list(signatures[endpoint].structured_outputs) == [output]
        default, one = signatures["serving_default"], signatures[first]
        assert default.structured_outputs == one.structured_outputs
        assert default.structured_input_signature == one.structured_input_signature


def test_functional_models_of_several_inputs_and_outputs(tmp_path):
    x, label = keras.Input((3,), name="x"), keras.Input((), dtype="int32", name="label")
    h = keras.layers.Concatenate()([x, keras.layers.Embedding(4, 2)(label)])
    outputs = {"one": keras.layers.Dense(2)(h), "two": keras.layers.Dense(1)(h)}
    network = keras.Model([x, label], outputs)
    saved_models.export(network, tmp_path / "both")
    numbers, labels = np.ones([5, 3], "float32"), np.arange(5, dtype="int32") % 4
    loaded = saved_models.load(tmp_path / "both")
    given = loaded.signatures["serve"](x=tf.constant(numbers), label=tf.constant(labels))
    for name, output in network([numbers, labels]).items():
        np.testing.assert_allclose(loaded.serve(numbers, labels)[name], output, atol=1e-6)
        np.testing.assert_allclose(given[name], output, atol=1e-6)
