"""The deep belief network: a restricted Boltzmann machine on features that others learned."""

import keras
import numpy as np
import tensorflow as tf

from keras_gen import networks
from keras_gen.arguments import (
    argument_error,
    class_labels,
    number_from_zero,
    positive_number,
)
from keras_gen.layers import LabelRBM
from keras_gen.models.boltzmann.energy_model import GIBBS_STEPS
from keras_gen.models.boltzmann.top_machine import TopMachine
from keras_gen.models.inputs import Labels
from keras_gen.models.use import count_of, finite, in_batches, labels_of, seed_of, steps_of


@keras.saving.register_keras_serializable("keras_gen")
class DeepBeliefNetwork(TopMachine):
    """An RBM on top of trained RBMs, which map its states down to examples.

        p(v, h_1, ..., h_L) = P(v | h_1) P(h_1 | h_2) ... p_top(h_L-1, h_L)
        Q(h_1, h_2, ... | v) = Q(h_1 | v) Q(h_2 | h_1) ...,    with the same weights, on the way up

    `fit()` trains the top machine only, on states h ~ Q(h | v) that the layers below draw anew for
    every batch; they stay as they are. So a network is trained from the bottom to the top, each
    layer by a `fit()` of its own. If the top machine is a `LabelRBM`, `fit()` needs integer labels,
    and the network classifies and generates examples of a class.

    Where states need not be drawn, probabilities take their place: on the way up to features and
    classes, and, after a Gibbs chain in the top machine, on the way down to examples.

    A class is requested by fixing the label units at values y. With `guidance` g they are

        y = g onehot(class) + (1 - g) / K,    V'x + c + U_mean + g (U_class - U_mean)

    for K classes; the second is the input of the hidden units, U_k the weights of class k. At g = 1
    that is the model's own p(x | class), where some examples look like other classes; above 1, what
    distinguishes the class from the others counts more, at the cost of variety.

    Args:
        rbm: the top machine, a `keras_gen.layers.RBM` or `LabelRBM`.
        example_shape: shape of one example, such as (28, 28, 1); an integer means vectors.
        below: the layers under the top machine, trained, bottom first.
        guidance: positive float, how much labels count in `generate` and the export.
        **kwargs: `steps`, `particles`, `value_range`, `seed`, `centered`, as those of
            `RestrictedBoltzmannMachine`; they concern the top machine.

    Example:
        shape = (28, 28, 1)
        first = RestrictedBoltzmannMachine(layers.RBM(500), shape, particles=100)
        first.compile(keras.optimizers.SGD(0.05))
        first.fit(binary_images, batch_size=100, epochs=30)
        top = DeepBeliefNetwork(
            layers.LabelRBM(2000, 10), shape, particles=100, below=[first.rbm]
        )
        top.compile(keras.optimizers.SGD(0.05))
        top.fit(binary_images, labels, batch_size=100, epochs=30)
        top.classify(test_images)
        top.generate(labels=[3, 1, 4])

    Reference:
        Hinton, Osindero, Teh (2006), A Fast Learning Algorithm for Deep Belief Nets, sections 4
        and 6. Guidance is modelled on Ho & Salimans (2022), Classifier-Free Diffusion Guidance,
        arXiv:2207.12598, whose models have no hidden units.
    """

    adjustable = TopMachine.adjustable | {"guidance": positive_number}

    def __init__(self, rbm, example_shape, below=(), guidance=1.0, **kwargs):
        self.guidance = guidance
        self.num_classes = rbm.num_classes if isinstance(rbm, LabelRBM) else None
        super().__init__(rbm, example_shape, below, **kwargs)

    def further_units(self):
        return self.num_classes or 0

    def expects(self):
        images, _ = super().expects()
        return images, None if self.num_classes is None else Labels(self.num_classes)

    def unpack(self, data):
        """States of the top machine's visible units, drawn on the way up, and sample weights."""
        x, labels, weight = self.unpacked(data)
        features = self.stack.draw_up(self.flat(x), self.next_seed())[-1]
        if self.num_classes is not None:
            features = self.rbm.join(features, labels)
        return features, weight

    def visible(self, x):
        """Visible probabilities of the top machine, of examples alone: classes are inferred."""
        features = self.features(x)
        if self.num_classes is None:
            return features
        classes = tf.exp(self.rbm.log_class_probabilities(features))
        return tf.concat([features, tf.cast(classes, features.dtype)], axis=-1)

    # Before training

    def visible_means(self, x, labels=None):
        """Means of the top machine's visible units over examples, as a NumPy array.

        Args:
            x: array of examples.
            labels: their integer labels, if the network has label units.
        """
        features = self.features(self.checked_examples(x))
        if self.num_classes is not None:
            features = self.rbm.join(features, class_labels("labels", labels, self.num_classes))
        return np.mean(features, axis=0, dtype="float64")

    def turn_over(self):
        """Makes the top machine the one below it, upside down: a start that loses no likelihood.

            W = W_below',  b = c_below,  c = b_below;    further hidden units stay as they are

        Without further units, log p(v) is that of the machine below alone and the variational bound
        is exact. Whatever training the top machine then adds to the bound, the network gains.
        Further units need weights, if small ones, because equal units would learn the same.

        Raises:
            ValueError: if there is no machine below, the top one has fewer hidden units than the
                one below has visible ones, or one of the two is not binary.
        """
        layer = self.below[-1] if self.below else None
        if layer is None or not (layer.binary and self.rbm.binary):
            raise argument_error("below", "a binary machine under a binary top", self.below)
        kernel, visible_bias, hidden_bias = layer.get_weights()
        own_kernel, _, own_bias = self.rbm.get_weights()
        count = len(visible_bias)
        if self.rbm.units < count:
            raise argument_error(
                "rbm", f"at least {count} hidden units", f"one of {self.rbm.units}"
            )
        kernel = np.concatenate([kernel.T, own_kernel[:, count:]], axis=1)
        self.rbm.set_weights([kernel, hidden_bias, np.append(visible_bias, own_bias[count:])])

    # Use

    def classify(self, x):
        """Class probabilities P(y | features), exact in the top machine: array (batch, classes)."""
        self.check_labeled()
        return in_batches(self.graphs.classified, [self.checked_examples(x)])

    def classified(self, x):
        """The tensor of class probabilities, float32."""
        return tf.exp(self.rbm.log_class_probabilities(self.features(x)))

    def generate(self, count=None, seed=None, gibbs_steps=GIBBS_STEPS, labels=None, guidance=None):
        """Examples from the model: Gibbs chains in the top machine, then the way down.

        Args:
            count: number of examples; with `labels` it may be left out.
            seed: integer, or `None` for the next ones of the model's own random numbers.
            gibbs_steps: non-negative integer, length of each chain.
            labels: one integer per example, or one for all: label units that stay on.
            guidance: how much they count, or `None` for the network's own `guidance`.

        Returns:
            NumPy array (count, *example_shape).
        """
        if labels is None:
            if guidance is not None:
                raise argument_error("guidance", "None without `labels`", guidance)
            return super().generate(count, seed, gibbs_steps)
        self.check_labeled()
        labels = labels_of(labels, count, self.num_classes)
        guidance = self.guidance if guidance is None else positive_number("guidance", guidance)
        steps = steps_of("gibbs_steps", gibbs_steps)
        options = self.seeded(seed), tf.constant(steps), tf.constant(guidance)
        return self.generated_of(tf.constant(labels), *options).numpy()

    @tf.function(reduce_retracing=True)
    def generated_of(self, labels, seed, gibbs_steps, guidance):
        """The tensor of examples generated for labels; `seed` is of shape (2,)."""
        features, _ = self.rbm.split(self.chain_start(tf.size(labels), seed))
        start, guidance = self.rbm.join(features, labels), tf.cast(guidance, features.dtype)
        guided = guidance * start + (1 - guidance) / self.num_classes
        start = tf.where(self.is_feature(), start, guided)
        visible = self.chain(start, self.is_feature(), seed, gibbs_steps)
        return self.examples(self.rbm.reconstruct(visible))

    def check_labeled(self):
        if self.num_classes is None:
            raise argument_error("rbm", "a LabelRBM, for anything with labels", self.rbm)

    # The network as something else: a bound, and a feed-forward network

    def variational_bound(self, x, log_z, samples=1, seed=0):
        """A lower bound on log p(v), in nats, for every example; for networks without labels.

            log p(v) >= E_Q[-F_top(h_L-1) - log Z + sum_l log P(h_l-1 | h_l) - log Q(h_l | h_l-1)]

        with h_0 = v. P and Q of a layer share its energy, so the terms of the sum are differences
        of free energies, of the layer's hidden and of its visible units:

            log P(h_l-1 | h_l) - log Q(h_l | h_l-1) = G_l(h_l) - F_l(h_l-1)

        Args:
            x: array of binary examples.
            log_z: of the top machine, as `metrics.log_partition` estimates it.
            samples: draws from Q per example, averaged.
            seed: integer.

        Returns:
            float64 array (batch,).

        Reference:
            Salakhutdinov & Murray (2008), On the Quantitative Analysis of Deep Belief Networks,
            equations 16 and 17.
        """
        if not all(layer.binary for layer in [*self.below, self.rbm]):
            raise argument_error(
                "x", "a network of binary machines without labels", received=f"rbm={self.rbm}"
            )
        log_z, samples, seed = finite("log_z", log_z), count_of("samples", samples), seed_of(seed)
        visible, total = self.flat(self.checked_examples(x)), 0.0
        for sample in range(samples):
            states = self.stack.draw_up(visible, tf.constant([seed, sample], tf.int32))
            total = total - self.rbm.free_energy(states[-1])
            for layer, lower, upper in zip(self.below, states, states[1:]):
                total = total + _hidden_free_energy(layer, upper) - layer.free_energy(lower)
        return np.asarray(total, "float64") / samples - log_z

    def to_encoder(self, dropout=0.0):
        """A functional Keras model from examples to the top's hidden units, to be fine-tuned.

        Its dense sigmoid layers hold copies of the weights. Label units, which it does not have,
        count as equally probable.

        Args:
            dropout: share in [0, 1) of every layer's inputs that is left out in training.
        """
        dropout = number_from_zero("dropout", dropout, end=1)
        weights = [layer.get_weights() for layer in [*self.below, self.rbm]]
        if self.num_classes is not None:
            kernel, visible_bias, hidden_bias = weights[-1]
            label_kernel = kernel[-self.num_classes :]
            kernel = kernel[: -self.num_classes]
            weights[-1] = kernel, visible_bias, hidden_bias + label_kernel.mean(axis=0)
        inputs = keras.Input(self.example_shape)
        x = keras.layers.Flatten()(inputs)
        for kernel, _, hidden_bias in weights:
            x = keras.layers.Dropout(dropout, seed=self.seed)(x) if dropout else x
            dense = keras.layers.Dense(len(hidden_bias), activation="sigmoid")
            x = dense(x)
            dense.set_weights([kernel, hidden_bias])
        return keras.Model(inputs, x, name="encoder")

    def to_classifier(self, num_classes, dropout=0.0):
        """`networks.classifier_on` of `to_encoder(dropout)`: logits, to be compiled and trained."""
        return networks.classifier_on(self.to_encoder(dropout), num_classes)

    def endpoints(self):
        endpoints = super().endpoints()
        if self.num_classes is None:
            return endpoints
        x = tf.TensorSpec([None, *self.example_shape], tf.float32, "x")
        of_one_label = [tf.TensorSpec([], tf.int32, name) for name in ("label", "count", "seed")]

        def samples(guidance):
            def sample(label, count, seed):
                labels, seed = tf.fill([count], label), tf.stack([seed, 0])
                return self.generated_of(labels, seed, GIBBS_STEPS, guidance)

            return self.sample_endpoints(sample, *of_one_label, num_classes=self.num_classes)

        return {
            **endpoints,
            "classify": (self.classified, [x]),
            **samples(self.guidance),
            "sample_unguided": samples(1.0)["sample"],
        }


def _hidden_free_energy(rbm, hidden):
    """G(h) = -log sum_v exp(-E(v, h)) = -c'h - sum_i softplus(b_i + (W h)_i), of shape (batch,)."""
    h, c = (tf.cast(tensor, tf.float32) for tensor in (hidden, rbm.hidden_bias))
    inputs = tf.cast(rbm.visible_input(hidden), tf.float32)
    return -tf.linalg.matvec(h, c) - tf.reduce_sum(tf.math.softplus(inputs), axis=1)
