"""What every model of the library shares: one place that owns a tape, one training step, exact
saving."""

import collections.abc
import inspect

import keras
import numpy as np
import tensorflow as tf

from keras_gen.files import replacing
from keras_gen.images import to_uint8
from keras_gen.losses.means import replicas, share
from keras_gen.models.inputs import check_class_weight, check_data, checked_stream
from keras_gen.models.use import Graphs, asserted, seed_of
from keras_gen.state import random_states_of

REPLICA_STRIDE = 0x3C6EF372  # keeps the replicas' seeds far apart


def descend(loss, variables, optimizer, precondition=None):
    """One optimizer step of `variables`, and of nothing else, down the gradient of a loss.

        w <- w - step(dL / dw)

    Args:
        loss: function without arguments that returns the scalar loss.
        variables: the variables that move.
        optimizer: a built Keras optimizer; it scales its own loss in half precision. Under a
            distribution strategy gradients are summed over the replicas, so each contributes its
            share of the mean.
        precondition: linear function from the list of gradients to the list that the optimizer
            gets, or `None`.

    Returns:
        The value of the loss before the step.
    """
    with tf.GradientTape() as tape:
        value = loss()
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        scaled = optimizer.scale_loss(value / replicas)
    gradients = tape.gradient(scaled, variables)
    if precondition is not None:
        gradients = precondition(gradients)
    # Everything is read before anything moves. In a graph a read may come late, and TensorFlow's
    # graph optimizer drops its order before a later write if it believes that to be implied.
    computed = tf.group(value, *[gradient for gradient in gradients if gradient is not None])
    with tf.control_dependencies([computed]):
        optimizer.apply(gradients, variables)
    return value


