"""SavedModels and `.keras` files: whole, described, and named when they are not."""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2

from keras_gen import files, models, networks, plotting, saved_models

SHIPPED = saved_models.available()
needs_shipped = pytest.mark.skipif(not SHIPPED, reason="installed without the shipped models")
MOST_BYTES = 20_000_000
HALVES = (types_pb2.DT_BFLOAT16, types_pb2.DT_HALF)
# What runs in TensorFlow Lite without TensorFlow's own operations. Drawing does not, for want of
# stateless random numbers, nor do loops over lists of tensors and a sparse cross-entropy.
CONVERTIBLE = {
    *("serve", "encode", "decode", "reconstruct"),
    *("transform", "classify", "features", "translate"),
}
EXPORT_FOR_EVER = """
import itertools, sys
from keras_gen import models, networks, saved_models

gan = models.GAN(networks.mlp(2, [4], 4), networks.mlp(4, [4], 1), value_range=None)
for version in itertools.count():
    saved_models.export(gan, sys.argv[1], saved_models.card("gan", "none", None, version, {}))
    print(version, flush=True)
"""


def operations_in_half_precision(path):
    """The nodes, arguments and variables of a SavedModel that are not float32."""
    saved = saved_model_pb2.SavedModel()
    saved.ParseFromString((pathlib.Path(path) / "saved_model.pb").read_bytes())
    graph = saved.meta_graphs[0]
    functions = graph.graph_def.library.function
    nodes = [*graph.graph_def.node, *(node for each in functions for node in each.node_def)]
    types = [(node.name, each.type) for node in nodes for each in node.attr.values()]
    types += [
        (node.name, one) for node in nodes for each in node.attr.values() for one in each.list.type
    ]
    for each in functions:
        arguments = [*each.signature.input_arg, *each.signature.output_arg]
        types += [(each.signature.name, argument.type) for argument in arguments]
    objects = graph.object_graph_def.nodes
    types += [(each.variable.name, each.variable.dtype) for each in objects]
    return [name for name, dtype in types if dtype in HALVES]


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


def test_export_writes_card_and_samples_and_replaces_the_old_one(tmp_path):
    gan, path = small_models.gan(), tmp_path / "gan"
    figure = plotting.image_grid(gan.generate(4, seed=1), value_range=gan.value_range)
    for seed in (1, 2):
        card = saved_models.card("a GAN", "noise", (-1, 1), seed, {"fid_lenet_10": 1.5})
        saved_models.export(gan, path, card, figure)
    assert (path / "samples.png").is_file()
    assert [p.name for p in tmp_path.iterdir()] == ["gan"]
    card = saved_models.read_card("gan", tmp_path)
    assert set(card) == {*saved_models.CARD_FIELDS, "endpoints"}
    assert card["seed"] == 2 and card["metrics"] == {"fid_lenet_10": 1.5}
    assert "| [gan](gan/samples.png) | a GAN | noise |" in saved_models.table(tmp_path)


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


def test_endpoint_keeps_its_model_alive(tmp_path):
    gan = small_models.gan()
    saved_models.export(gan, tmp_path / "gan")
    sample = saved_models.load(tmp_path / "gan").sample
    keras.utils.clear_session()  # collects garbage
    np.testing.assert_allclose(sample(2, 3), gan.generate(2, seed=3), atol=1e-6)


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


@pytest.mark.parametrize("name", sorted(small_models.ALL))
def test_exports_of_half_precision_are_float32(tmp_path, name):
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = small_models.ALL[name]()
    policies = [layer.dtype_policy.name for layer in model._flatten_layers()]
    weights = model.get_weights()
    saved_models.export(model, tmp_path / "half")
    assert not operations_in_half_precision(tmp_path / "half")
    assert [layer.dtype_policy.name for layer in model._flatten_layers()] == policies
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_exports_of_half_precision_are_those_of_the_same_weights_in_float32(tmp_path, policy):
    x = small_models.images(4)
    keras.config.set_dtype_policy(policy)
    half = small_models.autoencoder()
    saved_models.export(half, tmp_path / "half")
    reconstructed = half.reconstruct(x)
    keras.config.set_dtype_policy("float32")
    whole = small_models.autoencoder()
    whole.set_weights([weight.astype("float32") for weight in half.get_weights()])
    loaded = saved_models.load(tmp_path / "half")
    assert not operations_in_half_precision(tmp_path / "half")
    np.testing.assert_allclose(loaded.reconstruct(x), whole.reconstruct(x), atol=1e-6)
    np.testing.assert_allclose(loaded.reconstruct(x), reconstructed, atol=0.05)
    np.testing.assert_array_equal(half.reconstruct(x), reconstructed)  # in half precision again


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


# The range


