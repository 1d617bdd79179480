"""Images turned, scaled and shifted a little, anew in every batch."""

import tensorflow as tf

from keras_gen.layers import RandomAffine


def jitter(rotation=10.0, zoom=0.1, shift=2.0, fill_value=0.0):
    """An augmentation of batches by small random similarity maps, for `batches(augment=...)`.

    The maps are those of `layers.RandomAffine`, but a function of the seed that the pipeline gives,
    so that a training resumes with the images it would have seen.

    Args:
        rotation: degrees, zero or more.
        zoom: relative, in [0, 1).
        shift: pixels, zero or more.
        fill_value: what comes in from outside of the frame: the value of the background.

    Returns:
        A function `(images, seed) -> images` of a float tensor (batch, height, width, channels) and
        an integer tensor of shape (2,).

    Raises:
        ValueError: for a negative range or a zoom that reaches 1.

    Example:
        batches(images, 100, seed=1, augment=jitter(shift=1))
    """
    layer = RandomAffine(rotation, zoom, shift, fill_value=fill_value, seed=0)

    def jittered(images, seed):
        shares = tf.random.stateless_uniform([4, tf.shape(images)[0]], seed, -1.0, 1.0)
        return layer.redrawn(images, *tf.unstack(shares))

    return jittered