class GenerativeModel(keras.Model):
    """A `keras.Model` that checks its data, logs means, saves everything and resumes exactly.

        w <- w - step(d objective(constants) / dw),    w = parameters()

    A subclass stores every `__init__` argument under its own name; configuration, sub-networks
    included, then follows from the signature. `tracked` names the quantities of the epoch logs,
    `expects()` what `fit` takes, and `objective` the loss; what a step draws or makes before it
    knows its loss comes from `constants`.

    What a model does for a user is a verb, which takes and returns NumPy arrays. Its twin on
    tensors is named by the participle: `generate` and `generated`, `encode` and `encoded`,
    `classify` and `classified`. Training and the exported endpoints use the twins.

    Args:
        value_range: closed interval that the data must lie in, or `None` for any finite values.
        seed: integer, start of the model's random numbers, or `None` for a new one each time.
    """

    tracked = ()

    def __init__(self, value_range=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.value_range = None if value_range is None else tuple(value_range)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.trackers = {name: keras.metrics.Mean(name=name) for name in self.tracked}

    # Configuration

    def get_config(self):
        config = super().get_config()
        for name in _own_arguments(type(self)):
            config[name] = keras.saving.serialize_keras_object(getattr(self, name))
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**_deserialized(config, custom_objects))

    def compile(self, optimizer, **kwargs):
        """Configures training; the loss is the model's own.

        Args:
            optimizer: a Keras optimizer.
            **kwargs: for `keras.Model.compile`: `jit_compile`, `run_eagerly`,
                `steps_per_execution`.
        """
        self.compile_players({}, {"optimizer": (optimizer, self.parameters())}, **kwargs)

    def parameters(self):
        """The variables that training moves."""
        return self.trainable_variables

    def compile_players(self, arguments, players, **kwargs):
        """Compiles with one optimizer per player, each built on its player's variables.

        Args:
            arguments: dict, everything that `compile` got, as it is to be saved.
            players: dict from the attribute that shall hold an optimizer to the pair
                `(optimizer, variables)`.
            **kwargs: for `keras.Model.compile`: `jit_compile`, `run_eagerly`,
                `steps_per_execution`.
        """
        super().compile(optimizer=None, loss=None, **kwargs)
        self._loss_tracker = None  # this library's models bring their own trackers
        for name, (optimizer, variables) in players.items():
            optimizer = keras.optimizers.get(optimizer)
            arguments = {**arguments, name: optimizer}
            if self.dtype_policy.name == "mixed_float16" and not isinstance(
                optimizer, keras.optimizers.LossScaleOptimizer
            ):
                optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
            if not optimizer.built:
                optimizer.build(variables)
            setattr(self, name, optimizer)
        self._compile_arguments = {**arguments, **kwargs}

    def get_compile_config(self):
        if not self.compiled or not hasattr(self, "_compile_arguments"):
            return super().get_compile_config()
        return {
            name: keras.saving.serialize_keras_object(value)
            for name, value in self._compile_arguments.items()
        }

    def compile_from_config(self, config):
        if type(self).compile is keras.Model.compile:
            super().compile_from_config(config)
        else:
            self.compile(**_deserialized(config))

    # Saving

    def save(self, filepath, overwrite=True, **kwargs):
        """Saves as `keras.Model.save` does; an older file stays whole until the new one is."""
        if not overwrite:
            return super().save(filepath, overwrite=False, **kwargs)
        with replacing(filepath) as temporary:
            super().save(temporary, **kwargs)

    def save_own_variables(self, store):
        super().save_own_variables(store)
        for index, state in enumerate(random_states_of(self)):
            store[f"random_state_{index}"] = state

    def load_own_variables(self, store):
        states = random_states_of(self)
        for index, state in enumerate(states):
            state.assign(store[f"random_state_{index}"])
        names = [name for name in store.keys() if not name.startswith("random_state_")]
        super().load_own_variables({name: store[name] for name in names})

    # Training

    def expects(self):
        """What x and y are, a pair of `models.inputs.Expected`; `None` for a y not looked at."""
        raise NotImplementedError

    def check(self, x, y=None, sample_weight=None, name="x"):
        """Raises a `ValueError` for data that `fit` cannot take; `name` is for its message."""
        check_data(self.expects(), x, y, sample_weight, name)

    def fit(self, *args, **kwargs):
        """Trains as `keras.Model.fit` does, after a check of the data.

        Sample weights count with and without a `y`: an example of weight 0 is as good as absent,
        and one of weight 2 counts as two. Class weights need labels.

        Raises:
            ValueError: for data of the wrong rank, shape or type, outside the declared range, not
                a number, or empty, for labels out of range, and for weights that are not one
                number from 0 on for each example; before the first step.
        """
        given = inspect.signature(keras.Model.fit).bind(self, *args, **kwargs).arguments
        del given["self"]
        validation = given.get("validation_data")
        if validation is not None:
            given["validation_data"] = self.accepted(*_parts(validation), name="validation_data")
        class_weight = given.get("class_weight")
        if class_weight is not None:
            check_class_weight(self.expects()[1], given["x"], given.get("y"), class_weight)
        given |= self.accepted_by_name(given)
        if isinstance(given["x"], tf.data.Dataset):
            given.setdefault("shuffle", False)  # Keras warns that it cannot shuffle a dataset
        return super().fit(**given)

    def evaluate(self, *args, **kwargs):
        """Evaluates as `keras.Model.evaluate` does, after the check that `fit` makes."""
        if kwargs.get("_use_cached_eval_dataset"):  # within `fit`, which has checked the data
            return super().evaluate(*args, **kwargs)
        given = inspect.signature(keras.Model.evaluate).bind(self, *args, **kwargs).arguments
        del given["self"]
        further = given.pop("kwargs", {})
        return super().evaluate(**given | self.accepted_by_name(given), **further)

    def accepted_by_name(self, given):
        """x, y and sample weights of a call, checked: a dict of what Keras is to get."""
        names = ("x", "y", "sample_weight")
        return dict(zip(names, self.accepted(*(given.get(name) for name in names))))

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, **kwargs):
        """Takes a step as `keras.Model.train_on_batch` does, after a check of the batch."""
        if class_weight is not None:
            check_class_weight(self.expects()[1], x, y, class_weight)
        batch = self.accepted(x, y, sample_weight)
        return super().train_on_batch(*batch, class_weight=class_weight, **kwargs)

    def test_on_batch(self, x, y=None, sample_weight=None, **kwargs):
        """Evaluates as `keras.Model.test_on_batch` does, after a check of the batch."""
        return super().test_on_batch(*self.accepted(x, y, sample_weight), **kwargs)

    def accepted(self, x, y=None, sample_weight=None, name="x"):
        """The data as Keras is to get them, after a check: `(x, y, sample_weight)`.

        Keras drops weights that come without a `y`, so a stand-in for it is put in: x, where that
        is the target, and otherwise zeros, which no model looks at.
        """
        self.check(x, y, sample_weight, name)
        if isinstance(x, collections.abc.Iterator):
            x = checked_stream(self.expects(), x)
        if sample_weight is not None:
            sample_weight = np.reshape(np.asarray(sample_weight, "float32"), [-1])
            if y is None:
                y = np.zeros(len(sample_weight), "int8") if self.expects()[1] is None else x
        return x, y, sample_weight

    def constants(self, data, training):
        """What the objective takes as given: the batch itself, or what is drawn or made from it.

        It is computed before the tape begins, so no gradient goes through it.

        Args:
            data: a batch of `fit()`, as Keras delivers it.
            training: whether a step of training follows.
        """
        return data

    def objective(self, constants, training):
        """The scalar that `parameters()` descend, float32; adds to the epoch means of the logs.

        Args:
            constants: what `constants(data, training)` returned.
            training: whether layers are to behave as in training.
        """
        raise NotImplementedError

    precondition = None  # linear function of the list of gradients; see `descend`

    def after_step(self, constants, loss):
        """What follows when the weights have moved; `loss` is that of before."""

    def train_step(self, data):
        constants = self.constants(data, training=True)
        loss = descend(
            lambda: self.objective(constants, training=True),
            self.parameters(),
            self.optimizer,
            self.precondition,
        )
        self.after_step(constants, loss)
        return self.tracked_results()

    def test_step(self, data):
        self.objective(self.constants(data, training=False), training=False)
        return self.tracked_results()

    @property
    def graphs(self):
        """The methods on tensors as graphs, each traced once; see `models.use.Graphs`."""
        if "_graphs" not in vars(self):
            self._graphs = Graphs(self)
        return self._graphs

    def sample_endpoints(self, sample, *arguments, num_classes=None):
        """The endpoint `sample` and, where the range is declared, `sample_uint8`.

        Both fail for a `count` that is not positive and for a `label` that is no class.

        Args:
            sample: function from tensors to generated examples.
            *arguments: the `tf.TensorSpec`s of these tensors.
            num_classes: number of classes, where a `label` is among them.

        Returns:
            Dict for `endpoints`: name -> (function, input signature).
        """
        sample = asserted(sample, arguments, num_classes)

        def sample_uint8(*tensors):
            return to_uint8(sample(*tensors), self.value_range)

        functions = {"sample": sample}
        if self.value_range is not None:
            functions["sample_uint8"] = sample_uint8
        return {name: (function, list(arguments)) for name, function in functions.items()}

    def seeded(self, seed):
        """An integer tensor of shape (2,) for stateless random numbers.

        Args:
            seed: integer of 32 bits with a sign, or `None` for the next one of the model's own
                random numbers.
        """
        return self.next_seed() if seed is None else tf.constant([seed_of(seed), 0], tf.int32)

    def next_seed(self):
        """The next seed, an integer tensor of shape (2,), different on every replica."""
        seed = tf.cast(self.seed_generator.next(), tf.int32)
        context = tf.distribute.get_replica_context()
        if context is None or context.num_replicas_in_sync == 1:
            return seed
        return seed + tf.stack([REPLICA_STRIDE * context.replica_id_in_sync_group, 0])

    def unpacked(self, data):
        """What a batch of `fit()` holds: x, y or `None`, and the weights of the examples.

        Returns:
            x, y and a float32 tensor (batch,), or `None` for equal weights. Several replicas get
            weights always, because their shares of a batch may differ, and a replica without an
            example gets one of weight 0, because layers cannot do without.
        """
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        if weight is not None:
            weight = tf.reshape(tf.cast(weight, tf.float32), [-1])
        if replicas() > 1:
            if weight is None:
                weight = tf.ones([tf.shape(tf.nest.flatten(x)[0])[0]])
            missing = tf.cast(tf.equal(tf.size(weight), 0), tf.int32)

            def filled(part):
                one = tf.zeros([missing, *part.shape[1:]], part.dtype)
                return tf.concat([part, one], axis=0)

            x, weight = tf.nest.map_structure(filled, (x, weight))
            y = None if y is None else filled(y)
        return x, y, weight

    def track(self, examples, weight=None, **values):
        """Adds this step's values to the epoch means of the logs, which are means over examples.

        Args:
            examples: tensor, batch first, whose examples count.
            weight: their weights (batch,), or `None` for equal ones.
            **values: numbers by their name: scalars are means over the batch, others have one
                number or more for each example.
        """
        if weight is None:
            weight = tf.ones([tf.shape(examples)[0]])
        for name, value in values.items():
            value = tf.cast(value, tf.float32)
            if value.shape.rank == 0:
                self.trackers[name].update_state(value, sample_weight=share(weight))
            else:
                value = tf.reduce_mean(tf.reshape(value, [tf.shape(value)[0], -1]), axis=1)
                self.trackers[name].update_state(value, sample_weight=weight)

    def tracked_results(self):
        """The epoch means so far, by name."""
        results = {name: tracker.result() for name, tracker in self.trackers.items()}
        if isinstance(self.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy):
            # Keras concatenates the workers' logs there, which needs an axis.
            results = {name: tf.expand_dims(value, 0) for name, value in results.items()}
        return results


def _own_arguments(model_class):
    """Names of the `__init__` arguments of a model class and its bases in this library."""
    bases = model_class.__mro__[: model_class.__mro__.index(GenerativeModel) + 1]
    names = [name for base in bases for name in inspect.signature(base.__init__).parameters]
    return [name for name in dict.fromkeys(names) if name not in ("self", "args", "kwargs")]


def _deserialized(config, custom_objects=None):
    return {
        name: keras.saving.deserialize_keras_object(value, custom_objects)
        if isinstance(value, (dict, list))
        else value
        for name, value in config.items()
    }


def _parts(data):
    """x, y and sample weights of `validation_data`."""
    return (*data, None, None)[:3] if isinstance(data, (tuple, list)) else (data, None, None)