def test_the_declared_range_is_in_the_saved_model(tmp_path):
    vae, network = small_models.vae(), networks.mlp(3, [4], 2)
    saved_models.export(vae, tmp_path / "vae")
    saved_models.export(network, tmp_path / "mlp")
    card = saved_models.card("an MLP", "numbers", (0, 255), 1, {})
    saved_models.export(network, tmp_path / "card", card)
    for load in (saved_models.load, lambda path: tf.saved_model.load(str(path))):
        assert saved_models.declared_range(load(tmp_path / "vae")) == vae.value_range
        assert saved_models.declared_range(load(tmp_path / "mlp")) is None
        assert saved_models.declared_range(load(tmp_path / "card")) == (0, 255)
    assert "value_range" not in saved_models.load(tmp_path / "vae").signatures


def test_a_card_of_another_range_is_refused(tmp_path):
    card = saved_models.card("a VAE", "noise", (0, 255), 1, {})
    with pytest.raises(ValueError, match=r"argument `card`.*\(-1.0, 1.0\).*\(0.0, 255.0\)"):
        saved_models.export(small_models.vae(), tmp_path / "vae", card)
    assert not list(tmp_path.iterdir())


def test_older_exports_have_no_range_and_are_read():
    model = saved_models.load(pathlib.Path(__file__).parent / "fixtures" / "gan_saved_model")
    assert saved_models.declared_range(model) is None


# The folder


def test_other_files_in_the_folder_stay(tmp_path):
    run = tmp_path / "run"
    (run / "logs").mkdir(parents=True)
    for name in ("gan.state", "notes.txt", "logs/events"):
        (run / name).write_text("precious")
    network = networks.mlp(3, [4], 2)
    for card in (saved_models.card("an MLP", "numbers", None, 1, {}), None):
        saved_models.export(network, run, card)
        assert (run / "card.json").exists() == (card is not None)
        for name in ("gan.state", "notes.txt", "logs/events"):
            assert (run / name).read_text() == "precious"
        assert saved_models.load(run).serve(np.ones([1, 3], "float32")).shape == (1, 2)
    assert os.listdir(tmp_path) == ["run"]


@pytest.mark.parametrize("name", ["samples.png", "card.json", "variables", "saved_model.pb"])
def test_files_of_others_under_our_names_are_never_replaced(tmp_path, name):
    (tmp_path / name / "deep").mkdir(parents=True)
    card = saved_models.card("an MLP", "numbers", None, 1, {})
    figure = plotting.image_grid(np.zeros([1, 8, 8, 1]), value_range=(0, 1))
    with pytest.raises(ValueError, match=f"argument `path`.*{name} would be lost"):
        saved_models.export(networks.mlp(3, [4], 2), tmp_path, card, figure)
    assert [each.name for each in tmp_path.rglob("*")] == [name, "deep"]


def test_a_picture_and_a_card_of_others_stay_beside_a_saved_model(tmp_path):
    network = networks.mlp(3, [4], 2)
    saved_models.export(network, tmp_path)
    for name in ("samples.png", "card.json"):
        (tmp_path / name).write_text('["precious"]')
    saved_models.export(network, tmp_path)
    with pytest.raises(ValueError, match="card.json would be lost"):
        saved_models.export(network, tmp_path, saved_models.card("an MLP", "x", None, 1, {}))
    for name in ("samples.png", "card.json"):
        assert (tmp_path / name).read_text() == '["precious"]'


def test_a_file_or_no_path_is_refused(tmp_path):
    (tmp_path / "model.keras").write_text("precious")
    for path in (tmp_path / "model.keras", str(tmp_path / "model.keras"), "", None, 3):
        with pytest.raises(ValueError, match="argument `path`"):
            saved_models.export(networks.mlp(3, [4], 2), path)
    assert (tmp_path / "model.keras").read_text() == "precious"
    for name in (None, 3, ""):
        with pytest.raises(ValueError, match="argument `name`"):
            saved_models.load(name)


