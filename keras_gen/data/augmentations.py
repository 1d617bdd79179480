"""Augmentations: images changed at random, anew in every batch, as functions of (images, seed)."""

import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, number, positive_integer, positive_integer_pair
from keras_gen.data.checks import (
    float_array,
    floats,
    image_batch,
    seed_number,
    seed_pair,
)
from keras_gen.data.pictures import resized
from keras_gen.images import check_values
from keras_gen.layers import RandomAffine


def flipped(images, seed):
    """Each image as it is or mirrored from left to right, by a coin of its own.

        row -> reversed row, with probability 1/2

    Args:
        images: tensor (batch, height, width, channels).
        seed: integer tensor of shape (2,).

    Returns:
        Tensor of the shape and type of `images`; float64 becomes Keras's default float type.
    """
    images = image_batch(images)
    heads = tf.random.stateless_uniform([tf.shape(images)[0], 1, 1, 1], seed_pair(seed)) < 0.5
    return tf.where(heads, tf.reverse(images, [2]), images)


def cropped(size):
    """An augmentation of batches: a part of each image, at its own random place.

        crop = image[i : i + height, j : j + width],   i, j uniform over all places

    Args:
        size: integer or (height, width), at most that of the images.

    Returns:
        A function `(images, seed) -> images`.

    Raises:
        ValueError: for sizes that are not positive integers, and later for smaller images.

    Example:
        batches(images, 64, seed=1, augment=cropped(56))
    """
    height, width = positive_integer_pair("size", size)

    def crops(images, seed):
        images, seed = image_batch(images), seed_pair(seed)
        if images.shape[1] < height or images.shape[2] < width:
            raise argument_error(
                "size",
                f"at most the size of the images, {images.shape[1]}x{images.shape[2]}",
                received=f"size={(height, width)}",
            )
        places = [[images.shape[1] - height + 1], [images.shape[2] - width + 1]]
        random = tf.random.stateless_uniform([2, tf.shape(images)[0]], seed)
        rows, columns = tf.unstack(tf.cast(random * tf.cast(places, tf.float32), tf.int32))
        images = tf.gather(images, rows[:, None] + tf.range(height), axis=1, batch_dims=1)
        return tf.gather(images, columns[:, None] + tf.range(width), axis=2, batch_dims=1)

    return crops


def resized_and_cropped(larger, size):
    """An augmentation of batches: images enlarged a little, then cropped at random.

        crop(resize(image, larger), size)

    Pix2Pix and CycleGAN are trained like this, from 286 to 256 pixels. The resizing is bilinear and
    antialiased, as in `load`.

    Args:
        larger: integer or (height, width) that images are resized to.
        size: integer or (height, width) that remains, at most `larger`.

    Returns:
        A function `(images, seed) -> images`.

    Raises:
        ValueError: for sizes that are not positive integers, or a `size` above `larger`.

    Example:
        batches(images, 4, seed=1, augment=resized_and_cropped(72, 64))

    Reference:
        Isola, Zhu, Zhou, Efros (2017), Image-to-Image Translation with Conditional Adversarial
        Networks, arXiv:1611.07004, section 6.2.
    """
    larger, size = positive_integer_pair("larger", larger), positive_integer_pair("size", size)
    if any(part > whole for part, whole in zip(size, larger)):
        raise argument_error("size", f"at most `larger`, {larger}", size)
    crop = cropped(size)

    def resized_crops(images, seed):
        images = image_batch(images)
        return crop(tf.cast(resized(images, larger), images.dtype), seed)

    return resized_crops


def jitter(rotation=10.0, zoom=0.1, shift=2.0, fill_value=0.0):
    """An augmentation of batches by small random similarity maps, for `batches(augment=...)`.

    The maps are those of `layers.RandomAffine`, but a function of the seed that the pipeline gives,
    so that training resumes with the images it would have seen.

    Args:
        rotation: degrees, zero or more.
        zoom: relative, in [0, 1).
        shift: pixels, zero or more.
        fill_value: finite value of what enters from outside the frame, that of the background.

    Returns:
        A function `(images, seed) -> images` of a float tensor (batch, height, width, channels) and
        an integer tensor of shape (2,).

    Raises:
        ValueError: for a negative range or a zoom that reaches 1.

    Example:
        batches(images, 100, seed=1, augment=jitter(shift=1))
    """
    fill_value = number("fill_value", fill_value)
    layer = RandomAffine(rotation, zoom, shift, fill_value=fill_value, seed=0)

    def jittered(images, seed):
        images, seed = image_batch(images), seed_pair(seed)
        shares = tf.random.stateless_uniform([4, tf.shape(images)[0]], seed, -1.0, 1.0)
        return layer.redrawn(images, *tf.unstack(shares))

    return jittered


