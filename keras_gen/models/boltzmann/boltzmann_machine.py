"""The Boltzmann machine: stochastic binary units, each connected with every other."""

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import positive_integer, positive_number
from keras_gen.losses import weighted_mean
from keras_gen.models.boltzmann.energy_model import GIBBS_STEPS
from keras_gen.models.boltzmann.enumeration import (
    MAX_ENUMERATED,
    EnumerableMachine,
    all_states,
    check_enumerable,
)
from keras_gen.models.use import count_of, steps_of

WEIGHT_STDDEV = 0.01  # Hinton (2012), A Practical Guide to Training RBMs, section 8
MEAN_CHAINS, MEAN_STEPS = 20, 20  # for a mean of hidden units that is not exact


@keras.saving.register_keras_serializable("keras_gen")
class BoltzmannMachine(EnumerableMachine):
    """A machine of visible and hidden binary units s = (v, h), each pair of them connected.

        E(s)            = -sum_{i<j} w_ij s_i s_j - sum_i b_i s_i
        p(s)            = exp(-E(s) / T) / Z
        P(s_i=1 | rest) = sigmoid((sum_j w_ij s_j + b_i) / T),    w_ij = w_ji, w_ii = 0

    Learning makes the data probable, p(v) = sum_h p(v, h):

        d log p(v) / dw_ij = (<s_i s_j>_data - <s_i s_j>_model) / T

    The gradient of either loss is minus that. The exact loss sums over all states:

        loss = -mean log p(v) = mean F(v) + log Z,    F(v) = -log sum_h exp(-E(v, h) / T)

    The other takes states from Gibbs sampling, which draws one unit after the other from
    P(s_i | rest), and treats them as constants:

        loss = (mean E(s_data) - mean E(s_model)) / T

        s_data:   v is the data and stays, h starts as fair coins and is drawn `gibbs_steps` times
        s_model:  `gibbs_steps` sweeps over all units from the particles, which then stay there

    E has its own unit, every other quantity is in nats; all are float32. The logs hold the loss and
    the squared error of a reconstruction per example.

    Args:
        example_shape: shape of one example, such as (28, 28, 1); an integer means vectors. Every
            number of it is a visible unit.
        hidden: number of hidden units.
        temperature: positive float T; the higher, the more random the units.
        exact: whether to learn by enumeration of all states; `None`: if there are at most 16 units.
        gibbs_steps: positive integer, sweeps between two updates.
        particles: number of persistent chains.
        value_range: closed interval of the data.
        seed: integer or `None`; starts weights and particles.

    Raises:
        ValueError: if `exact` asks for more than 16 units, or a number is not positive.

    Example:
        patterns = data.toy.bars_and_stripes()
        machine = BoltzmannMachine((3, 3, 1), hidden=7)
        machine.compile(keras.optimizers.Adam(0.02))
        machine.fit(patterns, epochs=2000)

    Reference:
        Ackley, Hinton, Sejnowski (1985), A Learning Algorithm for Boltzmann Machines.
    """

    tracked = ("loss", "reconstruction_error")

    adjustable = EnumerableMachine.adjustable | {
        "temperature": positive_number,
        "gibbs_steps": positive_integer,
    }

    def __init__(
        self,
        example_shape,
        hidden=0,
        temperature=1.0,
        exact=None,
        gibbs_steps=10,
        particles=100,
        value_range=(0.0, 1.0),
        seed=None,
        **kwargs,
    ):
        super().__init__(example_shape, value_range, seed, **kwargs)
        self.hidden = 0 if hidden == 0 else positive_integer("hidden", hidden)
        self.units = self.visible_units + self.hidden
        self.temperature = temperature
        self.gibbs_steps = gibbs_steps
        self.particles = positive_integer("particles", particles)
        self.exact = self.units <= MAX_ENUMERATED if exact is None else exact
        if self.exact:
            check_enumerable(self.units)
        self.pairs = np.stack(np.triu_indices(self.units, 1), axis=1)  # i < j
        normal = keras.initializers.RandomNormal(stddev=WEIGHT_STDDEV, seed=seed)
        options = {"autocast": False}  # float32 in half precision, too
        self.pair_weights = self.add_weight(
            (len(self.pairs),), normal, name="pair_weights", **options
        )
        self.bias = self.add_weight((self.units,), "zeros", name="bias", **options)
        if not self.exact:
            options |= {"trainable": False, "aggregation": "only_first_replica"}
            self.chains = self.add_weight(
                (self.particles, self.units), self.fair_coins, name="chains", **options
            )
        self.built = True

    def fair_coins(self, shape, dtype):
        return keras.ops.round(keras.random.uniform(shape, 0, 1, dtype, self.seed))

    # Energies and conditionals

    def connections(self):
        """The matrix W: symmetric, zero on the diagonal, one trained number per pair."""
        upper = tf.scatter_nd(self.pairs, self.pair_weights, [self.units, self.units])
        return upper + tf.transpose(upper)

    def energy(self, states):
        """E(s) of states (batch, units), of shape (batch,)."""
        pairs = tf.reduce_sum(tf.matmul(states, self.connections()) * states, axis=1) / 2
        return -pairs - tf.linalg.matvec(states, self.bias)

    def unit_probabilities(self, states):
        """P(s_i=1 | rest) of every unit of states (batch, units)."""
        return tf.sigmoid((tf.matmul(states, self.connections()) + self.bias) / self.temperature)

    def gibbs(self, states, steps, seed, first=0, temperature=None):
        """The states after Gibbs sampling.

        Units `first`, ..., N-1 are drawn one after the other, each from P(s_i | rest), `steps`
        times. Connected units drawn at the same time would settle in another distribution.
        """
        temperature = self.temperature if temperature is None else temperature
        connections, moving = self.connections(), self.units - first

        def draw(count, states):
            i = first + count % moving
            field = tf.linalg.matvec(states, connections[i]) + self.bias[i]
            noise = tf.random.stateless_uniform(tf.shape(field), tf.random.fold_in(seed, count))
            drawn = tf.cast(noise < tf.sigmoid(field / temperature), tf.float32)
            chosen = tf.range(self.units) == i
            return count + 1, tf.where(chosen, drawn[:, None], states)

        _, states = tf.while_loop(lambda count, _: count < steps * moving, draw, (0, states))
        return states

    # Training

    def constants(self, data, training):
        """The visible units of a batch, or the states s_data and s_model; and sample weights."""
        visible, weight = self.unpack(data)
        if self.exact:
            self.observe(self.with_hidden_means(visible), weight)
            return visible, weight
        s_data = self.clamped(visible, self.gibbs_steps, self.next_seed())
        steps = self.gibbs_steps if training else 0
        s_model = self.gibbs(tf.identity(self.chains), steps, self.next_seed())
        self.chains.assign(s_model)
        self.observe(s_data, weight)
        return s_data, s_model, weight

    def objective(self, constants, training):
        """The loss as a function of the weights alone: its states are drawn."""
        equation = self.negative_log_likelihood if self.exact else self.energy_difference
        loss = equation(*constants)
        self.track(constants[0], constants[-1], loss=loss)
        return loss

    def negative_log_likelihood(self, visible, weight=None):
        """mean F(v) + log Z."""
        return weighted_mean(self.free_energies(visible) + self.log_partition(), weight)

    def energy_difference(self, s_data, s_model, weight=None):
        """(mean E(s_data) - mean E(s_model)) / T."""
        of_model = tf.reduce_mean(self.energy(s_model))
        return weighted_mean((self.energy(s_data) - of_model) / self.temperature, weight)

    def clamped(self, visible, steps, seed):
        """States with these visible units, and hidden ones drawn given them."""
        coins = tf.random.stateless_uniform([tf.shape(visible)[0], self.hidden], seed) < 0.5
        states = tf.concat([visible, tf.cast(coins, tf.float32)], axis=1)
        return self.gibbs(states, steps, seed, first=self.visible_units)

    def observe(self, states, weight=None):
        """Logs how far each visible unit is from what the other units predict."""
        error = states - self.unit_probabilities(states)
        error = tf.reduce_sum(error[:, : self.visible_units] ** 2, axis=1)
        self.track(states, weight, reconstruction_error=error)

    def flat(self, x):
        """Examples as visible vectors, float32."""
        return tf.reshape(tf.cast(x, tf.float32), [-1, self.visible_units])

    # Use

    def call(self, x, training=False):
        """P(h_k=1 | v): exact, or the mean of short chains whose random numbers are fixed."""
        visible = self.flat(x)
        if self.exact:
            return tf.matmul(tf.nn.softmax(self.log_weights(visible)), all_states(self.hidden))
        copies = tf.repeat(visible, MEAN_CHAINS, axis=0)
        states = self.clamped(copies, MEAN_STEPS, tf.constant([0, 0]))
        means = self.unit_probabilities(states)[:, self.visible_units :]
        return tf.reduce_mean(tf.reshape(means, [-1, MEAN_CHAINS, self.hidden]), axis=1)

    def with_hidden_means(self, visible):
        """States (v, P(h=1 | v))."""
        return tf.concat([visible, self(visible)], axis=1)

    def reconstructed(self, x):
        """P(v_i=1 | x_j of all j != i, means of h), a tensor of the examples' shape."""
        states = self.with_hidden_means(self.flat(x))
        return self.examples(self.unit_probabilities(states)[:, : self.visible_units])

    def generate(self, count, seed=None, gibbs_steps=GIBBS_STEPS, temperature=None):
        """Examples from the model: Gibbs chains from the particles, or from fair coins.

        Args:
            count: number of examples.
            seed: integer, or `None` for the next ones of the model's own random numbers.
            gibbs_steps: non-negative integer, length of each chain in sweeps over all units.
            temperature: a temperature other than the model's, or `None`.

        Returns:
            NumPy array (count, *example_shape) of zeros and ones.
        """
        temperature = self.temperature if temperature is None else temperature
        temperature = positive_number("temperature", temperature)
        count, steps = count_of("count", count), steps_of("gibbs_steps", gibbs_steps)
        settings = (tf.constant(steps), tf.constant(temperature, tf.float32))
        return self.generated(tf.constant(count), self.seeded(seed), *settings).numpy()

    def generated(self, count, seed, gibbs_steps, temperature=None):
        """The tensor of generated examples; `seed` is an integer tensor of shape (2,)."""
        temperature = self.temperature if temperature is None else temperature
        return self._generated(count, seed, gibbs_steps, tf.cast(temperature, tf.float32))

    @tf.function(reduce_retracing=True)
    def _generated(self, count, seed, gibbs_steps, temperature):
        states = self.chain_start(count, seed)
        states = self.gibbs(states, gibbs_steps, seed, temperature=temperature)
        return self.examples(states[:, : self.visible_units])

    def chain_start(self, count, seed):
        """States to start chains from."""
        if self.exact:
            uniform = tf.random.stateless_uniform([count, self.units], seed)
            return tf.cast(uniform < 0.5, tf.float32)
        chosen = tf.random.stateless_uniform([count], seed, 0, self.particles, tf.int32)
        return tf.gather(self.chains, chosen)

    def endpoints(self):
        endpoints = super().endpoints()
        if self.hidden == 0:
            del endpoints["transform"]
        return endpoints
