"""The restricted Boltzmann machine, trained by contrastive divergence."""

import math

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.layers import RBM, DoubledRBM
from keras_gen.losses import weighted_mean
from keras_gen.models.boltzmann import centering
from keras_gen.models.boltzmann.energy_model import EnergyModel
from keras_gen.models.boltzmann.pseudo_likelihood import pseudo_log_likelihood
from keras_gen.models.boltzmann.stack import Stack
from keras_gen.models.use import in_batches, seed_of, steps_of

OBSERVED = 10  # examples of a training batch that the costlier logs use


@keras.saving.register_keras_serializable("keras_gen")
class RestrictedBoltzmannMachine(EnergyModel):
    """An RBM that learns by k-step contrastive divergence, persistent or not.

        loss = mean F(v_data) - mean F(v_model)

        CD-k:   v_model = k Gibbs steps from v_data
        PCD-k:  v_model = k Gibbs steps from the particles, which then stay there

    `v_model` counts as a constant, so the gradient is the course's update

        dL/dW = <v_model h_model'> - <v_data h_data'>,    h = P(h=1 | v).

    Weight decay, momentum and schedules are the optimizer's. The logs hold the loss, the free
    energy of the data, the squared error of a reconstruction per example and, for binary units,
    the pseudo-log-likelihood, all in nats except the error. In training the last two use the first
    ten examples of every batch, in evaluation all.

    Args:
        rbm: a `keras_gen.layers.RBM` or `GaussianRBM`; it is built on `example_shape`.
        example_shape: shape of one example, such as (28, 28, 1); an integer means vectors.
        steps: positive integer, k.
        particles: number of persistent chains, or `None` for chains that start at the data.
        value_range: closed interval of the data, within [0, 1] for binary units.
        seed: integer or `None`; starts the particles.
        centered: whether to follow the centered gradient of `models.centering`, which measures
            units from their means and allows larger rates.

    Example:
        machine = RestrictedBoltzmannMachine(layers.RBM(500), (28, 28, 1), 5, particles=100)
        machine.compile(keras.optimizers.SGD(0.01))
        machine.fit(binary_images, batch_size=100, epochs=10)

    Reference:
        Hinton (2002), Training Products of Experts by Minimizing Contrastive Divergence;
        Tieleman (2008), Training Restricted Boltzmann Machines using Approximations to the
        Likelihood Gradient.
    """

    adjustable = EnergyModel.adjustable | {"steps": positive_integer}

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
        if not isinstance(rbm, RBM):
            raise argument_error("rbm", "a layer of the kind keras_gen.layers.RBM", rbm)
        self.tracked = ("loss", "free_energy", "reconstruction_error")
        self.tracked += ("pseudo_log_likelihood",) * rbm.binary
        self.visible_range = rbm.visible_range
        super().__init__(example_shape, value_range, seed, **kwargs)
        if centered and isinstance(rbm, DoubledRBM):
            raise argument_error(
                "centered",
                "False for units with copies, whose gradients have other factors",
                centered,
            )
        self.rbm, self.centered = rbm, centered
        self.steps = steps
        self.particles = None if particles is None else positive_integer("particles", particles)
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
            self.means = centering.add_means(self, [self.visible_units, rbm.units])
        self.built = True

    def build_visible(self):
        """Builds the machine, and returns the number of its visible units."""
        width = math.prod(self.example_shape)
        Stack([self.rbm]).build(width, "rbm")
        return width

    def parameters(self):
        return self.rbm.trainable_variables

    def visible_means(self, x, y=None):
        """Means of the visible units over examples, float64; `y` is ignored."""
        return np.mean(self.flat(self.checked_examples(x)), axis=0, dtype="float64")

    def burn_in(self, gibbs_steps=1000, seed=0):
        """Moves the particles from fair coins to samples of the machine.

        Particles start anywhere, which suits weights that start small. Call this before training
        weights that are not new, or the first steps unlearn what the particles do not show.

        Args:
            gibbs_steps: non-negative integer, length of every chain.
            seed: integer.
        """
        if self.particles is None:
            raise argument_error("particles", "a number of them for this machine", self.particles)
        steps, seed = steps_of("gibbs_steps", gibbs_steps), tf.constant([seed_of(seed), 0])
        start = self.fair_coins(self.particles, seed)
        moved = self.graphs.chain(start, tf.constant(True), seed, tf.constant(steps))
        self.chains.assign(moved)

    # Training

    def contrastive_divergence(self, data, inputs, model, sample_weight=None, model_weight=None):
        """mean F(v_data) - mean F(v_model).

        Args:
            data, inputs: v_data, and the inputs of its hidden units, c + W'v_data.
            model: v_model, which counts as a constant.
            sample_weight: weights of the examples, or `None`.
            model_weight: weights of `v_model`, which are those of the examples where each chain
                starts at one.
        """
        of_data = self.rbm.free_energy(data, inputs)
        of_model = self.rbm.free_energy(tf.stop_gradient(model))
        self.track(data, sample_weight, free_energy=of_data)
        return weighted_mean(of_data, sample_weight) - weighted_mean(of_model, model_weight)

    def from_data(self, data, inputs):
        """v_model of CD-k."""
        return self.rbm.gibbs(data, self.steps, inputs, self.noise)

    def from_particles(self, data, inputs):
        """v_model of PCD-k, where the particles stay."""
        start = tf.cast(self.chains, data.dtype)
        states = self.rbm.gibbs(start, self.steps, noise=self.noise)
        self.chains.assign(states)
        return states

    def noise(self, like, width):
        """The numbers of `rbm.noise`, from the generator that is fast under XLA on CPUs, too."""
        seed = tf.cast(self.rbm.seed_generator.next(), tf.int32)
        return tf.random.stateless_uniform([tf.shape(like)[0], width], seed, alg="philox")

    def constants(self, data, training):
        """v_data, and sample weights."""
        return self.unpack(data)

    def objective(self, constants, training):
        """mean F(v_data) - mean F(v_model); in evaluation v_model comes from the data."""
        v_data, sample_weight = constants
        inputs = self.rbm.hidden_input(v_data)
        persistent = training and self.particles is not None
        v_model = (self.from_particles if persistent else self.from_data)(v_data, inputs)
        weights = sample_weight, None if persistent else sample_weight
        loss = self.contrastive_divergence(v_data, inputs, v_model, *weights)
        self.track(v_data, sample_weight, loss=loss)
        seen = slice(OBSERVED if training else None)
        weight = None if sample_weight is None else sample_weight[seen]
        with tf.control_dependencies(self.observe(v_data[seen], inputs[seen], weight)):
            return tf.identity(loss)  # all is observed before the weights move

    @property
    def precondition(self):
        return self.centered_gradient if self.centered else None

    def after_step(self, constants, loss):
        if self.centered:
            observed = constants[0][:OBSERVED]
            states = [observed, self.rbm.hidden_probabilities(observed)]
            centering.move_means(self.means, states)

    def centered_gradient(self, gradients):
        """The centered gradients of kernel, visible and hidden bias, from the plain ones."""
        kernel, *biases = gradients
        biases, kernels = centering.centered_gradient(biases, [kernel], self.means)
        return [*kernels, *biases]

    def observe(self, visible, inputs, weight=None):
        """Logs how far a reconstruction is from the data, and the pseudo-log-likelihood."""
        reconstruction = self.rbm.reconstruct(visible, inputs)
        error = tf.square(tf.cast(visible - reconstruction, tf.float32))
        observed = {"reconstruction_error": tf.reduce_sum(error, axis=1)}
        if "pseudo_log_likelihood" in self.tracked:
            estimate = pseudo_log_likelihood(self.rbm, visible, inputs, self.next_seed())
            observed["pseudo_log_likelihood"] = estimate
        self.track(visible, weight, **observed)
        return list(observed.values())

    # Use

    def visible(self, x):
        """The visible units, of examples alone."""
        return self.flat(x)

    def call(self, x, training=False):
        return self.rbm.hidden_probabilities(self.visible(x))

    def free_energy(self, x):
        """F(v) = -log p(v) - log Z in nats, a NumPy array with one number per example.

        In a stack v are the top machine's visible units, the features of the examples.
        """
        return in_batches(self.graphs.free_energies, [self.checked_examples(x)])

    def free_energies(self, x):
        """The tensor of free energies, float32."""
        return self.rbm.free_energy(self.visible(x))

    def reconstructed(self, x):
        """The tensor of reconstructions."""
        return self.examples(self.rbm.reconstruct(self.visible(x)))

    @tf.function(reduce_retracing=True)
    def generated(self, count, seed, gibbs_steps):
        """The tensor of generated examples; `seed` is an integer tensor of shape (2,)."""
        visible = self.chain(self.chain_start(count, seed), True, seed, gibbs_steps)
        return self.examples(self.rbm.reconstruct(visible))

    def chain(self, start, free, seed, gibbs_steps):
        """The visible units after Gibbs sampling.

        Args:
            start: states (count, visible).
            free: boolean tensor (visible,); the others keep their state.
            seed: integer tensor of shape (2,).
            gibbs_steps: integer tensor.
        """
        widths = (self.rbm.units, self.visible_units)

        def step(index, visible):
            key = tf.random.fold_in(seed, index)
            noises = [
                tf.random.stateless_uniform([tf.shape(start)[0], width], tf.random.fold_in(key, i))
                for i, width in enumerate(widths)
            ]
            return index + 1, tf.where(free, self.rbm.gibbs_step(visible, *noises), start)

        return tf.while_loop(lambda index, _: index < gibbs_steps, step, (0, start))[1]

    def chain_start(self, count, seed):
        """Visible states to start chains from: particles if there are any, else fair coins."""
        if self.particles is None:
            return self.fair_coins(count, seed)
        chosen = tf.random.stateless_uniform([count], seed, 0, self.particles, tf.int32)
        return tf.cast(tf.gather(self.chains, chosen), self.compute_dtype)

    def fair_coins(self, count, seed):
        """Visible states of units that are zero or one with equal chances."""
        uniform = tf.random.stateless_uniform([count, self.visible_units], seed)
        return tf.cast(uniform < 0.5, self.compute_dtype)
