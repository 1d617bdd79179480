"""Endpoints of a SavedModel do what the methods of the model do."""

import keras
import numpy as np
import small_models
import tensorflow as tf

from keras_gen import networks, saved_models


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
