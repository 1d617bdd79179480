"""The entry points of a model: whatever reaches its training and evaluation is checked there."""

import inspect

import keras
import numpy as np
import tensorflow as tf

from keras_gen.data.looking import OUTSIDE, states
from keras_gen.losses.means import replicas
from keras_gen.models.batches import checked_batches, errors_of_batches
from keras_gen.models.inputs import (
    ARRAYS,
    check_arrays,
    check_class_weight,
    check_data,
    check_inputs,
)
from keras_gen.models.streams import FirstBatch, refusing
from keras_gen.models.watching import watched


class CheckedModel(keras.Model):
    """A `keras.Model` that checks data, weights and callbacks before it trains or evaluates.

    A subclass says with `expects()` what x and y are.
    """

    def expects(self):
        """What x and y are, a pair of `models.inputs.Expected`; `None` for a y that is ignored."""
        raise NotImplementedError

    def takes(self):
        """What `predict` takes, an `Expected` or a list of one for each input: here what x is."""
        return self.expects()[0]

    def check(self, x, y=None, sample_weight=None, name="x", used_up=None):
        """Raises a `ValueError` for data that `fit` cannot take; `name` is for its message.

        `used_up` is what looking at the first batch of a dataset would change and must not, by
        default all its `states`. If there are any, the batch is not looked at.
        """
        used_up = states(x) if used_up is None else used_up
        check_data(self.expects(), x, y, sample_weight, name, look=not used_up)

    def fit(self, *args, **kwargs):
        """Trains as `keras.Model.fit` does, after a check of the data.

        Sample weights count with and without a `y`: an example of weight 0 is as good as absent,
        and one of weight 2 counts as two. Class weights need labels.

        Raises:
            ValueError: for data of the wrong rank, shape or type, outside the declared range, not
                a number, or empty, for labels out of range, and for weights that are not one
                non-negative number for each example; before the first step. Batches after the first
                of a dataset, a `keras.utils.PyDataset` or a generator are checked when their turn
                comes: the error names the batch, and the batches before it have moved the weights.
        """
        given = inspect.signature(keras.Model.fit).bind(self, *args, **kwargs).arguments
        del given["self"]
        validation = given.get("validation_data")
        if validation is not None:
            trained = states(given.get("x")) | {OUTSIDE}
            accepted = self.accepted(*_parts(validation), "validation_data", trained)
            alone = not isinstance(validation, (tuple, list))
            given["validation_data"] = accepted[0] if alone else accepted
        class_weight = given.get("class_weight")
        if class_weight is not None:
            check_class_weight(self.expects()[1], given["x"], given.get("y"), class_weight)
        given |= self.accepted_by_name(given)
        if isinstance(given["x"], tf.data.Dataset):
            given.setdefault("shuffle", False)  # Keras warns that it cannot shuffle a dataset
        given["callbacks"] = watched(self, given.get("callbacks"))
        validation = _parts(given.get("validation_data"))[0]
        with refusing(self, given["x"], validation), errors_of_batches():
            return super().fit(**given)

    def evaluate(self, *args, **kwargs):
        """Evaluates as `keras.Model.evaluate` does, after the check that `fit` makes."""
        if kwargs.get("_use_cached_eval_dataset"):  # within `fit`, which has checked the data
            return super().evaluate(*args, **kwargs)
        given = inspect.signature(keras.Model.evaluate).bind(self, *args, **kwargs).arguments
        del given["self"]
        further = given.pop("kwargs", {})
        given |= self.accepted_by_name(given)
        with refusing(self, given["x"]), errors_of_batches():
            return super().evaluate(**given, **further)

    def accepted_by_name(self, given):
        """x, y and sample weights of a call, checked: a dict of what Keras receives."""
        names = ("x", "y", "sample_weight")
        return dict(zip(names, self.accepted(*(given.get(name) for name in names))))

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, **kwargs):
        """Takes a step as `keras.Model.train_on_batch` does, after a check of the batch."""
        check_arrays("x", x)
        if class_weight is not None:
            check_class_weight(self.expects()[1], x, y, class_weight)
        batch = self.accepted(x, y, sample_weight)
        return super().train_on_batch(*batch, class_weight=class_weight, **kwargs)

    def test_on_batch(self, x, y=None, sample_weight=None, **kwargs):
        """Evaluates as `keras.Model.test_on_batch` does, after a check of the batch."""
        check_arrays("x", x)
        return super().test_on_batch(*self.accepted(x, y, sample_weight), **kwargs)

    def predict(self, x, *args, **kwargs):
        """Predicts as `keras.Model.predict` does, after a check of x.

        Raises:
            ValueError: for x of the wrong rank, shape or type, outside the declared range, not a
                number, or empty; the graphs of later calls are not affected.
        """
        x = self.accepted_inputs(x)
        with refusing(self, x), errors_of_batches():
            return super().predict(x, *args, **kwargs)

    def predict_on_batch(self, x):
        """Predicts as `keras.Model.predict_on_batch` does, after a check of x."""
        check_arrays("x", x)
        return super().predict_on_batch(self.accepted_inputs(x))

    def predict_step(self, data):
        """What `predict` returns for a batch; a replica without an example computes one of zeros,
        because some layers need one, and returns none of it."""
        if replicas() == 1:
            return super().predict_step(data)
        parts = tf.nest.flatten(keras.utils.unpack_x_y_sample_weight(data)[0])
        count = tf.shape(parts[0])[0]
        missing = tf.cast(tf.equal(count, 0), tf.int32)
        ones = [tf.zeros([missing, *part.shape[1:]], part.dtype) for part in parts]
        filled = [tf.concat(pair, axis=0) for pair in zip(parts, ones)]
        x = filled if len(filled) > 1 else filled[0]
        return tf.nest.map_structure(lambda part: part[:count], super().predict_step((x,)))

    def accepted_inputs(self, x):
        """The inputs of `predict` as Keras receives them, after a check."""
        expected = self.takes()
        several = isinstance(expected, list)
        if isinstance(x, (list, tuple)) or (several and isinstance(x, ARRAYS)):
            inputs = list(x) if isinstance(x, (list, tuple)) else [x]
            check_inputs(expected if several else [expected], inputs)
            return inputs if several else inputs[0]
        return x if several else self.accepted(x, expects=(expected, None))[0]

    def accepted(self, x, y=None, sample_weight=None, name="x", kept=None, expects=None):
        """The data as Keras receives them, after a check: `(x, y, sample_weight)`.

        They are what `expects` says, by default what `fit` takes.

        A dataset that a look would change is checked on its way to training. For validation data
        only the states in `kept` count: a change of their own order does not affect training, so
        they are looked at, and refused before it.

        Keras drops weights that come without a `y`, so a stand-in for it is put in: x, where that
        is the target, and otherwise zeros, which every model ignores.
        """
        expects = self.expects() if expects is None else expects
        used_up = states(x) if kept is None else states(x) & kept
        check_data(expects, x, y, sample_weight, name, look=not used_up)
        if used_up:
            x = FirstBatch(expects, name).of(x)
        x = checked_batches(expects, x, name)
        if sample_weight is not None:
            sample_weight = np.reshape(np.asarray(sample_weight, "float32"), [-1])
            if y is None:
                y = np.zeros(len(sample_weight), "int8") if expects[1] is None else x
        return x, y, sample_weight

    def _make_function(self, step_function):
        """Keras's function of a step, with a step that begins only when its batch has arrived.

        Where the data end, or hold a bad batch, Keras begins a step without one. What needs no
        batch, such as drawing random numbers or counting steps, must not happen then.
        """

        def step(data):
            parts = [part for part in tf.nest.flatten(data) if tf.is_tensor(part)]
            with tf.control_dependencies([tf.group(*parts)]):
                return step_function(data)

        return super()._make_function(step)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Takes no batch to build the model from, as Keras does under a strategy: it is built."""


def _parts(data):
    """x, y and sample weights of `validation_data`."""
    return (*data, None, None)[:3] if isinstance(data, (tuple, list)) else (data, None, None)
