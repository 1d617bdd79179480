"""The deep Boltzmann machine: mean field for the data, persistent chains for the model."""

import keras
import tensorflow as tf

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.losses.means import TINY, share
from keras_gen.models.boltzmann.layered_machine import LayeredMachine
from keras_gen.models.use import finite, steps_of


@keras.saving.register_keras_serializable("keras_gen")
class DeepBoltzmannMachine(LayeredMachine):
    """Layers of binary units, each connected in both directions with the next one.

        E(v, h)      = -b_0'v - sum_l b_l'h_l - sum_l h_l-1' W_l h_l,    h_0 = v, l = 1 ... L
        P(h_l=1 | .) = sigmoid(b_l + W_l' h_l-1 + W_l+1 h_l+1)

        log p(v) >= -E(v, mu) + H(mu) - log Z,   mu_l = sigmoid(b_l + W_l' mu_l-1 + W_l+1 mu_l+1)
        loss      = mean E(v_data, mu) - mean E(chains)

    `mu` and the chains count as constants, so the gradient is the difference of outer products

        dL/dW_l = <h_l-1 h_l'>_chains - <mu_l-1 mu_l'>_data.

    Mean field starts with an upward pass in which the input of every layer but the last is doubled,
    and then takes a fixed number of updates, odd and even layers in turn; each raises the bound.
    The chains persist. Given the odd layers the even ones are independent, and vice versa, so a
    Gibbs step draws the even ones, pixels included, and then the odd ones, and only the odd ones
    are kept. For the odd layers the loss takes P(odd | even) of the last step instead of what was
    drawn: E is linear in them, so the gradient has the same mean and less noise.

    Args:
        units: sizes of the hidden layers, two or more.
        example_shape: shape of one example, such as (28, 28, 1); an integer means vectors.
        gibbs_steps: positive integer, steps of every chain between two updates of the weights.
        mean_field_steps: positive integer, updates of `mu` after the upward pass.
        particles: positive integer, number of chains.
        value_range: closed interval of the data.
        weight_stddev: standard deviation of the initial weights; biases start at 0.
        seed: integer or `None`; starts weights and chains.

    Example:
        machine = DeepBoltzmannMachine((500, 1000), (28, 28, 1))
        machine.compile(keras.optimizers.SGD(0.005))
        machine.fit(binary_images, batch_size=100, epochs=100)

    Reference:
        Salakhutdinov & Hinton (2009), Deep Boltzmann Machines, sections 2 and 3.
    """

    tracked = ("loss", "reconstruction_error")
    adjustable = LayeredMachine.adjustable | {
        "gibbs_steps": positive_integer,
        "mean_field_steps": positive_integer,
    }

    def __init__(
        self,
        units,
        example_shape,
        gibbs_steps=5,
        mean_field_steps=10,
        particles=100,
        value_range=(0.0, 1.0),
        weight_stddev=0.01,
        seed=None,
        **kwargs,
    ):
        super().__init__(
            units, example_shape, weight_stddev, value_range=value_range, seed=seed, **kwargs
        )
        self.gibbs_steps = gibbs_steps
        self.mean_field_steps = mean_field_steps
        self.particles = positive_integer("particles", particles)
        self.chains = [
            self.add_weight(
                (particles, width),
                keras.initializers.RandomUniform(0.0, 1.0, seed=self.seed_generator),
                trainable=False,
                aggregation="only_first_replica",
                name=f"chains_{layer}",
            )
            for layer, width in list(enumerate(self.widths))[1::2]
        ]
        self.built = True

    @classmethod
    def from_rbms(cls, rbms, example_shape, *args, **kwargs):
        """A machine that starts with the weights of layers trained one after the other.

            W_l = W of machine l,    b_0 = b of the first,    b_L = c of the last
            b_l = (c of machine l + b of machine l+1) / 2

        so that a layer's input is the mean of its inputs in the two machines it belongs to.

        Args:
            rbms: trained `layers.doubled_rbms(units)`.
            example_shape: shape of one example; the first of `rbms` has seen it as a vector.
            *args, **kwargs: the further arguments of the class.

        Raises:
            ValueError: if there are fewer than two, they are not built, double sides other than
                those of `doubled_rbms`, or do not fit on each other.
        """
        model = cls([rbm.units for rbm in rbms], example_shape, *args, **kwargs)
        _check_rbms(rbms, model.visible_units)
        up = [rbm.hidden_bias for rbm in rbms]
        down = [rbm.visible_bias for rbm in rbms]
        between = [(c + b) / 2 for c, b in zip(up, down[1:])]
        for bias, value in zip(model.biases, [down[0], *between, up[-1]]):
            bias.assign(value)
        for kernel, rbm in zip(model.kernels, rbms):
            kernel.assign(rbm.kernel)
        return model

    # Mean field

    def mean_field(self, visible, steps=None):
        """The states [v, mu_1, ..., mu_L] after some updates, `mean_field_steps` by default."""
        top = len(self.units)
        evidence = self.from_below(1, [visible])  # the same in every update
        states = [visible]
        for layer in range(1, top + 1):
            below = evidence if layer == 1 else self.from_below(layer, states)
            twice = 2 if layer < top else 1
            states.append(tf.sigmoid(self.cast(self.biases[layer]) + twice * below))
        for _ in range(self.mean_field_steps if steps is None else steps):
            for layer in [*range(1, top + 1, 2), *range(2, top + 1, 2)]:
                known = evidence if layer == 1 else None
                states[layer] = self.probabilities(layer, states, known)
        return states

    def variational_bound(self, x, log_z, mean_field_steps=None):
        """A lower bound on log p(v) of every example, in nats.

            log p(v) >= -E(v, mu) + H(mu) - log Z,    H(mu) = -sum mu log mu + (1-mu) log(1-mu)

        Args:
            x: array of binary examples.
            log_z: log of the partition function, from `metrics.log_partition` of `as_rbm()`.
            mean_field_steps: non-negative integer, updates of `mu`; the model's number by default.

        Returns:
            Tensor (examples,).
        """
        x, log_z, steps = self.checked_examples(x), finite("log_z", log_z), self.mean_field_steps
        if mean_field_steps is not None:
            steps = steps_of("mean_field_steps", mean_field_steps)
        return self.graphs.bounded(tf.constant(x), tf.constant(log_z, tf.float32), steps)

    def bounded(self, x, log_z, mean_field_steps):
        """The tensor of variational bounds, without a check."""
        states = self.mean_field(self.flat(x), mean_field_steps)
        entropy = [
            -tf.reduce_sum(tf.math.xlogy(mu, mu) + tf.math.xlogy(1 - mu, 1 - mu), axis=1)
            for mu in [tf.cast(mu, tf.float32) for mu in states[1:]]
        ]
        return tf.add_n(entropy) - self.energy(states) - tf.cast(log_z, tf.float32)

    # Chains

    def negative_phase(self):
        """Moves copies of the chains: their odd layers, and the states that the loss uses."""
        odd, seed = [self.cast(chain) for chain in self.chains], self.next_seed()
        for step in range(self.gibbs_steps):
            key = tf.random.experimental.stateless_fold_in(seed, step)
            odd, expected = self.gibbs_step(odd, key)
        return odd, expected

    # Training

    def contrast(self, data, model, sample_weight=None):
        """mean E(data) - mean E(model), by the products of the states that E is linear in."""
        parameters = [*self.biases, *self.kernels]
        positive, negative = products(data, sample_weight), products(model)
        return -tf.add_n(
            [tf.reduce_sum(w * (p - n)) for w, p, n in zip(parameters, positive, negative)]
        )

    def constants(self, data, training):
        """The states of the data, by mean field, those of the chains, and sample weights."""
        visible, sample_weight = self.unpack(data)
        states = self.mean_field(visible)
        odd, model = self.negative_phase()
        if training:
            for chain, state in zip(self.chains, odd):
                chain.assign(tf.cast(state, chain.dtype))
        return states, model, sample_weight

    def objective(self, constants, training):
        """mean E(data) - mean E(chains)."""
        loss = self.contrast(*constants)
        if not training:
            self.observe(loss, *constants)
        return loss

    def after_step(self, constants, loss):
        self.observe(loss, *constants)

    def observe(self, loss, states, model, sample_weight):
        """Logs the loss and how far the mean-field reconstruction is from the data."""
        error = tf.square(tf.cast(states[0] - self.probabilities(0, states), tf.float32))
        error = tf.reduce_sum(error, axis=1)
        self.track(states[0], sample_weight, loss=loss, reconstruction_error=error)

    # Use

    def call(self, x, training=False):
        """mu_L, the features of the last layer."""
        return self.mean_field(self.flat(x))[-1]

    def reconstructed(self, x):
        """The tensor of P(v=1 | mu)."""
        return self.examples(self.probabilities(0, self.mean_field(self.flat(x))))

    @tf.function(reduce_retracing=True)
    def generated(self, count, seed, gibbs_steps):
        """The ends of chains that start at those of training, the pixels as probabilities."""
        chosen = tf.random.stateless_uniform([count], seed, 0, self.particles, tf.int32)
        start = [self.cast(tf.gather(chain, chosen)) for chain in self.chains]

        def step(index, odd):
            key = tf.random.experimental.stateless_fold_in(seed, index)
            return index + 1, self.gibbs_step(odd, key)[0]

        _, odd = tf.while_loop(lambda index, _: index < gibbs_steps, step, (0, start))
        return self.examples(self.probabilities(0, [None, odd[0]]))

    def base_probabilities(self, x):
        """Mean mean-field states of examples: the units of `as_rbm()` without connections.

        Args:
            x: examples, such as the training images.

        Returns:
            NumPy arrays for its visible units (the odd layers) and its hidden ones (the even).
        """
        states = self.mean_field(self.flat(self.checked_examples(x)))
        means = [tf.reduce_mean(tf.cast(state, tf.float32), axis=0) for state in states]
        return tf.concat(means[1::2], 0).numpy(), tf.concat(means[::2], 0).numpy()


