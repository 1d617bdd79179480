"""The character model: a recurrent network that predicts how a text continues."""

import keras
import tensorflow as tf
from keras import layers

from keras_gen.arguments import argument_error, positive_number
from keras_gen.data.alphabet import Alphabet
from keras_gen.fused_recurrent import RNN
from keras_gen.losses import weighted_mean
from keras_gen.models.base import GenerativeModel
from keras_gen.models.inputs import Tokens
from keras_gen.models.use import asserted, count_of


@keras.saving.register_keras_serializable("keras_gen")
class CharacterModel(GenerativeModel):
    """Predicts each character of a text from those before it, and writes by drawing from that.

        h_t = cells(embedding(x_t), h_{t-1}),   P(x_{t+1} | x_1 ... x_t) = softmax(W h_t + b)

        loss = -mean_t log P(x_{t+1} | x_1 ... x_t),   in nats per character

    An example for `fit()` is a piece of text, the numbers of its characters in an `Alphabet`: the
    model reads all but the last of them, from a zero state, and predicts all but the first. A `y`
    is ignored. The model is compiled with an optimizer alone.

    A temperature divides the logits before a character is drawn: 1 draws from what was learned,
    less makes likely characters likelier (in the limit always the likeliest one), more evens the
    probabilities out.

    Args:
        characters: string, the alphabet.
        cells: list of Keras recurrent cells, such as `[LSTMCell(256), LSTMCell(256)]`, the first
            one next to the characters.
        embedding_dim: length of the vector that represents a character.
        dropout: rate in [0, 1) before the last layer.
        seed: integer or `None`.

    Example:
        model = CharacterModel(alphabet.characters, [keras.layers.LSTMCell(256)])
        model.compile(keras.optimizers.Adam(2e-3))
        model.fit(windows, batch_size=64, epochs=10)
        model.generate("The ", length=200, temperature=0.8, seed=1)
    """

    tracked = ("loss",)

    def __init__(self, characters, cells, embedding_dim=64, dropout=0.0, seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.alphabet = Alphabet(characters)
        self.characters = self.alphabet.characters
        self.cells = list(cells)
        self.embedding_dim = embedding_dim
        self.dropout = dropout
        count = len(self.alphabet)
        self.embedding = layers.Embedding(count, embedding_dim, name="embedding")
        self.recurrent = RNN(
            layers.StackedRNNCells(self.cells), return_sequences=True, return_state=True
        )
        self.drop = layers.Dropout(dropout, seed=seed)
        self.head = layers.Dense(count, dtype="float32", name="logits")
        self(tf.zeros([1, 2], tf.int32))

    def call(self, tokens, training=False):
        """Logits (batch, steps, characters) of the character after each of (batch, steps)."""
        states, *_ = self.recurrent(self.embedding(tokens), training=training)
        return self.head(self.drop(states, training=training))

    def expects(self):
        return Tokens(len(self.alphabet)), None

    def takes(self):
        return Tokens(len(self.alphabet), least=1)

    def objective(self, constants, training):
        """The mean of -log P(x_{t+1} | x_1 ... x_t) over a batch and its steps."""
        tokens, _, weight = self.unpacked(constants)
        logits = self(tokens[:, :-1], training=training)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tokens[:, 1:], logits)
        losses = tf.reduce_mean(losses, axis=1)
        self.track(tokens, weight, loss=losses)
        return weighted_mean(losses, weight)

    # Use

    def generate(self, prompt, length=200, temperature=1.0, seed=None):
        """Continues a text; equal seeds give equal texts.

        Args:
            prompt: string, at least one character of the alphabet.
            length: number of characters to write, at least one.
            temperature: positive number.
            seed: integer, or `None` for the next text of the model's own random numbers.

        Returns:
            The continuation, a string without the prompt.

        Raises:
            ValueError: for an empty prompt, a character that is not in the alphabet, or a
                temperature or length that is not positive.
        """
        if not isinstance(prompt, str) or not prompt:
            text = "at least one character, in a string"
            raise argument_error("prompt", text, received=f"prompt={prompt!r}")
        length = count_of("length", length)
        temperature = positive_number("temperature", temperature)
        tokens = self.graphs.generated(
            tf.constant(self.alphabet.encode([prompt])),
            tf.constant(length),
            tf.constant(temperature, tf.float32),
            self.seeded(seed),
        )
        return self.alphabet.decode(tokens)[0]

    def generated(self, tokens, length, temperature, seed):
        """Draws int32 tokens (batch, length) that follow int32 tokens (batch, steps).

        Args:
            tokens: at least one per row.
            length: scalar, number of tokens to draw.
            temperature: positive scalar.
            seed: integer tensor of shape (2,).
        """
        cell = self.recurrent.cell
        structure = cell.get_initial_state(batch_size=1)
        outputs, *states = self.recurrent(self.embedding(tokens), training=False)

        def drawn(output, index):
            key = tf.random.experimental.stateless_fold_in(seed, index)
            logits = self.head(output) / temperature
            return tf.random.stateless_categorical(logits, 1, key, tf.int32)[:, 0]

        def step(index, token, states, written):
            states = tf.nest.pack_sequence_as(structure, states)
            output, states = cell(self.embedding(token), states, training=False)
            written = written.write(index, token)
            return index + 1, drawn(output, index + 1), tf.nest.flatten(states), written

        written = tf.TensorArray(tf.int32, length, element_shape=[None])
        start = (0, drawn(outputs[:, -1], 0), tf.nest.flatten(states), written)
        *_, written = tf.while_loop(lambda index, *_: index < length, step, start)
        return tf.transpose(written.stack())

    def endpoints(self):
        """What `saved_models.export` writes: name -> (function, input signature).

        `generate(prompt, length, temperature, seed)` takes and returns a text, a scalar string;
        `log_probabilities(tokens)` returns those of every next character.
        """
        characters = tf.constant(list(self.characters))

        def generate(prompt, length, temperature, seed):
            letters = tf.strings.unicode_split(prompt, "UTF-8")
            known = letters[:, tf.newaxis] == characters
            unknown = tf.boolean_mask(letters, ~tf.reduce_any(known, axis=1))
            check = tf.debugging.Assert(
                tf.logical_and(tf.size(letters) > 0, tf.equal(tf.size(unknown), 0)),
                ["Expected a prompt of these characters:", self.characters, "Received:", unknown],
            )
            with tf.control_dependencies([check]):  # or a bad prompt may fail elsewhere first
                tokens = tf.argmax(known, axis=1, output_type=tf.int32)[tf.newaxis]
            tokens = self.generated(tokens, length, temperature, tf.stack([seed, 0]))
            return tf.strings.reduce_join(tf.gather(characters, tokens[0]))

        def log_probabilities(tokens):
            return tf.nn.log_softmax(self(tokens, training=False))

        scalars = [("prompt", tf.string), ("length", tf.int32), ("temperature", tf.float32)]
        scalars = [tf.TensorSpec([], dtype, name) for name, dtype in [*scalars, ("seed", tf.int32)]]
        generate = asserted(generate, scalars)
        tokens = tf.TensorSpec([None, None], tf.int32, "tokens")
        return {
            "generate": (generate, scalars),
            "log_probabilities": (log_probabilities, [tokens]),
        }
