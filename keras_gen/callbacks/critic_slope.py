"""How steep a critic is between real and generated images, measured while it trains."""

import keras
import tensorflow as tf

from keras_gen.arguments import integer
from keras_gen.callbacks.checks import check_unlabeled, examples_of, model_with
from keras_gen.callbacks.neighbours import refuse_before
from keras_gen.callbacks.unchanged import unchanged
from keras_gen.copies import SharingCopies
from keras_gen.losses import GradientPenalty


class CriticSlope(SharingCopies, keras.callbacks.Callback):
    """Adds the mean norm of the critic's gradient to the epoch logs, as `critic_slope`.

        critic_slope = E ||grad C(x)||_2,    x = u real + (1 - u) G(z),  u ~ U[0, 1] per sample

    It is the quantity that the penalty of WGAN-GP holds near one, and that a bound on the weights
    does not control. Measuring leaves statistics of normalization and random states as they were.

    Args:
        real: array of real images, a batch; as many are generated.
        seed: integer that fixes latents and u; every epoch has its own.

    Reference:
        Gulrajani et al. (2017), Improved Training of Wasserstein GANs, arXiv:1704.00028, section 4
        and figure 1b.
    """

    shared = ("_measure", "real")

    def __init__(self, real, seed=0):
        super().__init__()
        self.real = examples_of("real", real)
        self.seed = integer("seed", seed)

    def set_model(self, model):
        super().set_model(model)
        refuse_before(self, ["critic_slope"])

    def on_train_begin(self, logs=None):
        model_with(self.model, "fake_from", "as_shown", "latents", "score")
        check_unlabeled(self.model, real=self.real)
        self._measure = tf.function(self._slope)

    def on_epoch_end(self, epoch, logs=None):
        if logs is None:
            return
        stage = getattr(self.model, "stage", None)  # of a growing model: each has its own graph
        with unchanged(self.model):
            slope = self._measure(tf.constant([self.seed, epoch], tf.int32), stage)
        logs["critic_slope"] = float(slope)

    def _slope(self, seed, stage):
        """The mean norm as a tensor, for a graph of a stage."""
        real = self.model.as_shown(tf.constant(self.real, tf.float32))
        fake = self.model.fake_from(self.model.latents(len(self.real), seed), training=True)
        norms = GradientPenalty().gradient_norms(self.model.score, real, fake, seed + 1)
        return tf.reduce_mean(norms)