def products(states, sample_weight=None):
    """<s_l> of every layer and <s_l-1 s_l'> of every pair, float32: -dE/db_l and -dE/dW_l."""
    states = [tf.cast(state, tf.float32) for state in states]
    weight = tf.ones([tf.shape(states[0])[0]]) if sample_weight is None else sample_weight
    weighted = states
    if sample_weight is not None:
        weighted = [weight[:, tf.newaxis] * state for state in states]
    sums = [tf.reduce_sum(state, axis=0) for state in weighted]
    sums += [tf.matmul(a, b, transpose_a=True) for a, b in zip(weighted, states[1:])]
    count = tf.maximum(share(weight), TINY)
    return [total / count for total in sums]


def _check_rbms(rbms, visible_units):
    last, width = len(rbms) - 1, visible_units
    for number, rbm in enumerate(rbms):
        copies = tuple(getattr(rbm, f"{side}_copies", 1) for side in ("visible", "hidden"))
        expected = (1 if number == last else 2, 1 if number == 0 else 2)
        taken = rbm.kernel.shape[0] if rbm.built else None
        if copies != expected or taken != width:
            raise argument_error(
                "rbms",
                "trained layers of `doubled_rbms`, one on the other",
                received=f"number {number} with {copies} copies of its visible and hidden units on "
                f"{taken} inputs, where {expected} copies on {width} belong",
            )
        width = rbm.units
