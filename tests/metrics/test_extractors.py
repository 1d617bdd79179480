import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.metrics import (
    FrechetDistance,
    InceptionExtractor,
    InceptionScore,
    LeNetExtractor,
    rescale,
)


@pytest.fixture(scope="module")
def classifier():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Flatten()(inputs)
    x = keras.layers.Dense(5, activation="tanh", name="features")(x)
    x = keras.layers.Dropout(0.5)(x)
    return keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(x))


@pytest.fixture(scope="module")
def digits():
    return np.random.default_rng(0).random((300, 8, 8, 1)).astype("float32")


def test_rescale_maps_ends_to_ends():
    np.testing.assert_allclose(rescale(np.array([0.0, 0.5, 1.0]), (0, 1), (-1, 1)), [-1, 0, 1])
    np.testing.assert_allclose(rescale(np.array([-1.0, 1.0]), (-1, 1), (0, 255)), [0, 255])


def test_lenet_features_are_those_of_the_named_layer_at_inference(classifier, digits):
    extractor = LeNetExtractor(classifier)
    assert extractor.input_shape == (8, 8, 1) and extractor.value_range == (0, 1)
    dense = classifier.get_layer("features")
    expected = np.tanh(digits.reshape(300, 64) @ dense.kernel.numpy())
    np.testing.assert_allclose(extractor(digits), expected, atol=1e-5)
    probabilities = classifier.predict(digits, verbose=0)
    np.testing.assert_allclose(extractor.probabilities(digits), probabilities, atol=1e-5)


def test_lenet_reads_a_saved_model(classifier, digits, tmp_path):
    archive = keras.export.ExportArchive()
    archive.track(classifier)
    features = keras.Model(classifier.inputs, classifier.get_layer("features").output)
    signature = [tf.TensorSpec((None, 8, 8, 1), tf.float32)]
    archive.add_endpoint("serve", lambda x: classifier(x, training=False), signature)
    archive.add_endpoint("features", lambda x: features(x, training=False), signature)
    archive.write_out(tmp_path / "lenet", verbose=False)
    loaded = LeNetExtractor(tf.saved_model.load(str(tmp_path / "lenet")), name="lenet_saved")
    direct = LeNetExtractor(classifier)
    assert loaded.input_shape == (8, 8, 1) and loaded.name == "lenet_saved"
    np.testing.assert_allclose(loaded(digits), direct(digits), atol=1e-6)
    np.testing.assert_allclose(
        loaded.probabilities(digits), direct.probabilities(digits), atol=1e-6
    )


def test_models_without_features_are_refused():
    inputs = keras.Input((8, 8, 1))
    plain = keras.Model(inputs, keras.layers.Flatten()(inputs))
    for wrong in (plain, object()):
        with pytest.raises(ValueError, match="`classifier`"):
            LeNetExtractor(wrong)


def test_sizes_and_colours_are_fitted_to_the_network(classifier, digits):
    extractor = LeNetExtractor(classifier)
    large = np.repeat(np.repeat(digits[:4], 2, axis=1), 2, axis=2)
    assert extractor(large).shape == (4, 5)
    coloured = np.repeat(digits[:4], 3, axis=-1)
    np.testing.assert_allclose(extractor(coloured), extractor(digits[:4]), atol=1e-5)


def test_images_outside_the_extractors_own_range_are_refused(classifier, digits):
    extractor = LeNetExtractor(classifier)
    for read in (extractor, extractor.probabilities):
        for bad in (2 * digits - 1, 255 * digits, (255 * digits).astype("uint8")):
            with pytest.raises(ValueError, match=r"`images`.* \[0\.0, 1\.0\]"):
                read(bad)
    np.testing.assert_allclose(
        extractor.features(2 * digits - 1, (-1, 1)), extractor(digits), atol=1e-5
    )


def test_metrics_are_named_after_the_extractor_and_read_its_range(classifier, digits):
    extractor = LeNetExtractor(classifier)
    distance = FrechetDistance(extractor, value_range=(0, 1))
    score = InceptionScore(extractor, value_range=(-1, 1))
    assert (distance.name, score.name) == ("fid_lenet", "inception_score_lenet")
    distance.update_state(digits, digits)
    assert distance.result() < 1e-9
    score.update_state(2 * digits - 1)
    assert 1 <= score.result() <= 3


def test_extractor_takes_tensors_and_half_precision(classifier, digits):
    distance = FrechetDistance(LeNetExtractor(classifier), value_range=(0, 1))
    distance.update_state(tf.constant(digits), tf.cast(digits, tf.bfloat16))
    assert 0 <= distance.result() < 1e-3


def test_untrained_inception_has_the_sizes_of_the_trained_one():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        extractor = InceptionExtractor(weights=None)
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")
    assert extractor.name == "inception_v3_untrained" and extractor.value_range == (-1, 1)
    images = np.zeros((2, 8, 8, 1), "float32")
    assert extractor(images).shape == (2, 2048) and extractor(images).dtype == np.float32
    np.testing.assert_allclose(extractor.probabilities(images).sum(axis=1), 1, rtol=1e-5)


def test_missing_weights_name_the_way_on(monkeypatch):
    def unreachable(**kwargs):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.applications, "InceptionV3", unreachable)
    with pytest.raises(OSError, match=r"could not be downloaded.*LeNetExtractor"):
        InceptionExtractor()
