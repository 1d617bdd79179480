"""LSTM and GRU over whole sequences, with backward passes written by hand.

The product of all inputs with their kernel, x = inputs K + b, is taken at once, before the loop.
Each step then waits for one product only, that of the state before it:

    z_t = x_t + h_{t-1} R

Backward, the loop computes no more than what must wait for the step after it,

    dh_{t-1} = dz_t R^T + ...

and the gradient of the weights is one product over all steps and sequences when it is done:

    dR = sum_t h_{t-1}^T dz_t

Automatic differentiation takes that product and a sum in every step instead. Gradients of these
gradients are TensorFlow's own. All tensors begin with the steps: (steps, batch, numbers).
"""

import tensorflow as tf
from tensorflow.raw_ops import SigmoidGrad, TanhGrad  # y' dy of y = sigma(x), y = tanh(x)


def lstm(x, kernel, h, c, training=True, unroll=False):
    """The states of an LSTM, whose gates are in Keras's order.

        i, f, g, o = sigma, sigma, tanh, sigma of z_t,   c_t = c_{t-1} f + g i,   h_t = o tanh(c_t)

    Args:
        x: (steps, batch, 4 units), the part of z that comes from the inputs.
        kernel: R, (units, 4 units).
        h: (batch, units), the state before the first step.
        c: (batch, units), the memory before the first step.
        training: whether a gradient is to be expected, see `Loop`.
        unroll: whether to write the steps out instead of looping over them.

    Returns:
        Every h_t, (steps, batch, units), and the last c_t.
    """
    return Loop(x, training, unroll).differentiable(_lstm, x, kernel, h, c)


