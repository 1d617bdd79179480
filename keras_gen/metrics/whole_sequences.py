"""Which sequences are right from the first step to the last."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_gen")
def whole_sequences(y_true, y_pred):
    """One for a sequence whose every step is right, zero for any other.

    A metric for `compile`, which averages it.

    Args:
        y_true: integers (batch, steps).
        y_pred: probabilities or logits (batch, steps, classes).

    Returns:
        float32 tensor (batch,).
    """
    read = ops.argmax(y_pred, axis=-1)
    return ops.cast(ops.all(ops.equal(ops.cast(y_true, read.dtype), read), axis=-1), "float32")
