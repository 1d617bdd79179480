"""What every model of the library shares: one place that owns a tape, one training step, exact
saving."""

import inspect

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error
from keras_gen.files import replacing
from keras_gen.images import to_uint8
from keras_gen.models.adjusting import Adjustable
from keras_gen.models.checked import CheckedModel
from keras_gen.models.compiling import check_options, check_players, checked_optimizer
from keras_gen.models.epoch_means import EpochMeans
from keras_gen.models.mismatches import loading
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
            receives, or `None`.

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
    # graph optimizer drops the order of a read and a later write where it believes it implied.
    computed = tf.group(value, *[gradient for gradient in gradients if gradient is not None])
    with tf.control_dependencies([computed]):
        optimizer.apply(gradients, variables)
    return value


class GenerativeModel(Adjustable, EpochMeans, CheckedModel):
    """A `keras.Model` that checks its data, logs means, saves everything and resumes exactly.

        w <- w - step(d objective(constants) / dw),    w = parameters()

    A subclass stores every `__init__` argument under its own name; configuration, sub-networks
    included, then follows from the signature. `tracked` names the quantities of the epoch logs,
    `expects()` what `fit` takes, and `objective` the loss; what a step draws or makes before it
    knows its loss comes from `constants`.

    What a model does for a user is a verb, which takes and returns NumPy arrays. Its twin on
    tensors is named by the participle: `generate` and `generated`, `encode` and `encoded`,
    `classify` and `classified`. Training and the exported endpoints use the twins.

    A number among the arguments takes effect when it is set again, in a callback too, or setting it
    raises; see `Adjustable`.

    Args:
        value_range: closed interval that the data must lie in, or `None` for any finite values.
        seed: integer, start of the model's random numbers, or `None` for a new one each time.
    """

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
        with loading():
            return cls(**_deserialized(config, custom_objects))

    def compile(self, optimizer, loss=None, **kwargs):
        """Configures training; the loss is the model's own.

        Args:
            optimizer: a Keras optimizer.
            loss: `None`: the loss is the model's own.
            **kwargs: for `keras.Model.compile`: `jit_compile`, `run_eagerly`,
                `steps_per_execution`.

        Raises:
            ValueError: for something that is not an optimizer, was built for other variables or has
                nothing to train, and for a loss or metrics.
        """
        options = check_options({"loss": loss, **kwargs})
        self.compile_players({}, {"optimizer": (optimizer, self.parameters())}, **options)

    def parameters(self):
        """The variables that training moves."""
        return self.trainable_variables

    def compile_players(self, arguments, players, **kwargs):
        """Compiles with one optimizer per player, each built on its player's variables.

        Args:
            arguments: dict, all arguments of `compile`, as they are saved.
            players: dict from the attribute that will hold an optimizer to the pair
                `(optimizer, variables)`.
            **kwargs: for `keras.Model.compile`: `jit_compile`, `run_eagerly`,
                `steps_per_execution`.
        """
        kwargs = check_options(kwargs)
        check_players(players)
        optimizers = {name: checked_optimizer(name, *player) for name, player in players.items()}
        super().compile(optimizer=None, loss=None, **kwargs)
        self._loss_tracker = None  # this library's models bring their own trackers
        for name, (_, variables) in players.items():
            optimizer = optimizers[name]
            arguments = {**arguments, name: optimizer}
            if self.dtype_policy.name == "mixed_float16" and not isinstance(
                optimizer, keras.optimizers.LossScaleOptimizer
            ):
                optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
            if not optimizer.built:
                optimizer.build(variables)
            setattr(self, name, optimizer)
        self._compile_arguments = {**arguments, **kwargs}
        self._compiled_for = [id(variable) for variable in self.trainable_variables]

    def get_compile_config(self):
        if not self.compiled or not hasattr(self, "_compile_arguments"):
            return super().get_compile_config()
        return {
            name: keras.saving.serialize_keras_object(value)
            for name, value in self._compile_arguments.items()
        }

    def adjusted(self, name, value):
        if name in getattr(self, "_compile_arguments", ()):
            self._compile_arguments[name] = value
        super().adjusted(name, value)

    def compile_from_config(self, config):
        with loading():
            self.compile(**_deserialized(config))

    # Saving

    def save(self, filepath, overwrite=True, **kwargs):
        """Saves as `keras.Model.save` does; an older file stays until the new one is whole."""
        if not overwrite:
            return super().save(filepath, overwrite=False, **kwargs)
        with replacing(filepath, name="filepath") as temporary:
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

    def make_train_function(self, force=False):
        """Makes the function that Keras trains with, if `trainable` is what it was at `compile`."""
        compiled_for = getattr(self, "_compiled_for", None)
        now = [id(variable) for variable in self.trainable_variables]
        if compiled_for is not None and set(compiled_for) != set(now):
            raise argument_error(
                "trainable",
                "the variables that were trainable at `compile`: compile again, with new "
                "optimizers, after a change of `trainable`",
                received=f"{len(now)} trainable variables instead of {len(compiled_for)}",
            )
        return super().make_train_function(force)

    precondition = None  # linear function of the list of gradients; see `descend`

    def after_step(self, constants, loss):
        """What happens after the weights have moved; `loss` is the loss before that."""

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

        Both fail for a `count` that is not positive and for a `label` that is not a class.

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
            seed: signed 32-bit integer, or `None` for the next one of the model's own random
                numbers.
        """
        return self.next_seed() if seed is None else tf.constant([seed_of(seed), 0], tf.int32)

    def next_seed(self):
        """The next seed, an integer tensor of shape (2,), different on every replica."""
        seed = tf.cast(self.seed_generator.next(), tf.int32)
        context = tf.distribute.get_replica_context()
        if context is None or context.num_replicas_in_sync == 1:
            return seed
        return seed + tf.stack([REPLICA_STRIDE * context.replica_id_in_sync_group, 0])


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
