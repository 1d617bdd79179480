"""The autoencoder: an encoder, a decoder, and the input as its own target."""

import math

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, integer
from keras_gen.losses.means import TINY, replicas, share
from keras_gen.models.base import GenerativeModel
from keras_gen.models.compiling import OPTIONS, check_options, check_players, checked_optimizer
from keras_gen.models.endings import check_logits, check_range_reached, ending
from keras_gen.models.inputs import Images
from keras_gen.models.mismatches import loading, refuse
from keras_gen.models.use import Codes, checked, checked_example, in_batches


@keras.saving.register_keras_serializable("keras_gen")
class Autoencoder(GenerativeModel):
    """An encoder and a decoder that learn to copy the input through a code.

        code = encoder(x),  reconstruction = decoder(code),  loss(x, reconstruction) -> min

    It is compiled like any Keras model (`optimizer`, `loss`, `metrics`). `fit(x)` takes the input
    as its target; `fit(x, y)` takes `y`.

    Args:
        encoder: functional or sequential model from examples to codes.
        decoder: functional or sequential model from codes to examples.
        value_range: closed interval of the data, or `None` for any finite values.
        undercomplete: whether to refuse a code that is not smaller than the example. A larger one
            (overcomplete) needs noise or a penalty that keeps it from mere copying.
        seed: integer or `None`.

    Raises:
        ValueError: if the decoder does not take the codes or does not return the input's shape, or
            if `undercomplete` is set and the code is not smaller.
    """

    def __init__(
        self, encoder, decoder, value_range=None, undercomplete=False, seed=None, **kwargs
    ):
        super().__init__(value_range=value_range, seed=seed, **kwargs)
        _check_halves(encoder, decoder)
        if undercomplete:
            _check_undercomplete(encoder)
        self.undercomplete = undercomplete
        self.encoder = encoder
        self.decoder = decoder
        self.check_outputs()
        self.built = True

    def check_outputs(self):
        """Refuses a decoder that cannot reach all of the declared range, or leaves it."""
        check_range_reached("decoder", self.decoder, self.value_range)

    def compile(self, optimizer="rmsprop", loss=None, **kwargs):
        """Configures training as `keras.Model.compile` does.

        Raises:
            ValueError: for something that is not an optimizer or was built for other variables, and
                for a binary cross-entropy that contradicts the declared range or the decoder's last
                activation.
        """
        check_options({name: kwargs[name] for name in OPTIONS if name in kwargs})
        if optimizer is not None:
            optimizer = checked_optimizer("optimizer", optimizer, self.parameters())
        self.check_loss(loss)
        keras.Model.compile(self, optimizer, loss, **kwargs)
        if optimizer is not None and not self.optimizer.built:
            self.optimizer.build(self.parameters())
        self._compiled_for = [id(variable) for variable in self.trainable_variables]

    def compile_from_config(self, config):
        with loading():
            self.compile(**keras.saving.deserialize_keras_object(config))

    def check_loss(self, loss):
        """Refuses a binary cross-entropy of values that cannot be probabilities."""
        if isinstance(loss, str) and loss not in ("bce", "BCE"):
            loss = keras.losses.get(loss)
        of_probabilities = loss in ("bce", "BCE", keras.losses.binary_crossentropy)
        if not of_probabilities and not isinstance(loss, keras.losses.BinaryCrossentropy):
            return
        low, high = self.value_range or (0.0, 1.0)
        if low < 0 or high > 1:
            expected = f"a loss of values in [{low}, {high}], such as mse: this one needs [0, 1]"
            refuse("loss", expected, received="a binary cross-entropy")
        if getattr(loss, "from_logits", False):
            check_logits("decoder", self.decoder)
        elif (found := ending(self.decoder)) and not found.within(0.0, 1.0):
            cure = "BinaryCrossentropy(from_logits=True), or a decoder that ends with a sigmoid"
            refuse("loss", cure, received=f"a loss of probabilities for {found}")

    def call(self, x, training=False):
        return self.decoder(self.encoder(x, training=training), training=training)

    def expects(self):
        shape = tuple(self.encoder.inputs[0].shape[1:])
        return Images(shape, self.value_range), Images(shape, self.value_range, required=False)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Builds the metrics and the loss of `compile` from the shape of the examples.

        On one device the first step builds them, which XLA cannot do.
        """
        if self.distribute_strategy.num_replicas_in_sync == 1 and not self.jit_compile:
            return
        with self.distribute_strategy.scope():
            examples = keras.KerasTensor((1, *self.encoder.inputs[0].shape[1:]), "float32")
            self._symbolic_build(data_batch=(examples, examples))

    def make_train_function(self, force=False):
        if self.optimizer is None:
            raise argument_error("optimizer", "a Keras optimizer, to train with", self.optimizer)
        check_players({"optimizer": (self.optimizer, self.parameters())})
        return super().make_train_function(force)

    def objective(self, constants, training):
        """The loss of `compile`, the mean over the examples, plus the penalties of the layers."""
        x, target, weight = self.unpacked(constants)
        target = x if target is None else target
        output = self(x, training=training)
        loss = self.compute_loss(x, target, output, _with_mean_one(weight, x), training)
        measured = (x, target, output, weight)
        examples = tf.ones([tf.shape(x)[0]]) if weight is None else weight
        if replicas() > 1:
            count = tf.shape(keras.utils.unpack_x_y_sample_weight(constants)[0])[0]
            loss = self._of_a_replica(loss, count)
            measured = [part[:count] for part in measured]  # without the one that fills a gap
        self._loss_tracker.update_state(loss, sample_weight=share(examples))
        self.compute_metrics(*measured)
        return loss

    def _of_a_replica(self, loss, count):
        """What a replica adds to the mean over the replicas.

        Keras has divided by their number, and counts the penalties of each alike, whatever its
        share of the examples.
        """
        count = tf.cast(count, tf.float32)
        excess = count / tf.maximum(share(count), TINY) - 1.0
        penalties = sum(tf.cast(penalty, tf.float32) for penalty in self.losses)
        return replicas() * tf.cast(loss, tf.float32) + excess * penalties

    def tracked_results(self):
        return self.logged(self.get_metrics_result())

    def encode(self, x, batch_size=256):
        """Codes of examples, as a NumPy array."""
        return in_batches(self.graphs.encoded, [checked(self.expects()[0], x, "x")], batch_size)

    def decode(self, codes, batch_size=256):
        """Examples for codes, as a NumPy array."""
        shape = tuple(self.decoder.inputs[0].shape[1:])
        return in_batches(self.graphs.decoded, [checked(Codes(shape), codes, "codes")], batch_size)

    def reconstruct(self, x, batch_size=256):
        """Reconstructions of examples, decoder(encoder(x)), as a NumPy array."""
        return self.decode(self.encode(x, batch_size), batch_size)

    def interpolate(self, start, end, steps=8):
        """Decoded points on the straight line between two examples' codes, both ends included.

        decoder((1 - t) encoder(start) + t encoder(end)),  t = 0 ... 1

        Args:
            start, end: one example each.
            steps: number of points, at least two.
        """
        expected, steps = self.expects()[0], integer("steps", steps, least=2)
        options = expected.shape, expected.value_range
        ends = [checked_example(*options, start, "start"), checked_example(*options, end, "end")]
        first, last = self.encode(np.concatenate(ends))
        t = np.linspace(0.0, 1.0, steps, dtype="float32").reshape([-1] + [1] * first.ndim)
        return self.decode((1 - t) * first + t * last)

    def endpoints(self):
        """What `saved_models.export` writes: name -> (function, input signature)."""
        x = tf.TensorSpec(self.encoder.inputs[0].shape, tf.float32, "x")
        codes = tf.TensorSpec(self.decoder.inputs[0].shape, tf.float32, "codes")

        def encode(x):
            return tf.cast(self.encoded(x), tf.float32)

        def decode(codes):
            return tf.cast(self.decoded(codes), tf.float32)

        def reconstruct(x):
            return decode(encode(x))

        return {
            "encode": (encode, [x]),
            "decode": (decode, [codes]),
            "reconstruct": (reconstruct, [x]),
        }

    def encoded(self, x):
        """The code tensor of examples at inference."""
        return self.encoder(x, training=False)

    def decoded(self, codes):
        """The example tensor of codes at inference."""
        return self.decoder(codes, training=False)


def _with_mean_one(weight, x):
    """Weights with which a mean over the batch, as Keras takes it, is that of the examples."""
    if weight is None:
        return None
    weight *= tf.cast(tf.size(weight), tf.float32) / tf.maximum(share(weight), TINY)
    # Keras's losses keep all axes of an image but the last one.
    return tf.reshape(weight, [-1] + [1] * (len(x.shape) - 2))


def _check_halves(encoder, decoder):
    code, taken = encoder.outputs[0].shape[1:], decoder.inputs[0].shape[1:]
    if tuple(code) != tuple(taken):
        raise argument_error(
            "decoder",
            f"an input of the encoder's output shape {tuple(code)}",
            received=f"decoder.input_shape[1:]={tuple(taken)}",
        )
    example, returned = encoder.inputs[0].shape[1:], decoder.outputs[0].shape[1:]
    if tuple(example) != tuple(returned):
        raise argument_error(
            "decoder",
            f"an output of the encoder's input shape {tuple(example)}",
            received=f"decoder.output_shape[1:]={tuple(returned)}",
        )


def _check_undercomplete(encoder):
    example, code = encoder.inputs[0].shape[1:], encoder.outputs[0].shape[1:]
    if math.prod(code) >= math.prod(example):
        raise argument_error(
            "encoder",
            f"codes of fewer numbers than the {math.prod(example)} of an example, because "
            "undercomplete=True",
            received=f"codes of shape {tuple(code)}, {math.prod(code)} numbers",
        )
