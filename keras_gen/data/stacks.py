"""Images stacked in the channels: a known and large number of modes."""

import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error


def stacked(images, seed, channels=3):
    """Random combinations of grey images, each of which becomes one channel.

        stack_i = (image_p(i), image_q(i), image_r(i)),   p, q, r random permutations

    Three digits of ten classes are 1,000 equally likely modes, if the classes are. Every image
    comes once in every channel. Stacks of other seeds are other combinations, so that as an
    `augment` of `data.batches`, where every batch is stacked within itself, an epoch never repeats.

    Args:
        images: Array or tensor `[count, height, width, 1]`.
        seed: Integer, or an integer tensor of shape `[2]`.
        channels: Number of images in a stack.

    Returns:
        `[count, height, width, channels]`, a NumPy array if the images are one.

    Raises:
        ValueError: for images of another shape, such as colour images.

    Example:
        digits = data.load("mnist")
        train = data.batches(digits, 64, seed=1, augment=data.stacked)
        test = data.stacked(data.arrays(data.load("mnist", "test")), seed=1)

    Reference:
        Metz, Poole, Pfau, Sohl-Dickstein, 2017, Unrolled Generative Adversarial Networks,
        arXiv:1611.02163, section 3.3.1.
    """
    if len(images.shape) != 4 or images.shape[-1] != 1:
        raise argument_error(
            "images",
            "grey images of shape [count, height, width, 1]",
            received=f"images.shape={tuple(images.shape)}",
        )
    seed = tf.cast(seed, tf.int64)
    seed = tf.stack([seed, 0]) if seed.shape.rank == 0 else seed
    count = tf.shape(images)[0]
    orders = [
        tf.argsort(tf.random.stateless_uniform([count], key, None, None, tf.int64))
        for key in tf.unstack(tf.random.split(seed, channels))
    ]
    stacks = tf.concat([tf.gather(images, order) for order in orders], axis=-1)
    return stacks.numpy() if isinstance(images, np.ndarray) else stacks
