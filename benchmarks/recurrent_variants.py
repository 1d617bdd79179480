"""Other ways to go through a sequence than `keras_gen.networks.RNN`, for `lstm.py` to time.

    Keras           `keras.layers.RNN`
    autodiff        the loop of keras_gen, with the gradient that TensorFlow finds
    written out     no loop: the operations of every step
    halves          two loops over half of the batch, side by side
    XLA             the loop of keras_gen, in a training step that XLA compiles
    block           TensorFlow's kernels of a whole LSTM and of its gradient, for float32
    block, loop     the first of these kernels, and a loop over the backward kernel of a step

The last two are of LSTMs only. The gradient that TensorFlow registers for `BlockLSTMV2` belongs to
the gate order of `BlockLSTM` and is wrong (2.21), so both name their gradient themselves.
"""

import keras
import tensorflow as tf
from tensorflow import raw_ops

from keras_gen import networks


class Differentiated(networks.RNN):
    def inner_loop(self, sequences, initial_state, mask, training=False):
        return super().inner_loop(sequences, initial_state, mask)


class WrittenOut(networks.RNN):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, unroll=True, **kwargs)


class Halves(networks.RNN):
    def inner_loop(self, sequences, initial_state, mask, training=False):
        half = (sequences.shape[0] or tf.shape(sequences)[0]) // 2
        parts = []
        for rows in (slice(None, half), slice(half, None)):
            states = tf.nest.map_structure(lambda state, rows=rows: state[rows], initial_state)
            parts.append(super().inner_loop(sequences[rows], states, mask, training))
        return tf.nest.map_structure(lambda *each: tf.concat(each, axis=0), *parts)


class Compiled(networks.RNN):
    """The loop of keras_gen in a model that is compiled with `jit_compile=True`."""


class Block(networks.RNN):
    """LSTMs by one kernel forward and one backward."""

    def inner_loop(self, sequences, initial_state, mask, training=False):
        x = tf.transpose(sequences, [1, 0, 2])
        reached = []
        for cell, (h, c) in zip(self.cell.cells, initial_state):
            weights = [tf.convert_to_tensor(weight) for weight in cell.trainable_weights]
            x, memory = tf.custom_gradient(self.block)(x, *weights, h, c)
            reached.append([x[-1], memory])
        return x[-1], tf.transpose(x, [1, 0, 2]), reached

    def block(self, x, kernel, recurrent_kernel, bias, h, c):
        """The states of all steps, the last memory, and the function for their gradient."""
        given = arguments(x, tf.concat([kernel, recurrent_kernel], axis=0), bias, h, c)
        steps = raw_ops.BlockLSTMV2(**given, cell_clip=0.0)

        def gradient(dh, dc):
            dc = tf.concat([tf.zeros_like(steps.cs[:-1]), dc[tf.newaxis]], axis=0)
            found = raw_ops.BlockLSTMGradV2(**given, **steps._asdict(), cs_grad=dc, h_grad=dh)
            split = tf.shape(kernel)[0]
            weights = found.w_grad[:split], found.w_grad[split:], found.b_grad
            return found.x_grad, *weights, found.h_prev_grad, found.cs_prev_grad

        return (steps.h, steps.cs[-1]), gradient


class BlockLoop(Block):
    """LSTMs by one kernel forward and a loop backward."""

    def block(self, x, kernel, recurrent_kernel, bias, h, c):
        given = arguments(x, tf.concat([kernel, recurrent_kernel], axis=0), bias, h, c)
        steps = raw_ops.BlockLSTMV2(**given, cell_clip=0.0)

        def gradient(dh, dc):
            dz, d_first, dc = backward(steps, x, turned(recurrent_kernel), bias, h, c, dh, dc)
            flat = tf.reshape(turned(dz), [-1, bias.shape[0]])
            before = tf.concat([h[tf.newaxis], steps.h[:-1]], axis=0)
            d_kernel, d_recurrent = (
                tf.matmul(tf.reshape(each, [-1, each.shape[-1]]), flat, transpose_a=True)
                for each in (x, before)
            )
            dx = tf.reshape(tf.matmul(flat, kernel, transpose_b=True), tf.shape(x))
            return dx, d_kernel, d_recurrent, tf.reduce_sum(flat, axis=0), d_first, dc

        return (steps.h, steps.cs[-1]), gradient


def arguments(x, weights, bias, h, c):
    none = tf.zeros([h.shape[-1]])
    peepholes = {"wci": none, "wcf": none, "wco": none, "use_peephole": False}
    length = tf.cast(tf.shape(x)[0], tf.int64)
    given = {"seq_len_max": length, "x": x, "w": weights, "b": bias, "h_prev": h, "cs_prev": c}
    return given | peepholes


def turned(numbers):
    """Gates i, f, g, o in the order i, g, f, o, or back."""
    i, f, g, o = tf.split(numbers, 4, axis=-1)
    return tf.concat([i, g, f, o], axis=-1)


def backward(steps, x, kernel, bias, h, c, d_states, dc):
    """The gradient of the gates at all steps, of h_0 and of c_0; gates in the order i, g, f, o."""
    before = tf.concat([c[tf.newaxis], steps.cs[:-1]], axis=0)
    given = arguments(x[0, :, :0], kernel, bias, h, c)
    del given["seq_len_max"]

    def step(t, dh, dc, kept):
        of_step = {name: value[t] for name, value in steps._asdict().items() if name != "h"}
        of_step |= {"cs_prev": before[t], "cs_grad": dc, "h_grad": d_states[t] + dh}
        found = raw_ops.LSTMBlockCellGrad(**(given | of_step))
        dh = tf.matmul(found.dicfo, kernel, transpose_b=True)
        return t - 1, dh, found.cs_prev_grad, kept.write(t, found.dicfo)

    count = tf.shape(x)[0]
    kept = tf.TensorArray(tf.float32, count, element_shape=[x.shape[1], bias.shape[0]])
    start = count - 1, tf.zeros_like(h), dc, kept
    _, dh, dc, kept = tf.while_loop(lambda t, *_: t >= 0, step, start)
    return kept.stack(), dh, dc


LOOPS = {
    "keras_gen": networks.RNN,
    "Keras": keras.layers.RNN,
    "autodiff": Differentiated,
    "written out": WrittenOut,
    "halves": Halves,
    "XLA": Compiled,
}
OF_LSTM = {"block": Block, "block, loop": BlockLoop}