@pytest.mark.parametrize("name", ["gan.v1.2", "größe", "x" * 255])
def test_any_name_and_both_kinds_of_paths(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    x = np.ones([1, 3], "float32")
    for path in (name, pathlib.Path(name), tmp_path / name):
        network = networks.mlp(3, [4], 2)
        saved_models.export(network, path)
        np.testing.assert_allclose(saved_models.load(path).serve(x), network(x), atol=1e-6)
    assert os.listdir(tmp_path) == [name]


def test_loading_completes_what_a_killed_export_has_begun(tmp_path, monkeypatch):
    old, new, x = networks.mlp(3, [4], 2), networks.mlp(3, [4], 2), np.ones([1, 3], "float32")
    saved_models.export(old, tmp_path)
    rename, calls = os.rename, []

    def stopped(*paths):
        calls.append(paths)
        if len(calls) == 4:
            raise KeyboardInterrupt
        rename(*paths)

    monkeypatch.setattr(files, "_exchange_call", lambda: None)
    monkeypatch.setattr(files.os, "rename", stopped)
    with pytest.raises(KeyboardInterrupt):
        saved_models.export(new, tmp_path)
    monkeypatch.setattr(files.os, "rename", rename)
    np.testing.assert_allclose(saved_models.load(tmp_path).serve(x), new(x), atol=1e-6)
    assert not [each for each in os.listdir(tmp_path) if each.startswith(".")]


def test_a_killed_export_leaves_a_whole_model(tmp_path):
    path, search = tmp_path / "gan", os.pathsep.join(sys.path)
    path.mkdir()
    (path / "notes.txt").write_text("precious")
    environment = {**os.environ, "PYTHONPATH": search, "TF_CPP_MIN_LOG_LEVEL": "3"}
    for seed in range(3):
        command = [sys.executable, "-c", EXPORT_FOR_EVER, str(path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
        for _ in range(4):
            assert process.stdout.readline()
        time.sleep(random.Random(seed).uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert tf.saved_model.load(str(path)).sample(2, 1).shape == (2, 4)
        assert saved_models.read_card(path)["seed"] >= 3
        assert (path / "notes.txt").read_text() == "precious"
    gan = models.GAN(networks.mlp(2, [4], 4), networks.mlp(4, [4], 1), value_range=None)
    saved_models.export(gan, path)
    assert os.listdir(tmp_path) == ["gan"]


def test_export_that_fails_leaves_the_older_one(tmp_path):
    class FullDisk:
        def savefig(self, path):
            raise OSError("No space left on device")

    network, path = networks.mlp(3, [4], 2), tmp_path / "mlp"
    saved_models.export(network, path, {"what": "the first"})
    with pytest.raises(OSError, match="No space left"):
        saved_models.export(networks.mlp(3, [4], 2), path, {"what": "the second"}, FullDisk())
    assert saved_models.read_card("mlp", tmp_path)["what"] == "the first"
    x = np.ones([2, 3], "float32")
    np.testing.assert_allclose(saved_models.load(path).serve(x), network(x), atol=1e-6)
    assert [p.name for p in tmp_path.iterdir()] == ["mlp"]


def test_unknown_name_is_refused_with_what_there_is(tmp_path):
    with pytest.raises(ValueError, match="argument `name`.*Received: name=nothing"):
        saved_models.load("nothing", tmp_path)


def test_damaged_saved_model_is_named(tmp_path):
    saved_models.export(small_models.gan(), tmp_path / "gan")
    (tmp_path / "gan" / "saved_model.pb").write_bytes(b"damaged")
    with pytest.raises(ValueError, match="gan.*damaged"):
        saved_models.load(tmp_path / "gan")


@pytest.mark.parametrize(
    "file, damage",
    [
        ("saved_model.pb", lambda content: content[: len(content) // 2]),
        ("variables/variables.index", lambda content: content[:-9]),
        ("variables/variables.data-00000-of-00001", lambda content: content[:-9]),
        ("variables/variables.data-00000-of-00001", lambda content: b"\7" * len(content)),
        ("variables", None),
    ],
    ids=["half graph", "index", "short variables", "other variables", "no variables"],
)
def test_every_damaged_part_of_a_saved_model_is_noticed(tmp_path, file, damage):
    saved_models.export(networks.mlp(3, [4], 2), tmp_path / "mlp")
    path = tmp_path / "mlp" / file
    shutil.rmtree(path) if damage is None else path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="(?s)argument `name`.*mlp, which is damaged"):
        saved_models.load(tmp_path / "mlp")


def test_what_is_available_is_listed(tmp_path):
    (tmp_path / ".lenet_c.keras_gen-0").mkdir()  # half an export
    (tmp_path / ".lenet_c.keras_gen-0" / "card.json").write_text("{}")
    for name in ("lenet_b", "lenet_a"):
        saved_models.export(networks.mlp(3, [], 2), tmp_path / name, {"what": name})
    assert saved_models.available(tmp_path) == ["lenet_a", "lenet_b"]
    for read in (saved_models.load, saved_models.read_card):
        with pytest.raises(ValueError, match=r"Expected one of \['lenet_a', 'lenet_b'\]"):
            read("lenet_c", tmp_path)


@pytest.mark.parametrize("kind", ["truncated", "corrupted", "missing"])
def test_damaged_keras_file_is_named_and_left_alone(tmp_path, kind):
    path = tmp_path / "model.keras"
    small_models.gan().save(path)
    whole = path.read_bytes()
    middle = len(whole) // 2
    damaged = {
        "truncated": whole[:middle],
        "corrupted": whole[:middle] + bytes(64) + whole[middle + 64 :],
        "missing": None,
    }[kind]
    path.unlink() if damaged is None else path.write_bytes(damaged)
    with pytest.raises(ValueError, match="argument `path`.*model.keras"):
        saved_models.load_keras(path)
    assert damaged is None or path.read_bytes() == damaged


def test_load_keras_gives_back_the_model(tmp_path):
    gan = small_models.gan()
    gan.save(tmp_path / "model.keras")
    loaded = saved_models.load_keras(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.generate(2, seed=1), gan.generate(2, seed=1))


def test_unbuilt_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match="argument `model`.*built"):
        saved_models.export(keras.Sequential([keras.layers.Dense(1)]), tmp_path / "m")


def example(dtype):
    return tf.constant("a") if dtype == tf.string else tf.ones([], dtype)


def is_usable(output):
    if output.dtype == tf.string:
        return all(np.ravel(output.numpy()))
    return np.isfinite(np.array(output, "float32")).all()


@needs_shipped
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_model_is_described_small_and_runs(name):
    folder = saved_models.FOLDER / name
    card = saved_models.read_card(name)
    assert set(card) == {*saved_models.CARD_FIELDS, "endpoints"}
    assert (folder / "samples.png").is_file()
    assert sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) <= MOST_BYTES
    model = saved_models.load(name)
    for endpoint in card["endpoints"]:
        function = getattr(model, endpoint)
        signature = function.concrete_functions[0].structured_input_signature
        inputs = [
            tf.fill([2 if n is None else n for n in spec.shape], example(spec.dtype))
            for spec in tf.nest.flatten(signature)
        ]
        output = function(*inputs)
        assert all(is_usable(t) for t in tf.nest.flatten(output))


@needs_shipped
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_model_is_float32_and_converts_to_tensorflow_lite(name):
    assert not operations_in_half_precision(saved_models.FOLDER / name)
    model = saved_models.load(name)
    assert "serving_default" in model.signatures
    for endpoint in CONVERTIBLE.intersection(saved_models.read_card(name)["endpoints"]):
        function = getattr(model, endpoint).concrete_functions[0]
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function], model)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        interpreter = tf.lite.Interpreter(model_content=converter.convert())
        inputs, rng = {}, np.random.default_rng(1)
        for spec in tf.nest.flatten(function.structured_input_signature):
            shape = [1 if n is None else n for n in spec.shape]
            inputs[spec.name] = rng.uniform(size=shape).astype(spec.dtype.as_numpy_dtype)
        (output,) = interpreter.get_signature_runner()(**inputs).values()
        expected = getattr(model, endpoint)(*inputs.values())
        np.testing.assert_allclose(output, expected, atol=1e-4)


@needs_shipped
def test_table_of_shipped_models_is_up_to_date():
    assert saved_models.table() in (saved_models.FOLDER / "README.md").read_text()


@needs_shipped
def test_generated_digits_look_like_digits_to_the_shipped_classifier():
    images = saved_models.load("dcgan_mnist").sample(200, 1)
    probabilities = saved_models.load("lenet_mnist").serve((images + 1) / 2).numpy()
    assert np.median(probabilities.max(axis=1)) > 0.95
    assert len(set(probabilities.argmax(axis=1))) == 10


@pytest.mark.parametrize("data", ["mnist", "fashion_mnist"])
def test_images_of_a_class_are_read_as_that_class_and_differ(data):
    if f"conditional_dcgan_{data}" not in SHIPPED:
        pytest.skip("not among the shipped models")
    generator = saved_models.load(f"conditional_dcgan_{data}")
    classifier = saved_models.load(f"lenet_{data}")
    for label in range(10):
        images = generator.sample(label, 40, 1).numpy()
        read = classifier.serve((images + 1) / 2).numpy().argmax(axis=1)
        assert np.mean(read == label) > (0.9 if data == "mnist" else 0.6)
        distances = np.linalg.norm((images - images[0]).reshape(40, -1)[1:], axis=1)
        assert distances.min() > 1.0  # not the same image again and again


def test_card_is_plain_json():
    card = saved_models.card("x", "y", (0, 1), 1, {"a": np.float32(0.5)})
    assert json.loads(json.dumps(card)) == card


def test_card_has_the_command_and_the_versions(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["chapters/x.py", "--output", "a folder"])
    card = saved_models.card("x", "y", (0, 1), 1, {})
    assert card["command"] == "python chapters/x.py --output 'a folder'"
    assert card["versions"]["keras"] == keras.__version__
    assert card["versions"]["tensorflow"] == tf.__version__
