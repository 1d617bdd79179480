"""Small images and a network of their pixels, whose features define distances."""

import pytest
import tensorflow as tf

from keras_gen import data
from keras_gen.metrics import FeatureExtractor


@pytest.fixture(scope="package")
def digits():
    return data.arrays(data.load("digits", "train", labels=True))


@pytest.fixture(scope="package")
def pixels(digits):
    """Pixels as features; the nearer the mean of a class, the likelier it is."""
    images, labels = digits
    centres = tf.constant([images[labels == each].reshape(-1, 64).mean(0) for each in range(10)])

    def flat(x):
        return tf.reshape(x, [-1, 64])

    def probabilities(x):
        return tf.nn.softmax(-tf.reduce_sum((flat(x)[:, None] - centres) ** 2, axis=-1))

    return FeatureExtractor("pixels", flat, probabilities, (8, 8, 1), (-1, 1))
