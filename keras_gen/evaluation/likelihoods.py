"""How probable test images are: over several draws of their pixels, and with one pixel flipped."""

import numpy as np

from keras_gen import data
from keras_gen.arguments import positive_integer

BINARIZATIONS = 10


def binarized_nll(log_prob, grey, seed, draws=BINARIZATIONS):
    """-log p(x) of several binarizations of the same grey images.

        mean over images of -log p(x_d),    x_d ~ Bernoulli(grey),    d = 1 ... draws

    One binarization alone may hold an image that costs far more than all others.

    Args:
        log_prob: function from binary images to log p(x), in nats.
        grey: array (count, height, width, 1) of probabilities of white.
        seed: integer.
        draws: number of binarizations.

    Returns:
        List of floats, nats per image, one for each binarization.
    """
    draws = positive_integer("draws", draws)
    binary = (data.binarize(grey, [seed, draw]).numpy() for draw in range(draws))
    return [-float(np.mean(log_prob(images), dtype="float64")) for images in binary]


def flip_costs(log_prob, images):
    """What it costs to flip one pixel of a binary image.

        cost_i = log p(x) - log p(x with x_i replaced by 1 - x_i)

    Args:
        log_prob: function from binary images to log p(x), in nats.
        images: array (count, height, width, 1) of pixels 0 and 1.

    Returns:
        Array (count, height, width) of nats; negative where the flipped image is more probable.
    """
    shape = np.shape(images)[1:]
    flips = np.eye(np.prod(shape), dtype="float32").reshape(-1, *shape)
    rows = [
        before - log_prob(np.abs(image - flips))
        for image, before in zip(images, log_prob(images), strict=True)
    ]
    return np.reshape(rows, np.shape(images)[:3])
