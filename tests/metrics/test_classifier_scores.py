import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from keras_gen.metrics import FeatureExtractor, gan_test, gan_train


@pytest.fixture
def extractor():
    """Images that are themselves probabilities of four classes."""

    def pixels(images):
        return images[:, 0, :, 0]

    return FeatureExtractor("pixels", pixels, pixels, (1, 4, 1), (0, 1))


def classifier():
    inputs = keras.Input((1, 4, 1))
    scores = keras.layers.Dense(4, activation="softmax")(keras.layers.Flatten()(inputs))
    model = keras.Model(inputs, scores)
    model.compile(keras.optimizers.Adam(0.1), "sparse_categorical_crossentropy")
    return model


def labeled(count, seed):
    """Noise in which the pixel of the label is brightest, in [0, 1]."""
    random = np.random.default_rng(seed)
    labels = random.integers(4, size=count)
    pixels = 0.4 * random.random((count, 4)) + 0.6 * np.eye(4)[labels]
    return pixels.reshape(count, 1, 4, 1).astype("float32"), labels


def test_share_read_as_asked_is_the_accuracy(extractor):
    random = np.random.default_rng(0)
    images = random.dirichlet(np.full(4, 0.3), 300).astype("float32").reshape(300, 1, 4, 1)
    labels = random.integers(4, size=300)
    expected = accuracy_score(labels, images.reshape(300, 4).argmax(axis=1))
    assert gan_test(extractor, images, labels, (0, 1)) == pytest.approx(expected, rel=1e-12)
    stretched = gan_test(extractor, 2 * images - 1, labels, (-1, 1))
    assert stretched == pytest.approx(expected, rel=1e-12)
    assert gan_test(extractor, images, images.reshape(300, 4).argmax(axis=1), (0, 1)) == 1


def test_good_generated_images_train_a_good_classifier():
    accuracy = gan_train(classifier(), *labeled(500, 0), *labeled(400, 1), (0, 1), 5, 50)
    assert accuracy > 0.9


def test_collapsed_images_train_a_bad_classifier():
    images, labels = labeled(500, 0)
    images[:] = images[:1]
    accuracy = gan_train(classifier(), images, labels, *labeled(400, 1), (0, 1), 5, 50)
    assert accuracy < 0.6


def test_accuracy_is_that_of_the_trained_classifier_on_real_images():
    model = classifier()
    real, real_labels = labeled(70, 1)
    accuracy = gan_train(model, *labeled(100, 0), real, real_labels, (0, 1), 1, 32)
    assert model.optimizer.iterations == 4
    expected = accuracy_score(real_labels, model.predict(real, verbose=0).argmax(axis=1))
    assert accuracy == pytest.approx(expected, rel=1e-12)


EXPECTED = "Expected 3 integer labels from 0 to 3, one for each image.*Received"


@pytest.mark.parametrize(
    "labels", [np.eye(4)[[0, 1, 2]], np.array([0.0, 1, 2]), np.array([[0, 1], [1, 2], [2, 3]]), []]
)
def test_labels_other_than_integers_are_refused(extractor, labels):
    images, classes = labeled(3, 0)
    with pytest.raises(ValueError, match=f"`labels`.*{EXPECTED}"):
        gan_test(extractor, images, labels, (0, 1))
    with pytest.raises(ValueError, match=f"`labels`.*{EXPECTED}"):
        gan_train(classifier(), images, labels, images, classes, (0, 1))
    with pytest.raises(ValueError, match=f"`real_labels`.*{EXPECTED}"):
        gan_train(classifier(), images, classes, images, labels, (0, 1))


def test_one_hot_labels_get_the_way_to_integers(extractor):
    images, labels = labeled(3, 0)
    with pytest.raises(ValueError, match="`labels`.*one-hot.*argmax"):
        gan_test(extractor, images, np.eye(4)[labels], (0, 1))


def test_labels_out_of_range_are_refused_before_the_training(extractor):
    images, classes = labeled(3, 0)
    for wrong in ([0, 1, 4], [-1, 0, 1]):
        with pytest.raises(ValueError, match="`labels`.*integer labels from 0 to 3"):
            gan_test(extractor, images, wrong, (0, 1))
        model = classifier()
        with pytest.raises(ValueError, match="`real_labels`.*integer labels from 0 to 3"):
            gan_train(model, images, classes, images, wrong, (0, 1))
        assert model.optimizer.iterations == 0


def test_other_ranges_and_an_uncompiled_classifier_are_refused(extractor):
    images, labels = labeled(3, 0)
    with pytest.raises(ValueError, match="`images`"):
        gan_test(extractor, 255 * images, labels, (0, 1))
    with pytest.raises(ValueError, match="`images`"):
        gan_train(classifier(), 255 * images, labels, images, labels, (0, 1))
    with pytest.raises(ValueError, match="`real`"):
        gan_train(classifier(), images, labels, 255 * images, labels, (0, 1))
    inputs = keras.Input((1, 4, 1))
    with pytest.raises(ValueError, match="`classifier`.*compiled"):
        gan_train(keras.Model(inputs, inputs), images, labels, images, labels, (0, 1))