def binarize(images, seed):
    """Draws every pixel as 0 or 1, with the grey value as the probability of a 1.

        x ~ Bernoulli(intensity)

    Re-sampled at every use (as `augment` of `batches`) this is the dynamic binarization that
    published likelihoods of handwritten digits refer to; a fixed draw is about 2 nats worse.

    Args:
        images: tensor with values in [0, 1].
        seed: integer tensor of shape (2,).

    Returns:
        Tensor of zeros and ones, of the shape and type of `images`; float64 becomes Keras's default
        float type.

    Raises:
        ValueError: for images that are not floats or, outside of a graph, not in [0, 1].

    Reference:
        Salakhutdinov & Murray (2008), On the quantitative analysis of deep belief networks;
        Burda, Grosse, Salakhutdinov (2016), Importance weighted autoencoders, arXiv:1509.00519.
    """
    images, seed = floats(images, "images", "a float tensor with values in [0, 1]"), seed_pair(seed)
    if tf.executing_eagerly():
        check_values(images.numpy(), "images", (0.0, 1.0))
    random = tf.random.stateless_uniform(tf.shape(images), seed)
    return tf.cast(random < tf.cast(images, random.dtype), images.dtype)


def stacked(images, seed, channels=3):
    """Random combinations of grey images, each image one channel.

        stack_i = (image_p(i), image_q(i), image_r(i)),   p, q, r random permutations

    Three digits of ten classes are 1,000 equally likely modes, if the classes are. Every image
    occurs once in every channel. Other seeds give other combinations, so that as an `augment` of
    `data.batches`, where every batch is stacked within itself, an epoch never repeats.

    Args:
        images: array or tensor (count, height, width, 1).
        seed: integer, or an integer tensor of shape (2,).
        channels: number of images in a stack.

    Returns:
        (count, height, width, channels), a NumPy array if the images are one. float64 becomes
        Keras's default float type.

    Raises:
        ValueError: for images of another shape, such as colour images, or `channels` that is not
            positive.

    Example:
        digits = data.load("mnist")
        train = data.batches(digits, 64, seed=1, augment=data.stacked)
        test = data.stacked(data.arrays(data.load("mnist", "test")), seed=1)

    Reference:
        Metz, Poole, Pfau, Sohl-Dickstein (2017), Unrolled Generative Adversarial Networks,
        arXiv:1611.02163, section 3.3.1.
    """
    channels = positive_integer("channels", channels)
    is_tensor = isinstance(images, (tf.Tensor, tf.Variable))
    described = "grey images of shape (count, height, width, 1)"
    if is_tensor:
        images = floats(images, "images", described)
    else:
        images = float_array(images, "images", None, described)
    if len(images.shape) != 4 or images.shape[-1] != 1:
        received = f"images.shape={tuple(images.shape)}"
        raise argument_error("images", described, received=received)
    count = tf.shape(images)[0]
    orders = [
        tf.argsort(tf.random.stateless_uniform([count], key, None, None, tf.int64))
        for key in tf.unstack(tf.random.split(_seed_of_stacks(seed), channels))
    ]
    stacks = tf.concat([tf.gather(images, order) for order in orders], axis=-1)
    return stacks if is_tensor else stacks.numpy()


def _seed_of_stacks(seed):
    """A number, or a pair of them, as an int64 pair."""
    if np.ndim(seed) > 0:
        return tf.cast(seed_pair(seed), tf.int64)
    if isinstance(seed, (tf.Tensor, tf.Variable)) and seed.dtype.is_integer:
        return tf.stack([tf.cast(seed, tf.int64), 0])
    number = seed[()] if isinstance(seed, np.ndarray) else seed
    return tf.constant([seed_number(number), 0], tf.int64)
