"""Labeled generated images, judged by classifiers."""

import numpy as np

from keras_gen.arguments import argument_error, class_labels, positive_integer
from keras_gen.images import check_images


def gan_test(extractor, images, labels, value_range):
    """The share of generated images that a classifier of real ones reads as their label.

        mean_i [ argmax p(y | x_i) = y_i ]

    A high share says that images are good, not that they are diverse.

    Args:
        extractor: a `FeatureExtractor`, whose probabilities are used.
        images: generated images `(n, height, width, channels)`.
        labels: their target classes, `(n,)` integers.
        value_range: pair, the range in which the images' values lie.

    Returns:
        Float in [0, 1].

    Raises:
        ValueError: if labels are not integers, are one-hot, out of range, or not as many as the
            images, or if the images are out of range.

    Reference:
        Shmelkov et al. (2018), How good is my GAN?, arXiv:1807.09499, section 3.
    """
    classes = extractor.probabilities(images[:1], value_range).shape[1]
    labels = class_labels("labels", labels, classes, count=len(images), of="image")
    probabilities = extractor.probabilities(images, value_range)
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def gan_train(
    classifier, images, labels, real, real_labels, value_range, epochs=10, batch_size=128
):
    """The accuracy on real images of a classifier trained only on generated ones.

        mean_i [ argmax p(y | r_i) = y_i ],   p trained on generated images and their labels

    Generated images that are bad or all alike train a bad classifier. The number to compare with
    is that of the same classifier trained on as many real images.

    Args:
        classifier: Keras model from images to scores of classes, compiled with a loss of integer
            labels such as `"sparse_categorical_crossentropy"`, not trained. It is trained here.
        images: generated images `(n, height, width, channels)`.
        labels: their target classes, `(n,)` integers.
        real: real images that are held out, `(m, height, width, channels)`.
        real_labels: their classes, `(m,)` integers.
        value_range: pair, the range in which both kinds of images lie; the classifier receives them
            as they are.
        epochs: number of times the classifier sees the generated images.
        batch_size: images per step of its training.

    Returns:
        Float in [0, 1].

    Raises:
        ValueError: as `gan_test`, or if the classifier is not compiled; before the training.

    Reference:
        Shmelkov et al. (2018), How good is my GAN?, arXiv:1807.09499, section 3.
    """
    if not classifier.compiled:
        raise argument_error("classifier", "a compiled model", classifier)
    epochs = positive_integer("epochs", epochs)
    batch_size = positive_integer("batch_size", batch_size)
    images, real = check_images(images, value_range), check_images(real, value_range, "real")
    classes = classifier(real[:1]).shape[-1]
    labels = class_labels("labels", labels, classes, count=len(images), of="image")
    real_labels = class_labels("real_labels", real_labels, classes, count=len(real), of="image")
    classifier.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0)
    scores = classifier.predict(real, batch_size=batch_size, verbose=0)
    return float(np.mean(scores.argmax(axis=1) == real_labels))
