"""The shipped models: listed, described, small, and running everywhere."""

import numpy as np
import pytest
import tensorflow as tf
from half_precision import operations_in_half_precision

from keras_gen import networks, saved_models

SHIPPED = saved_models.available()
needs_shipped = pytest.mark.skipif(not SHIPPED, reason="installed without the shipped models")
MOST_BYTES = 20_000_000
# What runs in TensorFlow Lite without TensorFlow's own operations. Drawing does not, for want of
# stateless random numbers, nor do loops over lists of tensors and a sparse cross-entropy.
CONVERTIBLE = {
    *("serve", "encode", "decode", "reconstruct"),
    *("transform", "classify", "features", "translate"),
}


def test_what_is_available_is_listed(tmp_path):
    (tmp_path / ".lenet_c.keras_gen-0").mkdir()  # half an export
    (tmp_path / ".lenet_c.keras_gen-0" / "card.json").write_text("{}")
    for name in ("lenet_b", "lenet_a"):
        saved_models.export(networks.mlp(3, [], 2), tmp_path / name, {"what": name})
    assert saved_models.available(tmp_path) == ["lenet_a", "lenet_b"]
    for read in (saved_models.load, saved_models.read_card):
        with pytest.raises(ValueError, match=r"Expected one of \['lenet_a', 'lenet_b'\]"):
            read("lenet_c", tmp_path)


def example(dtype):
    return tf.constant("a") if dtype == tf.string else tf.ones([], dtype)


def shape_of(spec, count):
    """The shape of an input of so many examples; images of free sizes get 32 pixels."""
    sides = 32 if len(spec.shape) == 4 else count
    return [n or (sides if axis else count) for axis, n in enumerate(spec.shape)]


def draws(function):
    """Whether a concrete function draws random numbers, as a translation with dropout does."""
    definition = function.graph.as_graph_def()
    parts = [definition.node, *(each.node_def for each in definition.library.function)]
    return any(node.op.startswith("StatelessRandom") for nodes in parts for node in nodes)


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
            tf.fill(shape_of(spec, count=2), example(spec.dtype))
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
        if endpoint == "translate" and draws(function):
            continue
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function], model)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        interpreter = tf.lite.Interpreter(model_content=converter.convert())
        inputs, rng = {}, np.random.default_rng(1)
        for spec in tf.nest.flatten(function.structured_input_signature):
            numbers = rng.uniform(size=shape_of(spec, count=1))
            inputs[spec.name] = numbers.astype(spec.dtype.as_numpy_dtype)
        outputs = interpreter.get_signature_runner()(**inputs)
        expected = tf.nest.flatten(getattr(model, endpoint)(*inputs.values()))
        for name, output in zip(sorted(outputs), expected, strict=True):
            np.testing.assert_allclose(outputs[name], output, atol=1e-4)


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
