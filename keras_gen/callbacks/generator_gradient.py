"""How strongly a discriminator pulls at the generator, measured while both train."""

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error, integer, positive_integer
from keras_gen.callbacks.checks import model_with
from keras_gen.callbacks.neighbours import refuse_before
from keras_gen.callbacks.unchanged import unchanged
from keras_gen.copies import SharingCopies


class GeneratorGradient(SharingCopies, keras.callbacks.Callback):
    """Adds the norm of the generator's gradient to the epoch logs, for one loss or for several.

        gradient_{name}  = || d loss.generator(D(G(z))) / d generator ||_2
        fake_probability = mean sigmoid(D(G(z)))       the probability of being real, for logits

    All losses are measured on the same players and the same latents, whichever of them the players
    descend: where `fake_probability` is near 0, the discriminator is sure of itself, and the
    gradient of the minimax game vanishes. Measuring leaves statistics of normalization and random
    states as they were.

    Args:
        losses: dict from names to `keras_gen.losses.AdversarialLoss`.
        count: number of latents, one batch.
        seed: integer that fixes the latents; every epoch has its own.

    Reference:
        Arjovsky and Bottou (2017), Towards Principled Methods for Training Generative Adversarial
        Networks, arXiv:1701.04862, section 2.2.
    """

    shared = ("_measure",)

    def __init__(self, losses, count=256, seed=0):
        super().__init__()
        if not isinstance(losses, dict) or not all(
            hasattr(loss, "generator") for loss in losses.values()
        ):
            raise argument_error("losses", "a dict from names to adversarial losses", losses)
        paired = [name for name, loss in losses.items() if getattr(loss, "pairs", False)]
        if paired:
            received = f"{paired[0]!r}: {type(losses[paired[0]]).__name__}"
            raise argument_error("losses", "losses of generated samples alone", received=received)
        self.losses = losses
        self.count = positive_integer("count", count)
        self.seed = integer("seed", seed)

    def set_model(self, model):
        super().set_model(model)
        refuse_before(self, [*(f"gradient_{name}" for name in self.losses), "fake_probability"])

    def on_train_begin(self, logs=None):
        model_with(self.model, "fake_from", "latents", "score")
        self._measure = tf.function(self._norms)

    def on_epoch_end(self, epoch, logs=None):
        if logs is None:
            return
        stage = getattr(self.model, "stage", None)  # of a growing model: each has its own graph
        with unchanged(self.model):
            norms, probability = self._measure(tf.constant([self.seed, epoch], tf.int32), stage)
        for name, norm in norms.items():
            logs[f"gradient_{name}"] = float(norm)
        logs["fake_probability"] = float(probability)

    def _norms(self, seed, stage):
        """The norm for each loss, and the mean probability, as tensors, for a graph of a stage."""
        with tf.GradientTape(persistent=True) as tape:
            fake = self.model.fake_from(self.model.latents(self.count, seed), training=True)
            score = tf.cast(self.model.score(fake), tf.float32)
            values = {name: loss.generator(score) for name, loss in self.losses.items()}
        variables = self.model.generator_variables
        norms = {
            name: tf.linalg.global_norm(tape.gradient(value, variables))
            for name, value in values.items()
        }
        return norms, tf.reduce_mean(tf.sigmoid(score))
