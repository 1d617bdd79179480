"""Text generation: a network that reads characters and writes on.

The model reads a text character by character and says after each of them how likely every next
character is. Trained on a text it is asked nothing else; then it writes by drawing a character,
reading it, drawing the next one, and so on.

    h_t = LSTM(embedding(x_t), h_{t-1}),   P(x_{t+1} | x_1 ... x_t) = softmax(W h_t + b)
    loss = -log P of the characters that came, in nats per character

A uniform guess among 65 characters costs log 65 = 4.17 nats, a guess by their frequencies about
3.3. With a temperature, P^(1/temperature) is drawn from: below 1 safe and repetitive, above 1
bold and misspelt.

The last tenth of the text is held out. By default the text is Python's own documentation of its
language, which the standard library has with it (`pydoc_data.topics`); `--text FILE` takes
any other. Expect less than 1.4 nats in two minutes. On tinyshakespeare the default reached 1.66 in
less than five minutes, and `--units 512 --dropout 0.3 --epochs 12` 1.45.
"""

import pathlib
import pydoc_data.topics

import keras
import numpy as np
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, models, plotting, saved_models

BATCH_SIZE = 32
LEARNING_RATE = 3e-3  # Adam's, brought to zero along a cosine
HELD_OUT = 0.1
HELD_OUT_STEPS = 1_000  # so long that it hardly matters that a piece begins without a past
TEMPERATURES = (0.3, 0.7, 1.0)
LETTERS_WRITTEN = 300


def main(
    text: pathlib.Path | None = None,
    epochs: int = 6,
    units: tuple[int, ...] = (256,),
    dropout: float = 0.0,
    steps: int = 100,
    prompt: str = "The ",
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/text_generation"),
    seed: int = 1,
) -> None:
    """Trains a character model and lets it write.

    Args:
        text: file in UTF-8; `None` takes the documentation in Python's standard library.
        epochs: passes over the training text.
        units: width of each LSTM layer.
        dropout: rate between the layers and before the last one.
        steps: characters of a training piece, over which gradients go back.
        prompt: beginning of the texts that are written at the end.
        limit: use only that many training pieces.
        output: folder for the texts and the model.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()

    # Prepare: the text as numbers, its last tenth held out, both cut into pieces.
    name = "pydoc_topics" if text is None else text.stem
    written = (
        "\n\n".join(pydoc_data.topics.topics.values()) if text is None else text.read_text("utf-8")
    )
    alphabet = data.Alphabet(sorted(set(written)))
    alphabet.encode([prompt])  # says at once if a character is unknown
    tokens = alphabet.encode([written])[0]
    held_out_count = round(HELD_OUT * len(tokens))
    train = data.windows(tokens[:-held_out_count], steps)[:limit]
    held_out_steps = min(HELD_OUT_STEPS, held_out_count - 1)
    held_out = data.windows(tokens[-held_out_count:], held_out_steps)
    batches = data.batches(train, BATCH_SIZE, seed=seed)

    # Build.
    cells = [keras.layers.LSTMCell(units[0])]
    cells += [keras.layers.LSTMCell(width, dropout=dropout) for width in units[1:]]
    model = models.CharacterModel(alphabet.characters, cells, dropout=dropout, seed=seed)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * len(batches))
    model.compile(keras.optimizers.Adam(schedule, clipnorm=1.0))

    # Fit; interrupt it and run the same command again, and it goes on where it was.
    resume = callbacks.Resume(output / "text.state", batches)
    history = model.fit(batches, epochs=epochs, validation_data=(held_out,), callbacks=[resume])

    # Judge, beside the best guess that knows the characters' frequencies only.
    loss = model.evaluate(held_out, verbose=0)
    frequencies = np.bincount(tokens[:-held_out_count], minlength=len(alphabet)) + 1
    guess = -np.log(frequencies / frequencies.sum())[tokens[-held_out_count:]].mean()
    print(f"validation loss {loss:.3f} nats per character; by frequencies alone {guess:.3f}")
    plotting.training_curves(history, output / "training.png")

    # Look: the same model at several temperatures.
    texts = []
    for temperature in TEMPERATURES:
        continuation = model.generate(prompt, LETTERS_WRITTEN, temperature, seed)
        texts.append(f"temperature {temperature}:\n{prompt}{continuation}")
    (output / "texts.txt").write_text("\n\n".join(texts) + "\n")
    samples = plotting.text_page("\n\n".join(texts), output / "samples.png")
    print("\n\n".join(texts))

    # Save.
    model.save(output / "text.keras")
    card = saved_models.card(
        f"Character model, LSTM {units}, {len(alphabet)} characters",
        name,
        (0, len(alphabet) - 1),
        seed,
        {"validation_nats_per_character": loss, "frequencies_nats_per_character": guess},
    )
    saved_models.export(model, output / "saved_model", card, samples)
    print(f"Texts, text.keras and saved_model/ are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
