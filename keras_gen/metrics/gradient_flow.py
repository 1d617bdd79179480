"""How much of a gradient arrives at the early steps of a sequence."""

import tensorflow as tf


def state_gradient_norms(layer, sequences, loss):
    """The norm of the gradient of the last step's loss with respect to every step's state.

        norm_t = |dL_T/ds_t|,   dL_T/ds_t = dL_T/ds_T J_T J_{T-1} ... J_{t+1},   J_k = ds_k/ds_{k-1}

    where s_t is all that a layer carries from step t to the next: h_t, and for an LSTM (h_t, c_t).
    The weights learn from step t only through this gradient. If the factors are smaller than one,
    it vanishes for early steps; if they are larger, it explodes. The Jacobians are never formed:
    the gradient goes back through the unrolled steps, as in backpropagation through time.

    Args:
        layer: a Keras recurrent layer (`SimpleRNN`, `LSTM`, `GRU`, `RNN`) or cell.
        sequences: array (batch, steps, features).
        loss: function from the last h_T (batch, units) to a loss per sequence (batch,).

    Returns:
        float64 array (batch, steps) of norms, for s_1 ... s_T.
    """
    cell = getattr(layer, "cell", layer)
    sequences = tf.convert_to_tensor(sequences)
    states = cell.get_initial_state(batch_size=len(sequences))
    reached = []
    with tf.GradientTape() as tape:
        tape.watch(states)
        for x in tf.unstack(sequences, axis=1):
            _, new = cell(x, states)
            # Copies, so that h_T and c_T count as two variables though one is made from the other.
            states = tf.nest.map_structure(tf.identity, list(new))
            reached.append(tf.nest.flatten(states))
        value = tf.reduce_sum(loss(reached[-1][0]))
    unconnected = tf.UnconnectedGradients.ZERO  # the last memory of an LSTM
    gradients = tape.gradient(value, reached, unconnected_gradients=unconnected)
    # In float64, because the squares of small float32 numbers are zero.
    flat = [tf.cast(tf.concat(step, axis=1), tf.float64) for step in gradients]
    return tf.stack([tf.norm(step, axis=1) for step in flat], axis=1).numpy()
