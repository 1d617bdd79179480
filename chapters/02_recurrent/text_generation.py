"""Text generation: a network that reads characters and continues the text.

The model reads a text character by character and says after each one how likely every next
character is. That is all it learns in training; afterwards it writes by drawing a character,
reading it, drawing the next one, and so on.

    h_t = LSTM(embedding(x_t), h_{t-1}),   P(x_{t+1} | x_1 ... x_t) = softmax(W h_t + b)
    loss = -log P of the characters that follow, in nats per character

A uniform guess among 65 characters costs log 65 = 4.17 nats, a guess by their frequencies about
3.3. With a temperature, characters are drawn from P^(1/temperature): below 1 texts are safe and
repetitive, above 1 bold and misspelt.

The last tenth of the text is held out. By default the text is Python's own documentation of its
language, which comes with the standard library (`pydoc_data.topics`); `--text FILE` takes
any other. Expect less than 1.5 nats in a minute and a half. On tinyshakespeare the default reached
1.66 in less than five minutes, and `--units 512 --dropout 0.3 --epochs 12` 1.45.
"""

import pathlib
import pydoc_data.topics

from keras_gen import runs

# isort: split
import keras
import numpy as np

from keras_gen import data, models, plotting

BATCH_SIZE = 32
LEARNING_RATE = 3e-3  # Adam's, brought to zero along a cosine
HELD_OUT = 0.1
HELD_OUT_STEPS = 1_000  # so long that a piece's beginning without a past hardly matters
TEMPERATURES = (0.3, 0.7, 1.0)
LETTERS_WRITTEN = 300


def main(
    run: runs.Run = runs.Run(dataset=None, epochs=6),
    text: pathlib.Path | None = None,
    units: tuple[int, ...] = (256,),
    dropout: float = 0.0,
    steps: int = 100,
    prompt: str = "The ",
) -> None:
    """Trains a character model and lets it write.

    Args:
        run: how long to train; `limit` is a number of training pieces.
        text: file in UTF-8; `None` takes the documentation in Python's standard library.
        units: width of each LSTM layer.
        dropout: rate between the layers and before the last one.
        steps: characters of a training piece, through which gradients flow back.
        prompt: beginning of the texts that are written at the end.
    """
    run.begin()

    # Prepare: the text as numbers, its last tenth held out, both cut into pieces.
    written = text.read_text("utf-8") if text else "\n\n".join(pydoc_data.topics.topics.values())
    alphabet = data.Alphabet(sorted(set(written)))
    alphabet.encode([prompt])  # says at once if a character is unknown
    tokens = alphabet.encode([written])[0]
    train, held_out = np.split(tokens, [len(tokens) - round(HELD_OUT * len(tokens))])
    pieces = data.windows(train, steps)[: run.limit]
    held_out_pieces = data.windows(held_out, min(HELD_OUT_STEPS, len(held_out) - 1))
    batches = data.batches(pieces, BATCH_SIZE, seed=run.seed)

    # Build.
    cells = [keras.layers.LSTMCell(units[0])]
    cells += [keras.layers.LSTMCell(width, dropout=dropout) for width in units[1:]]
    model = models.CharacterModel(alphabet.characters, cells, dropout=dropout, seed=run.seed)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, run.epochs * len(batches))
    model.compile(keras.optimizers.Adam(schedule, clipnorm=1.0))

    # Fit; interrupted, the same command resumes where it was.
    history = model.fit(
        batches,
        epochs=run.epochs,
        validation_data=(held_out_pieces,),
        callbacks=run.watch(batches),
    )

    # Judge, compared with the best guess that knows only the characters' frequencies.
    counts = np.bincount(train, minlength=len(alphabet)) + 1
    guess = -np.log(counts / counts.sum())[held_out].mean()
    measures = {
        "validation_nats_per_character": model.evaluate(held_out_pieces, verbose=0),
        "frequencies_nats_per_character": guess,
    }
    plotting.training_curves(history, run.output / "training.png")

    # Look: the same model at several temperatures.
    texts = []
    for temperature in TEMPERATURES:
        continuation = model.generate(prompt, LETTERS_WRITTEN, temperature, run.seed)
        texts.append(f"temperature {temperature}:\n{prompt}{continuation}")
    (run.output / "texts.txt").write_text("\n\n".join(texts) + "\n")
    samples = plotting.text_page("\n\n".join(texts), run.output / "samples.png")

    # Save.
    run.save(
        model,
        f"Character model, LSTM {units}, {len(alphabet)} characters",
        measures,
        samples,
        "samples.png: what it writes, the bolder the higher the temperature",
        data=text.stem if text else "pydoc_topics",
        value_range=(0, len(alphabet) - 1),
    )


if __name__ == "__main__":
    runs.start(main)
