"""Warnings about what goes wrong in a two-player game."""

import warnings

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, integer, number_from_zero, positive_integer
from keras_gen.callbacks.checks import examples_of, labels_of, model_with
from keras_gen.callbacks.neighbours import refuse_before
from keras_gen.copies import SharingCopies
from keras_gen.distances import squared_distances

ACCURACIES = ("real_accuracy", "fake_accuracy")  # which a GAN logs itself
OBSERVED = ("discriminator_gradient", "generator_gradient", "gradient_share", "diversity")
# What tf.summary.scalar writes; but that needs TensorBoard installed where the training runs.
SCALAR = tf.compat.v1.SummaryMetadata(
    plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars"),
    data_class="DATA_CLASS_SCALAR",
)
SATURATED = (
    "The discriminator is saturated: for {epochs} epoch(s) it got more than {limit:.1%} of the "
    "real and of the fake images right. The generator has little left to learn from. "
    "Smooth the real labels, give it dropout or a lower learning rate, or use a Wasserstein loss "
    "with a gradient penalty."
)
VANISHING = (
    "The generator's gradient vanishes: for {epochs} epoch(s) its loss passed on only "
    "{gradient_share:.2g} of the discriminator's slope, less than {limit:g}. It has stopped "
    "learning. Use the non-saturating, the least squares or a Wasserstein loss."
)
COLLAPSED = (
    "Mode collapse: for {epochs} epoch(s) images of different latents differed only "
    "{diversity:.2g} times as much as real ones, less than {limit:g}. Try experience replay, "
    "minibatch discrimination or deviation, more discriminator steps, or a Wasserstein loss with "
    "a gradient penalty."
)


