"""Feature extractors: networks whose features define distances between images."""

import contextlib

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error
from keras_gen.images import check_images, check_range, rescale

_BATCH = 256


class FeatureExtractor:
    """A network that turns images into features and class probabilities.

    Images of another size are resized bilinearly, with antialiasing; grey images are repeated
    over three channels, colour images are averaged to one with the weights of ITU-R BT.601.

    Args:
        name: part of the name of every number measured with it.
        feature_model: callable, images to features `(batch, d)`.
        probability_model: callable, images to probabilities `(batch, classes)`.
        input_shape: `(height, width, channels)` of the network's images.
        value_range: pair, the range of values that the network expects.
    """

    def __init__(self, name, feature_model, probability_model, input_shape, value_range):
        self.name = name
        self.input_shape = tuple(input_shape)
        self.value_range = check_range(value_range)
        signature = [tf.TensorSpec((None, *self.input_shape), tf.float32)]
        self._features = tf.function(feature_model, input_signature=signature)
        self._probabilities = tf.function(probability_model, input_signature=signature)

    def __call__(self, images):
        """Features `(batch, d)` of float images in the extractor's own range, which is checked."""
        return self.features(images)

    def features(self, images, value_range=None):
        """Features `(batch, d)` as a NumPy array.

        Args:
            images: float images `(batch, height, width, channels)`.
            value_range: their range, which is checked; the extractor's own by default.
        """
        return self._apply(self._features, self._rescaled(images, value_range))

    def probabilities(self, images, value_range=None):
        """Class probabilities `(batch, classes)` as a NumPy array.

        Args:
            images: float images `(batch, height, width, channels)`.
            value_range: their range, which is checked; the extractor's own by default.
        """
        return self._apply(self._probabilities, self._rescaled(images, value_range))

    def _rescaled(self, images, value_range):
        value_range = self.value_range if value_range is None else value_range
        return rescale(check_images(images, value_range), value_range, self.value_range)

    def _apply(self, function, images):
        starts = range(0, max(len(images), 1), _BATCH)
        batches = (images[start : start + _BATCH] for start in starts)
        return np.concatenate([function(self._fitted(batch)).numpy() for batch in batches])

    def _fitted(self, images):
        """Images in the size and with the channels of the network."""
        height, width, channels = self.input_shape
        images = tf.cast(images, tf.float32)
        if (images.shape[-1], channels) == (3, 1):
            images = tf.tensordot(images, tf.constant([[0.299], [0.587], [0.114]]), axes=1)
        elif (images.shape[-1], channels) == (1, 3):
            images = tf.repeat(images, 3, axis=-1)
        elif images.shape[-1] != channels:
            raise argument_error(
                "images",
                f"1 or {channels} channels for the extractor {self.name}",
                received=f"images.shape={tuple(images.shape)}",
            )
        if images.shape[1:3] != (height, width):
            images = tf.image.resize(images, (height, width), antialias=True)
        return images


class LeNetExtractor(FeatureExtractor):
    """A digit classifier as a feature extractor, for images in [0, 1].

    Features are the output of the layer named "features", before the classification.

    Args:
        classifier: a functional Keras model with a layer named "features" and softmax
            probabilities as output, or a loaded SavedModel with the endpoints
            `features(images)` and `serve(images)`.
        name: the extractor's name.
    """

    def __init__(self, classifier, name="lenet"):
        if isinstance(classifier, keras.Model):
            layer = next((each for each in classifier.layers if each.name == "features"), None)
            if layer is None:
                raise _expected_classifier("a model without that layer")
            feature_model = keras.Model(classifier.inputs, layer.output)
            models, shape = (feature_model, classifier), classifier.input_shape[1:]
            models = [_inference(model) for model in models]
        elif hasattr(classifier, "features") and hasattr(classifier, "serve"):
            models = [classifier.features, classifier.serve]
            signature = classifier.features.concrete_functions[0].structured_input_signature
            shape = tf.nest.flatten(signature)[0].shape[1:]
        else:
            raise _expected_classifier(type(classifier).__name__)
        super().__init__(name, *models, shape, value_range=(0, 1))
        # The functions of a loaded SavedModel do not keep its variables alive.
        self.classifier = classifier


def _inference(model):
    return lambda images: model(images, training=False)


def _expected_classifier(received):
    return argument_error(
        "classifier",
        'a Keras model with a layer "features", or a loaded SavedModel with the endpoints '
        "`features` and `serve`",
        received,
    )


class InceptionExtractor(FeatureExtractor):
    """Inception-v3 of `keras.applications` as a feature extractor, for images in [-1, 1].

    Features are the 2,048 averages of the last convolution; probabilities are those of the 1,000
    ImageNet classes. Published distances use another conversion of the network and another
    resizing, so expect small differences from them.

    Args:
        weights: `"imagenet"`, which downloads them once; the path of a local copy of that file;
            or None for an untrained network, whose name is `"inception_v3_untrained"`.

    Raises:
        OSError: if the weights cannot be downloaded.

    Reference:
        Szegedy et al. (2016), Rethinking the Inception Architecture for Computer Vision,
        arXiv:1512.00567; Salimans et al. (2016), Improved Techniques for Training GANs,
        arXiv:1606.03498, section 4.
    """

    def __init__(self, weights="imagenet"):
        with _float32_policy():
            model = _inception(weights)
        features = keras.Model(model.inputs, model.get_layer("avg_pool").output)
        super().__init__(
            "inception_v3" if weights else "inception_v3_untrained",
            _inference(features),
            _inference(model),
            input_shape=(299, 299, 3),
            value_range=(-1, 1),
        )


@contextlib.contextmanager
def _float32_policy():
    """A measurement does not depend on the precision in which a model is trained."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)


def _inception(weights):
    try:
        return keras.applications.InceptionV3(weights=weights)
    except ValueError:
        raise
    except Exception as error:
        # keras.utils.get_file raises a bare Exception when an address cannot be reached.
        raise OSError(
            "The ImageNet weights of Inception-v3 could not be downloaded. Pass the path of a "
            "local copy as `weights`, or measure with a digit classifier: "
            f"`LeNetExtractor(classifier)`. Cause: {error}"
        ) from error
