import keras

from keras_gen.arguments import number_from_zero


@keras.saving.register_keras_serializable("keras_gen")
class PermanentDropout(keras.layers.Layer):
    """Dropout that stays on in inference: the noise of a network that takes no noise as an input.

        y = x * mask / (1 - rate),    mask = 1 with probability 1 - rate, otherwise 0

    In training every example has a mask of its own. In inference all examples of a batch share one,
    so that the output for an example depends only on the random numbers, not on the other examples
    or on its place among them.

    Args:
        rate: probability of a zero, in [0, 1).
        seed: integer seed of the masks, or `None` for a random one.

    Input shape:
        `(batch, ...)`.

    Output shape:
        That of the input.

    Reference:
        Isola, Zhu, Zhou, Efros (2017), Image-to-Image Translation with Conditional Adversarial
        Networks, arXiv:1611.07004, section 3.2.
    """

    def __init__(self, rate=0.5, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = number_from_zero("rate", rate, end=1)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        of_batch = None if training else (1, *(None,) * (len(inputs.shape) - 1))
        return keras.random.dropout(inputs, self.rate, of_batch, seed=self.seed_generator)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