class CollapseMonitor(SharingCopies, keras.callbacks.Callback):
    """Watches a GAN for what goes wrong with GANs, and says so in words.

    After every epoch one fixed batch of real images and one of fixed latents are evaluated, and the
    epoch logs receive

        discriminator_gradient = ||d discriminator loss / d weights||
        generator_gradient     = ||d generator loss / d weights||
        gradient_share         = generator_gradient / ||d mean score / d weights||
        diversity              = mean_{i<j} ||fake_i - fake_j|| / mean_{i<j} ||real_i - real_j||

    in inference mode and without penalties. The share says how much of the discriminator's slope
    the generator's loss passes on: 1 for a Wasserstein loss, 1 - D(fake) for the non-saturating
    one, D(fake) for the minimax one, whose gradient vanishes when the discriminator wins. A
    warning is given when a problem has lasted for `patience` epochs, once until it is over and
    begins again:

        saturated discriminator     real_accuracy and fake_accuracy of the logs above `saturation`
        vanishing gradient          gradient_share below `vanishing`
        mode collapse               diversity below `collapse`

    The diversity detects images that are nearly all alike. It does not detect that a few of many
    modes are missing: that takes `metrics.MixtureModes`, `StackedModes` or `ManifoldRecall`.

    Of a growing model, the images are those of its present stage.

    The monitor draws none of the model's random numbers, so training is the same without it.

    Args:
        real: array of real images, a batch of a few hundred.
        labels: integers, one for each of these, for a conditional GAN.
        saturation, vanishing, collapse: numbers, the limits above.
        patience: number of epochs that a problem must last before a warning.
        log_dir: folder for TensorBoard, or `None`.
        seed: integer that fixes the latents.

    Example:
        gan.fit(batches, epochs=100, callbacks=[CollapseMonitor(test_images[:256])])

    Reference:
        Goodfellow et al. (2014), Generative Adversarial Networks, arXiv:1406.2661, section 3 (the
        vanishing gradient of the minimax game) and section 6 (collapse).
    """

    shared = ("real", "labels", "_writer")

    def __init__(
        self,
        real,
        labels=None,
        saturation=0.99,
        vanishing=0.01,
        collapse=0.1,
        patience=3,
        log_dir=None,
        seed=0,
    ):
        super().__init__()
        self.real = examples_of("real", real)
        self.labels = labels_of(labels, len(self.real))
        self.saturation = number_from_zero("saturation", saturation)
        self.vanishing = number_from_zero("vanishing", vanishing)
        self.collapse = number_from_zero("collapse", collapse)
        self.patience = positive_integer("patience", patience)
        self.log_dir = log_dir
        self.seed = integer("seed", seed)
        spread = _mean_distance(self.real) if len(self.real) > 1 else 0.0
        if not spread > 0:
            raise argument_error(
                "real",
                "at least two images that differ",
                received=f"real.shape={self.real.shape}, mean distance {spread}",
            )

    def set_model(self, model):
        super().set_model(model)
        refuse_before(self, OBSERVED)

    def get_state(self):
        """How many epochs each problem has lasted."""
        return list(self._lasted.values())

    def set_state(self, state):
        self._lasted = dict(zip(self._lasted, state))

    def on_train_begin(self, logs=None):
        model_with(self.model, "fake_from", "as_shown", "score", "num_classes")
        conditional = self.model.num_classes is not None
        if conditional != (self.labels is not None):
            raise argument_error(
                "labels",
                f"{'labels' * conditional or 'None'} for num_classes={self.model.num_classes}",
                self.labels,
            )
        self._lasted = dict.fromkeys((SATURATED, VANISHING, COLLAPSED), 0)
        self.model.check(self.real, self.labels, name="real")
        if self.log_dir is not None:
            self._writer = tf.summary.create_file_writer(str(self.log_dir))

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else logs
        logs.update(self.observe())
        self._warn(logs)
        if self.log_dir is not None:
            with self._writer.as_default(step=epoch):
                for name in (*ACCURACIES, *OBSERVED):
                    if name in logs:
                        value = tf.constant(logs[name], tf.float32)
                        tf.summary.write(name, value, metadata=SCALAR)

    def on_train_end(self, logs=None):
        if self.log_dir is not None:
            self._writer.close()

    def observe(self):
        """The quantities of the model as it is, a dict of floats."""
        model = self.model
        condition = () if self.labels is None else (tf.convert_to_tensor(self.labels),)
        real = model.as_shown(tf.convert_to_tensor(self.real, tf.float32))
        latents = model.latents(len(self.real), tf.constant([self.seed, 0]))
        with tf.GradientTape(persistent=True) as tape:
            fake = model.fake_from(latents, *condition, training=False)
            fake_score = model.score(fake, *condition, training=False)
            real_score = model.score(real, *condition, training=False)
            d_loss = model.loss.discriminator(real_score, fake_score)
            paired = {"real": real_score} if model.loss.pairs else {}
            g_loss = model.loss.generator(fake_score, **paired)
            mean_score = tf.reduce_mean(tf.cast(fake_score, tf.float32))

        def norm(loss, variables):
            local = model.distribute_strategy.experimental_local_results
            gradients = tape.gradient(loss, [local(v.value)[0] for v in variables])
            return float(tf.linalg.global_norm([g for g in gradients if g is not None]))

        generator_gradient = norm(g_loss, model.generator_variables)
        slope = norm(mean_score, model.generator_variables)
        values = (
            norm(d_loss, model.discriminator_variables),
            generator_gradient,
            generator_gradient / slope if slope > 0 else 0.0,
            _mean_distance(np.asarray(fake)) / _mean_distance(np.asarray(real)),
        )
        return dict(zip(OBSERVED, values))

    def _warn(self, values):
        accuracy = min(values.get(name, 0.0) for name in ACCURACIES)
        troubles = {
            SATURATED: (accuracy > self.saturation, self.saturation),
            VANISHING: (values["gradient_share"] < self.vanishing, self.vanishing),
            COLLAPSED: (values["diversity"] < self.collapse, self.collapse),
        }
        for message, (present, limit) in troubles.items():
            self._lasted[message] = self._lasted[message] + 1 if present else 0
            if self._lasted[message] == self.patience:
                text = message.format(epochs=self.patience, limit=limit, **values)
                warnings.warn(text, stacklevel=2)


def _mean_distance(images):
    """The mean Euclidean distance of two different rows."""
    rows = images.reshape(len(images), -1).astype("float64")
    total = sum(np.sqrt(block).sum() for block in squared_distances(rows, rows))
    return total / (len(rows) * (len(rows) - 1))
