import keras
from keras import ops

from keras_gen.arguments import argument_error
from keras_gen.layers import _shapes


@keras.saving.register_keras_serializable("keras_gen")
class TiedDense(keras.layers.Layer):
    """Dense layer whose kernel is the transpose of another layer's kernel.

        y = activation(x @ transpose(W) + b)

    `W`, the kernel of `tied_to`, is shared and not copied: both layers train one variable, and a
    model that contains both counts it once. The bias `b` is this layer's own. The tie survives
    saving when both layers sit in one flat Functional or Sequential model; between two nested
    models it is lost on loading, because Keras does not share objects across nested configs.

    Args:
        tied_to: the `keras.layers.Dense` to share with. It must be built before this layer is.
        activation: activation function, or its Keras name. Default: linear.
        use_bias: whether to add a bias.
        bias_initializer: initializer of the bias, or its Keras name.

    Input shape:
        `(batch, ..., tied_to.units)`.

    Output shape:
        `(batch, ..., width of the input of tied_to)`.

    Raises:
        ValueError: if `tied_to` is not a `Dense` layer, is not built, or its `units` differ from
            the width of the input.

    Example:
        encode = keras.layers.Dense(32, activation="relu")
        inputs = keras.Input((784,))
        outputs = TiedDense(encode, activation="sigmoid")(encode(inputs))
        autoencoder = keras.Model(inputs, outputs)

    Reference:
        Vincent, Larochelle, Bengio, Manzagol (2008), Extracting and Composing Robust Features with
        Denoising Autoencoders, ICML, section 2.2 (tied weights).
    """

    def __init__(self, tied_to, activation=None, use_bias=True, bias_initializer="zeros", **kwargs):
        super().__init__(**kwargs)
        if not isinstance(tied_to, keras.layers.Dense):
            raise argument_error("tied_to", "a `keras.layers.Dense` layer", tied_to)
        self.tied_to = tied_to
        self.activation = keras.activations.get(activation)
        self.use_bias = bool(use_bias)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.bias = None
        self.supports_masking = True

    def build(self, input_shape):
        output_dim = self.compute_output_shape(input_shape)[-1]
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(output_dim,), initializer=self.bias_initializer
            )

    def call(self, inputs):
        outputs = ops.matmul(inputs, ops.transpose(self.tied_to.kernel))
        if self.bias is not None:
            outputs = outputs + self.bias
        return self.activation(outputs)

    def compute_output_shape(self, input_shape):
        if not self.tied_to.built:
            raise argument_error(
                "tied_to",
                f"a layer that is built: call it before `{self.name}`",
                received=f"tied_to={self.tied_to}, which has no kernel yet",
            )
        if _shapes.known_channels(input_shape) != self.tied_to.units:
            raise argument_error(
                "inputs",
                f"a last axis of size {self.tied_to.units}, the units of `{self.tied_to.name}`",
                received=f"shape {tuple(input_shape)}",
            )
        return (*input_shape[:-1], self.tied_to.kernel.shape[0])

    def get_config(self):
        return {
            **super().get_config(),
            "tied_to": keras.saving.serialize_keras_object(self.tied_to),
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }

    @classmethod
    def from_config(cls, config):
        tied_to = keras.saving.deserialize_keras_object(config["tied_to"])
        return cls(**{**config, "tied_to": tied_to})
