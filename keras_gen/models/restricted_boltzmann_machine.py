"""The restricted Boltzmann machine, trained by contrastive divergence."""

import math

import keras
import tensorflow as tf

from keras_gen.models.energy_model import EnergyModel
from keras_gen.models.training import descend

OBSERVED = 10  # examples of a training batch that the costlier logs look at
MEAN_RATE = 0.01  # of the running means of the centered gradient


@keras.saving.register_keras_serializable("keras_gen")
class RestrictedBoltzmannMachine(EnergyModel):
    """An RBM that learns by k-step contrastive divergence, persistent or not.

        loss = mean F(v_data) - mean F(v_model)

        CD-k:   v_model = k Gibbs steps from v_data
        PCD-k:  v_model = k Gibbs steps from the particles, which then stay there

    `v_model` counts as a constant, so the gradient is the course's update

        dL/dW = <v_model h_model'> - <v_data h_data'>,    h = P(h=1 | v).

    The centered gradient counts units from their means m = <v>, l = <h> over the data. A change of
    W then leaves the biases' work alone, which allows larger rates:

        gW = dL/dW - m (dL/dc)' - (dL/db) l',    gb = dL/db - gW l,    gc = dL/dc - gW' m

    Weight decay, momentum and schedules are the optimizer's. The logs hold the loss, the free
    energy of the data, the squared error of a reconstruction per example and, for binary units,
    the pseudo-log-likelihood, all in nats but the error. In training the last two look at the
    first ten examples of every batch, in evaluation at all.

    Args:
        rbm: a `keras_gen.layers.RBM` or `GaussianRBM`; it is built on `example_shape`.
        example_shape: shape of one example, such as (28, 28, 1); an integer means vectors.
        steps: positive integer, k.
        particles: number of persistent chains, or `None` for chains that start at the data.
        value_range: closed interval of the data, within [0, 1] for binary units.
        seed: integer or `None`; starts the particles.
        centered: whether to follow the centered gradient.

    Example:
        machine = RestrictedBoltzmannMachine(layers.RBM(500), (28, 28, 1), 5, particles=100)
        machine.compile(keras.optimizers.SGD(0.01))
        machine.fit(binary_images, batch_size=100, epochs=10)

    Reference:
        Hinton, 2002, Training Products of Experts by Minimizing Contrastive Divergence;
        Tieleman, 2008, Training Restricted Boltzmann Machines using Approximations to the
        Likelihood Gradient; Melchior, Fischer, Wiskott, 2016, How to Center Deep Boltzmann
        Machines, arXiv:1311.1354, section 4.
    """

    def __init__(
        self,
        rbm,
        example_shape,
        steps=1,
        particles=None,
        value_range=(0.0, 1.0),
        seed=None,
        centered=False,
        **kwargs,
    ):
        self.tracked = ("loss", "free_energy", "reconstruction_error")
        self.tracked += ("pseudo_log_likelihood",) * rbm.binary
        self.visible_range = rbm.visible_range
        super().__init__(example_shape, value_range, seed, **kwargs)
        for name, value in [("steps", steps), ("particles", 1 if particles is None else particles)]:
            if not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"Invalid value for argument `{name}`. Expected a positive integer. "
                    f"Received: {name}={value}"
                )
        self.rbm, self.steps = rbm, steps
        self.particles, self.centered = particles, centered
        self.visible_units = self.build_visible()
        if particles is not None:
            self.chains = self.add_weight(
                (particles, self.visible_units),
                keras.initializers.RandomUniform(0.0, 1.0, seed=seed),
                trainable=False,
                aggregation="only_first_replica",
                name="chains",
            )
        if centered:
            self.visible_mean, self.hidden_mean = (
                self.add_weight((width,), center, trainable=False, aggregation="mean", name=name)
                for width, center, name in [
                    (self.visible_units, "zeros", "visible_mean"),
                    (rbm.units, keras.initializers.Constant(0.5), "hidden_mean"),
                ]
            )
        self.built = True

    def build_visible(self):
        """Builds the machine, and returns the number of its visible units."""
        width = math.prod(self.example_shape)
        if not self.rbm.built:
            self.rbm.build((None, width))
        return width

    def parameters(self):
        return self.rbm.trainable_variables

    # Training

    def contrastive_divergence(self, data, model, sample_weight=None):
        """mean F(v_data) - mean F(v_model)."""
        weight = 1.0 if sample_weight is None else tf.cast(sample_weight, tf.float32)
        data_energy = self.rbm.free_energy(data)
        self.track(free_energy=data_energy)
        return tf.reduce_mean(weight * data_energy) - tf.reduce_mean(self.rbm.free_energy(model))

    def train_step(self, data):
        v_data, sample_weight = self.unpack(data)
        start = v_data if self.particles is None else tf.cast(self.chains, v_data.dtype)
        v_model = tf.stop_gradient(self.rbm.gibbs(start, self.steps))
        if self.particles is not None:
            self.chains.assign(v_model)
        loss = descend(
            lambda: self.contrastive_divergence(v_data, v_model, sample_weight),
            self.rbm.trainable_variables,
            self.optimizer,
            self.centered_gradient if self.centered else None,
        )
        self.track(loss=loss)
        self.observe(v_data[:OBSERVED])
        if self.centered:
            self.move_means(v_data[:OBSERVED])
        return self.tracked_results()

    def centered_gradient(self, gradients):
        """The gradients of kernel and biases, for units that are counted from their means."""
        w, b, c = gradients
        v_mean, h_mean = self.visible_mean, self.hidden_mean
        w = w - v_mean[:, None] * c - b[:, None] * h_mean
        return w, b - tf.linalg.matvec(w, h_mean), c - tf.linalg.matvec(w, v_mean, transpose_a=True)

    def move_means(self, visible):
        """Running means of the units, over the examples that are observed."""
        for mean, units in [
            (self.visible_mean, visible),
            (self.hidden_mean, self.rbm.hidden_probabilities(visible)),
        ]:
            now = tf.reduce_mean(tf.cast(units, tf.float32), axis=0)
            mean.assign(mean + MEAN_RATE * (now - mean))

    def test_step(self, data):
        v_data, sample_weight = self.unpack(data)
        v_model = self.rbm.gibbs(v_data, self.steps)
        self.track(loss=self.contrastive_divergence(v_data, v_model, sample_weight))
        self.observe(v_data)
        return self.tracked_results()

    def observe(self, visible):
        """Logs how far a reconstruction is from the data, and the pseudo-log-likelihood."""
        error = tf.square(tf.cast(visible - self.rbm.reconstruct(visible), tf.float32))
        self.track(reconstruction_error=tf.reduce_sum(error, axis=1))
        if "pseudo_log_likelihood" in self.tracked:
            self.track(pseudo_log_likelihood=self.pseudo_log_likelihood(visible))

    def pseudo_log_likelihood(self, visible):
        """An estimate of sum_i log p(v_i | all others), by one unit i drawn for each example.

        n log sigmoid(F(v with v_i flipped) - F(v))
        """
        count = tf.shape(visible)[1]
        index = tf.random.stateless_uniform(
            [tf.shape(visible)[0]], self.next_seed(), maxval=count, dtype=tf.int32
        )
        chosen = tf.one_hot(index, count, dtype=visible.dtype)
        flipped = visible + chosen * (1 - 2 * visible)
        difference = self.rbm.free_energy(flipped) - self.rbm.free_energy(visible)
        return tf.cast(count, tf.float32) * tf.math.log_sigmoid(difference)

    # Use

    def call(self, x, training=False):
        return self.rbm.hidden_probabilities(self.flat(x))

    def free_energy(self, x):
        """F(x) = -log p(x) - log Z in nats, a NumPy array with one number per example."""
        return self.rbm.free_energy(self.flat(x)).numpy()

    def reconstructed(self, x):
        """The tensor of reconstructions."""
        return self.examples(self.rbm.reconstruct(self.flat(x)))

    @tf.function(reduce_retracing=True)
    def sampled(self, count, seed, gibbs_steps):
        """The tensor of generated examples; `seed` is an integer tensor of shape (2,)."""
        start = self.chain_start(count, seed)

        def step(index, visible):
            key = tf.random.fold_in(seed, index)
            keys = [tf.random.fold_in(key, half) for half in range(2)]
            uniform = tf.random.stateless_uniform
            widths = (self.rbm.units, self.visible_units)
            noises = [uniform([count, width], key) for width, key in zip(widths, keys)]
            return index + 1, self.rbm.gibbs_step(visible, *noises)

        _, visible = tf.while_loop(lambda index, _: index < gibbs_steps, step, (0, start))
        return self.examples(self.rbm.reconstruct(visible))

    def chain_start(self, count, seed):
        """Visible states to start chains from: particles if there are any, else fair coins."""
        if self.particles is None:
            shape = [count, self.visible_units]
            return tf.cast(tf.random.stateless_uniform(shape, seed) < 0.5, self.compute_dtype)
        chosen = tf.random.stateless_uniform([count], seed, 0, self.particles, tf.int32)
        return tf.cast(tf.gather(self.chains, chosen), self.compute_dtype)
