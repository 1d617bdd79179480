"""Strokes made bolder or finer, anew in every batch."""

import tensorflow as tf


def strokes(change=0.5):
    """An augmentation of batches that changes the width of bright strokes, for `batches(augment=)`.

        output = input + u (dilation - input),    u ~ U[-change, change], for u >= 0
        output = input - u (erosion - input),     for u < 0

    Grey dilation and erosion are the greatest and the smallest value of each pixel and its eight
    neighbours. Every image gets a u of its own, so up to `change` pixels come to an edge or go.

    Args:
        change: in [0, 1].

    Returns:
        A function `(images, seed) -> images` of a float tensor (batch, height, width, channels) and
        an integer tensor of shape (2,).

    Raises:
        ValueError: for a change outside of [0, 1].

    Example:
        batches(images, 100, seed=1, augment=strokes(0.3))
    """
    if not 0 <= change <= 1:
        raise ValueError(
            "Invalid value for argument `change`. Expected a number in [0, 1]. "
            f"Received: change={change}"
        )

    def changed(images, seed):
        shape = [tf.shape(images)[0], 1, 1, 1]
        u = tf.random.stateless_uniform(shape, seed, -change, change, images.dtype)
        dilation = tf.nn.max_pool2d(images, 3, 1, "SAME")
        erosion = -tf.nn.max_pool2d(-images, 3, 1, "SAME")
        return images + tf.abs(u) * (tf.where(u >= 0, dilation, erosion) - images)

    return changed
