import numbers

import keras
from keras import ops

from keras_gen.arguments import argument_error, positive_integer, positive_number


@keras.saving.register_keras_serializable("keras_gen")
class MinibatchStdDev(keras.layers.Layer):
    """Appends to every sample how much the samples of its group differ from each other.

        s = mean(sqrt(var(x over `axis` within the group) + epsilon))

    one number per group, as one more feature with that value at every position. With `axis=0`,
    the paper's form, the deviation is taken over the samples for each feature and position. With
    `axis=(0, -1)` it is taken over samples and features together for each position, as in lecture
    slides: features of different means then count as variation too.

    Groups are runs of `group_size` consecutive samples, so a batch that holds the real images and
    then the fake ones keeps them apart when the size divides both. An incomplete last group is
    completed with samples from the start of the batch; those only lend their values, each sample
    gets the statistic of its own group. A batch smaller than `group_size` is one group. The
    statistic is computed in float32 under every dtype policy.

    Args:
        group_size: samples per group, or None for the whole batch.
        axis: the axis or axes of the input over which the deviation is taken. Must include 0.
        epsilon: added to the variance inside the root; bounds the gradient for equal samples.

    Input shape:
        `(batch, ..., channels)`, rank 2 or more.

    Output shape:
        `(batch, ..., channels + 1)`.

    Reference:
        Karras, Aila, Laine, Lehtinen (2018), Progressive Growing of GANs for Improved Quality,
        Stability, and Variation, arXiv:1710.10196, section 3.
    """

    def __init__(self, group_size=4, axis=0, epsilon=1e-8, **kwargs):
        super().__init__(**kwargs)
        if group_size is not None:
            group_size = positive_integer("group_size", group_size)
        self.group_size = group_size
        self.axis = _standardize_axis(axis)
        self.epsilon = positive_number("epsilon", epsilon)

    def build(self, input_shape):
        self._grouped_axes(len(input_shape))

    def call(self, inputs):
        x = ops.cast(inputs, "float32")
        batch, *inner = ops.shape(x)
        size = self._samples_per_group(batch)
        x = ops.concatenate([x, x[: -batch % size]], axis=0)
        groups = ops.reshape(x, (-1, size, *inner))
        variance = ops.var(groups, axis=self._grouped_axes(len(inputs.shape)), keepdims=True)
        deviation = ops.sqrt(variance + self.epsilon)
        statistic = ops.mean(deviation, axis=tuple(range(1, len(groups.shape))), keepdims=True)
        feature = ops.ones_like(groups[..., :1]) * statistic
        feature = ops.reshape(feature, (-1, *inner[:-1], 1))[:batch]
        return ops.concatenate([inputs, ops.cast(feature, inputs.dtype)], axis=-1)

    def _samples_per_group(self, batch):
        """Group size for this batch: at least 1, so that an empty batch passes through."""
        if isinstance(batch, int):
            return max(1, batch if self.group_size is None else min(self.group_size, batch))
        size = batch if self.group_size is None else ops.minimum(self.group_size, batch)
        return ops.maximum(size, 1)

    def _grouped_axes(self, rank):
        """Axes of `(group, sample, ..., channels)` that correspond to `axis` of the input."""
        axes = (self.axis,) if isinstance(self.axis, int) else self.axis
        if rank < 2 or any(not -rank <= axis < rank for axis in axes):
            raise argument_error("axis", f"axes of an input of rank {rank}, at least 2", self.axis)
        positive = {axis % rank for axis in axes}
        if 0 not in positive:
            raise argument_error("axis", "the batch axis 0 among the axes", self.axis)
        return tuple(sorted(axis + 1 for axis in positive))

    def compute_output_shape(self, input_shape):
        channels = input_shape[-1]
        return (*input_shape[:-1], None if channels is None else channels + 1)

    def get_config(self):
        return {
            **super().get_config(),
            "group_size": self.group_size,
            "axis": self.axis,
            "epsilon": self.epsilon,
        }


def _standardize_axis(axis):
    axes = tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
    if not axes or any(
        not isinstance(item, numbers.Integral) or isinstance(item, bool) for item in axes
    ):
        raise argument_error("axis", "an integer or a tuple of integers", axis)
    axes = tuple(int(item) for item in axes)
    return axes if isinstance(axis, (list, tuple)) else axes[0]