def _lstm(loop, x, kernel, h, c):
    def step(now, h, c):
        (x,) = now
        i, f, g, o = tf.split(x + tf.matmul(h, kernel), 4, axis=1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        new = f * c + i * g
        y = tf.tanh(new)
        return (o * y, new), (i, f, g, o, c, y, o * y)

    def back(now, dh, dc):
        i, f, g, o, c, y, from_above = now
        dh = from_above + dh
        dc = dc + TanhGrad(y=y, dy=dh * o)
        di, df = SigmoidGrad(y=i, dy=dc * g), SigmoidGrad(y=f, dy=dc * c)
        dg, do = TanhGrad(y=g, dy=dc * i), SigmoidGrad(y=o, dy=dh * y)
        dz = tf.concat([di, df, dg, do], axis=1)
        return (tf.matmul(dz, kernel, transpose_b=True), dc * f), (dz,)

    units = kernel.shape[0]
    (_, last), (*kept, states) = loop.run(step, [loop.parts(x)], (h, c), [units] * 7)
    states = loop.whole(states)

    def gradient(d_states, d_last):
        inputs = [*kept, loop.parts(d_states)]
        start = (tf.zeros_like(h), d_last)
        (dh, dc), (dz,) = loop.run(back, inputs, start, [4 * units], backwards=True)
        dz = loop.whole(dz)
        return dz, over_all_steps(before(states, h), dz), dh, dc

    return (states, last), gradient


def gru(x, kernel, bias, h, training=True, unroll=False):
    """The states of a GRU that resets after the product, as Keras's does by default.

        m_t = h_{t-1} R + b,   u, r = sigma of the first two parts of x_t + m_t
        g = tanh(x_g + r m_g),   h_t = u h_{t-1} + (1 - u) g

    Args:
        x: (steps, batch, 3 units), what comes from the inputs: of u, of r and of g.
        kernel: R, (units, 3 units).
        bias: b, (3 units,).
        h: (batch, units), the state before the first step.
        training: whether a gradient is to be expected, see `Loop`.
        unroll: whether to write the steps out instead of looping over them.

    Returns:
        Every h_t, (steps, batch, units).
    """
    return Loop(x, training, unroll).differentiable(_gru, x, kernel, bias, h)


def _gru(loop, x, kernel, bias, h):
    def step(now, h):
        (x,) = now
        x_u, x_r, x_g = tf.split(x, 3, axis=1)
        u, r, m = tf.split(tf.matmul(h, kernel) + bias, 3, axis=1)
        u, r = tf.sigmoid(x_u + u), tf.sigmoid(x_r + r)
        g = tf.tanh(x_g + r * m)
        new = u * h + (1 - u) * g
        return (new,), (u, r, g, m, h, new)

    def back(now, dh):
        u, r, g, m, h, from_above = now
        dh = from_above + dh
        du, dg = SigmoidGrad(y=u, dy=dh * (h - g)), TanhGrad(y=g, dy=dh * (1 - u))
        dr, dm = SigmoidGrad(y=r, dy=dg * m), dg * r
        dz = tf.concat([du, dr, dm], axis=1)
        return (dh * u + tf.matmul(dz, kernel, transpose_b=True),), (dz, dg)

    units = kernel.shape[0]
    _, (*kept, states) = loop.run(step, [loop.parts(x)], (h,), [units] * 6)
    states = loop.whole(states)

    def gradient(d_states):
        inputs, start = [*kept, loop.parts(d_states)], (tf.zeros_like(h),)
        (dh,), (dz, dg) = loop.run(back, inputs, start, [3 * units, units], backwards=True)
        dz, dg = loop.whole(dz), loop.whole(dg)
        dx = tf.concat([dz[..., : 2 * units], dg], axis=-1)
        d_kernel = over_all_steps(before(states, h), dz)
        return dx, d_kernel, tf.reduce_sum(dz, axis=[0, 1]), dh

    return states, gradient


def gru_reset_before(x, kernel, h, training=True, unroll=False):
    """The states of a GRU that resets before the product, as in its first paper.

        u, r = sigma of the first two parts of x_t + h_{t-1} R
        g = tanh(x_g + (r h_{t-1}) R_g),   h_t = u h_{t-1} + (1 - u) g

    The arguments are those of `gru`, without a bias; so is what it returns.
    """
    return Loop(x, training, unroll).differentiable(_gru_reset_before, x, kernel, h)


def _gru_reset_before(loop, x, kernel, h):
    units = kernel.shape[0]
    gates, candidate = kernel[:, : 2 * units], kernel[:, 2 * units :]

    def step(now, h):
        (x,) = now
        u, r = tf.split(tf.sigmoid(x[:, : 2 * units] + tf.matmul(h, gates)), 2, axis=1)
        g = tf.tanh(x[:, 2 * units :] + tf.matmul(r * h, candidate))
        new = u * h + (1 - u) * g
        return (new,), (u, r, g, h, r * h, new)

    def back(now, dh):
        u, r, g, h, from_above = now
        dh = from_above + dh
        du, dg = SigmoidGrad(y=u, dy=dh * (h - g)), TanhGrad(y=g, dy=dh * (1 - u))
        dq = tf.matmul(dg, candidate, transpose_b=True)  # q = r h
        du_dr = tf.concat([du, SigmoidGrad(y=r, dy=dq * h)], axis=1)
        dh = dh * u + dq * r + tf.matmul(du_dr, gates, transpose_b=True)
        return (dh,), (tf.concat([du_dr, dg], axis=1),)

    _, (*kept, states) = loop.run(step, [loop.parts(x)], (h,), [units] * 6)
    states = loop.whole(states)

    def gradient(d_states):
        *of_steps, reset = kept
        inputs, start = [*of_steps, loop.parts(d_states)], (tf.zeros_like(h),)
        (dh,), (dx,) = loop.run(back, inputs, start, [3 * units], backwards=True)
        dx = loop.whole(dx)
        d_gates = over_all_steps(before(states, h), dx[..., : 2 * units])
        d_candidate = over_all_steps(loop.whole(reset), dx[..., 2 * units :])
        return dx, tf.concat([d_gates, d_candidate], axis=1), dh

    return states, gradient


def before(states, first):
    """h_0 ... h_{T-1} of h_1 ... h_T and h_0."""
    return tf.concat([first[tf.newaxis], states[:-1]], axis=0)


def over_all_steps(left, right):
    """sum_t left_t^T right_t, as one product over steps and sequences."""
    left, right = (tf.reshape(each, [-1, each.shape[-1]]) for each in (left, right))
    return tf.matmul(left, right, transpose_a=True)


class Loop:
    """A loop over the steps of a sequence, symbolic or written out.

    Args:
        x: any tensor (steps, batch, numbers), which says how many steps there are.
        training: whether to keep what the backward pass by hand needs. Without, there is no such
            pass and nothing is kept but the states: a gradient is TensorFlow's own then, and a
            SavedModel, which cannot hold what such a pass takes from the forward one, has none.
        unroll: whether to write the steps out; their number must be known then.
    """

    def __init__(self, x, training, unroll):
        self.steps = tf.shape(x)[0] if x.shape[0] is None else x.shape[0]
        self.batch, self.dtype = x.shape[1], x.dtype
        self.training, self.unroll = training, unroll

    def differentiable(self, equations, *tensors):
        """What the equations give for these tensors, with their gradient where it is by hand."""
        if not self.training:
            return equations(self, *tensors)[0]
        return tf.custom_gradient(lambda *inputs: equations(self, *inputs))(*tensors)

    def parts(self, x):
        """What `run` reads step by step."""
        return tf.unstack(x) if self.unroll else self.array(x.shape[-1]).unstack(x)

    def whole(self, kept):
        """The tensor (steps, batch, numbers) of what `run` kept."""
        return tf.stack(kept) if self.unroll else kept.stack()

    def array(self, width):
        shape = [self.batch, width]
        return tf.TensorArray(self.dtype, self.steps, element_shape=shape, clear_after_read=False)

    def run(self, step, inputs, states, widths, backwards=False):
        """Takes every step.

        Args:
            step: function from the tuple of a step's inputs, and the states, to the tuple of the
                next states and the tuple of what to keep, of which the last is kept always.
            inputs: list of `parts`, or of what an earlier run kept.
            states: tuple of tensors (batch, numbers).
            widths: how many numbers of each kind a step keeps.
            backwards: whether to begin with the last step.

        Returns:
            The last states, and what was kept at every step, in the order of the sequence.
        """
        if self.unroll:
            return self.written_out(step, inputs, states, backwards)
        widths = widths if self.training else widths[-1:]

        def body(count, states, kept):
            t = self.steps - 1 - count if backwards else count
            states, values = step(tuple(each.read(t) for each in inputs), *states)
            kept = [array.write(t, value) for array, value in zip(kept, values[-len(kept) :])]
            return count + 1, states, kept

        def unfinished(count, *_):
            return count < self.steps

        start = 0, tuple(states), [self.array(width) for width in widths]
        _, states, kept = tf.while_loop(unfinished, body, start, maximum_iterations=self.steps)
        return states, kept

    def written_out(self, step, inputs, states, backwards):
        kept = []
        for now in list(zip(*inputs))[:: -1 if backwards else 1]:
            states, values = step(now, *states)
            kept.append(values)
        return states, list(zip(*kept[:: -1 if backwards else 1]))
