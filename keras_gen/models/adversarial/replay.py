"""Experience replay: a memory of generated images."""

import keras
import tensorflow as tf

from keras_gen.arguments import positive_integer


class ReplayMemory(keras.layers.Layer):
    """Keeps generated images, and exchanges half of every new batch for as many of them.

        shown   = [memory[r], new[b/2:]],    memory[r] <- new[:b/2],    r random, all different

    What a batch gives to the memory comes back later, once: an image stays for a number of batches
    that has the geometric distribution of mean 2 * capacity / b. So older images are dropped
    gradually, and a discriminator sees images of past and present generators in equal
    shares. Until the memory is full a batch fills it, and nothing comes back. Half of an odd batch
    is rounded up or down at random: a batch of one image is exchanged every second time.

    The images are variables and thus part of what a model saves. Under a distribution strategy all
    replicas draw from one memory, and the first one fills it.

    Args:
        capacity: number of images kept.
        image_shape: shape of one image.

    Reference:
        Shrivastava et al. (2017), Learning from Simulated and Unsupervised Images through
        Adversarial Training, arXiv:1612.07828, section 2.3.
    """

    def __init__(self, capacity, image_shape, **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.capacity = positive_integer("capacity", capacity)
        options = {"trainable": False, "aggregation": "only_first_replica"}
        self.images = self.add_weight(
            (self.capacity, *image_shape), "zeros", "float32", name="images", **options
        )
        self.count = self.add_weight((), "zeros", "int32", name="count", **options)
        self.built = True

    def exchange(self, images, seed):
        """The batch that is shown: old images for the first half of the new ones.

        Args:
            images: tensor of new images, batch first.
            seed: integer tensor of shape (2,).

        Returns:
            A tensor like `images`.
        """
        batch = tf.shape(images)[0]
        half = tf.minimum((batch + 1) // 2, self.capacity)
        new, rest = tf.cast(images[:half], tf.float32), images[half:]
        coin, *keys = tf.unstack(tf.random.split(seed, 3))
        rows, known = self._rows(half, *keys)
        old = tf.gather(self.images.value, rows)
        # An odd batch that is rounded down keeps its first image.
        down = batch % 2 * tf.random.stateless_uniform([], coin, 0, 2, tf.int32)
        exchanged = tf.range(half) >= down
        stored = _choose(exchanged | ~known, new, old)
        self.images.value.scatter_update(tf.IndexedSlices(stored, rows))
        self.count.assign(tf.minimum(self.count + half, self.capacity))
        shown = _choose(exchanged & known, old, new)
        return tf.concat([tf.cast(shown, images.dtype), rest], axis=0)

    def _rows(self, half, start_seed, seed):
        """Different rows of the memory, all equally likely, and whether each holds an image."""
        index = tf.range(half)
        width = self.capacity // tf.maximum(half, 1)
        start = tf.random.stateless_uniform([], start_seed, 0, self.capacity, tf.int32)
        within = tf.random.stateless_uniform([half], seed, 0, width, tf.int32)
        full = self.count >= self.capacity
        rows = tf.where(full, start + index * width + within, self.count + index) % self.capacity
        return rows, full | (self.count + index >= self.capacity)


def _choose(condition, first, second):
    """Rows of one tensor or of the other."""
    shape = [-1] + [1] * (first.shape.rank - 1)
    return tf.where(tf.reshape(condition, shape), first, second)
