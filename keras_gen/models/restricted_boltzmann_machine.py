"""The restricted Boltzmann machine, trained by contrastive divergence."""

import math

import keras
import tensorflow as tf

from keras_gen.layers import GaussianRBM
from keras_gen.models.training import GenerativeModel, descend
from keras_gen.postprocessing import to_uint8

GIBBS_STEPS = 1000  # from where a chain starts to a sample


@keras.saving.register_keras_serializable("keras_gen")
class RestrictedBoltzmannMachine(GenerativeModel):
    """An RBM that learns by k-step contrastive divergence, persistent or not.

        loss = mean F(v_data) - mean F(v_model)

        CD-k:   v_model = k Gibbs steps from v_data
        PCD-k:  v_model = k Gibbs steps from the particles, which then stay there

    `v_model` counts as a constant, so the gradient is the course's update

        dL/dW = <v_model h_model'> - <v_data h_data'>,    h = P(h=1 | v).

    Weight decay, momentum and schedules are the optimizer's. The logs hold the loss, the free
    energy of the data, the squared error of a reconstruction per example and, for binary units,
    the pseudo-log-likelihood, all in nats but the error.

    Args:
        rbm: a `keras_gen.layers.RBM` or `GaussianRBM`; it is built on `example_shape`.
        example_shape: shape of one example, such as (28, 28, 1); an integer means vectors.
        steps: positive integer, k.
        particles: number of persistent chains, or `None` for chains that start at the data.
        value_range: closed interval of the data.
        seed: integer or `None`; starts the particles.

    Example:
        machine = RestrictedBoltzmannMachine(layers.RBM(500), (28, 28, 1), 5, particles=100)
        machine.compile(keras.optimizers.SGD(0.01))
        machine.fit(binary_images, batch_size=100, epochs=10)

    Reference:
        Hinton, 2002, Training Products of Experts by Minimizing Contrastive Divergence;
        Tieleman, 2008, Training Restricted Boltzmann Machines using Approximations to the
        Likelihood Gradient.
    """

    def __init__(
        self,
        rbm,
        example_shape,
        steps=1,
        particles=None,
        value_range=(0.0, 1.0),
        seed=None,
        **kwargs,
    ):
        binary = not isinstance(rbm, GaussianRBM)
        self.tracked = ("loss", "free_energy", "reconstruction_error")
        self.tracked += ("pseudo_log_likelihood",) * binary
        super().__init__(value_range=value_range, seed=seed, **kwargs)
        for name, value in [("steps", steps), ("particles", 1 if particles is None else particles)]:
            if not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"Invalid value for argument `{name}`. Expected a positive integer. "
                    f"Received: {name}={value}"
                )
        shape = (example_shape,) if isinstance(example_shape, int) else tuple(example_shape)
        self.rbm, self.example_shape, self.steps = rbm, shape, steps
        self.particles = particles
        if not rbm.built:
            rbm.build((None, math.prod(shape)))
        if particles is not None:
            self.chains = self.add_weight(
                (particles, math.prod(shape)),
                keras.initializers.RandomUniform(0.0, 1.0, seed=seed),
                trainable=False,
                aggregation="only_first_replica",
                name="chains",
            )
        self.built = True

    def compile(self, optimizer, **kwargs):
        """Configures training; the loss is the model's own.

        Args:
            optimizer: a Keras optimizer.
            **kwargs: for `keras.Model.compile`: `jit_compile`, `run_eagerly`,
                `steps_per_execution`.
        """
        players = {"optimizer": (optimizer, self.rbm.trainable_variables)}
        self.compile_players({}, players, **kwargs)

    def data_shape(self):
        return self.example_shape

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
        )
        self.track(loss=loss)
        self.observe(v_data)
        return self.tracked_results()

    def test_step(self, data):
        v_data, sample_weight = self.unpack(data)
        v_model = self.rbm.gibbs(v_data, self.steps)
        self.track(loss=self.contrastive_divergence(v_data, v_model, sample_weight))
        self.observe(v_data)
        return self.tracked_results()

    def unpack(self, data):
        """The visible vectors of a batch of `fit()`, and sample weights."""
        x, _, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        return self.flat(x), sample_weight

    def flat(self, x):
        """Examples as visible vectors."""
        return tf.reshape(tf.cast(x, self.compute_dtype), [-1, math.prod(self.example_shape)])

    def observe(self, visible):
        """Logs how far a reconstruction is from the data, and the pseudo-log-likelihood."""
        reconstructed = self.rbm.visible_probabilities(self.rbm.hidden_probabilities(visible))
        error = tf.square(tf.cast(visible - reconstructed, tf.float32))
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

    def transform(self, x, batch_size=256):
        """Hidden probabilities of examples, as a NumPy array."""
        return self.predict(x, batch_size, verbose=0)

    def reconstruct(self, x):
        """E[v | P(h=1 | x)], as a NumPy array of the examples' shape."""
        return self.reconstructed(tf.convert_to_tensor(x)).numpy()

    def reconstructed(self, x):
        """The tensor of reconstructions."""
        mean = self.rbm.visible_probabilities(self.rbm.hidden_probabilities(self.flat(x)))
        return self.examples(mean)

    def generate(self, count, seed=None, gibbs_steps=GIBBS_STEPS):
        """Examples from the model: Gibbs chains from random visible states.

        The last step shows probabilities (means) instead of drawn pixels.

        Args:
            count: number of examples.
            seed: integer, or `None` for the next ones of the model's own random numbers.
            gibbs_steps: length of each chain.

        Returns:
            NumPy array (count, *example_shape).
        """
        seed = self.next_seed() if seed is None else tf.constant([seed, 0], tf.int32)
        return self.sampled(tf.constant(count), seed, tf.constant(gibbs_steps)).numpy()

    @tf.function(reduce_retracing=True)
    def sampled(self, count, seed, gibbs_steps):
        """The tensor of generated examples; `seed` is an integer tensor of shape (2,)."""
        start = self.chain_start(count, seed)

        def step(index, visible):
            key = tf.random.fold_in(seed, index)
            keys = [tf.random.fold_in(key, half) for half in range(2)]
            uniform = tf.random.stateless_uniform
            hidden = self.rbm.draw_hidden(visible, uniform([count, self.rbm.units], keys[0]))
            visible = self.rbm.draw_visible(hidden, uniform(tf.shape(visible), keys[1]))
            return index + 1, visible

        _, visible = tf.while_loop(lambda index, _: index < gibbs_steps, step, (0, start))
        mean = self.rbm.visible_probabilities(self.rbm.hidden_probabilities(visible))
        return self.examples(mean)

    def chain_start(self, count, seed):
        """Visible states to start chains from: particles if there are any, else fair coins."""
        if self.particles is None:
            shape = [count, math.prod(self.example_shape)]
            return tf.cast(tf.random.stateless_uniform(shape, seed) < 0.5, self.compute_dtype)
        chosen = tf.random.stateless_uniform([count], seed, 0, self.particles, tf.int32)
        return tf.cast(tf.gather(self.chains, chosen), self.compute_dtype)

    def examples(self, visible):
        """Visible vectors as examples, float32."""
        return tf.cast(tf.reshape(visible, [-1, *self.example_shape]), tf.float32)

    def endpoints(self):
        """What `saved_models.export` writes: name -> (function, input signature)."""
        x = tf.TensorSpec([None, *self.example_shape], tf.float32, "x")
        count, seed = (tf.TensorSpec([], tf.int32, name) for name in ("count", "seed"))

        def transform(x):
            return tf.cast(self(x), tf.float32)

        def sample(count, seed):
            return self.sampled(count, tf.stack([seed, 0]), GIBBS_STEPS)

        def sample_uint8(count, seed):
            return to_uint8(sample(count, seed), self.value_range)

        endpoints = {
            "transform": (transform, [x]),
            "reconstruct": (self.reconstructed, [x]),
            "sample": (sample, [count, seed]),
        }
        if self.value_range is not None:
            endpoints["sample_uint8"] = (sample_uint8, [count, seed])
        return endpoints
