"""What goes in and what comes out: the four topologies of recurrent networks.

One recurrent layer, four ways to connect it. A sequence may be read into a vector, a vector may be
written out as a sequence, and a sequence may be answered by a sequence, step by step or after it
has been read to its end:

    one to many     image -> network -> code -> LSTM at every step -> letters
                    the caption of an image: a picture of a digit becomes "seven"
    many to one     words -> LSTM -> last state -> label
                    the sentiment of a sentence: "the film not bad very warm" is favourable
    many to many    symbols -> LSTM -> a tag at every step
                    the depth of brackets: "a(b(c))" is tagged 0112210
    many to many    letters -> LSTM -> code -> LSTM at every step -> letters
                    translation: "November 25, 2026" becomes "2026-11-25"

The third one has to answer at once; the fourth, an encoder and a decoder, answers when it knows
everything, with a text of another length. Here the decoder gets the code again at every step and
not its own last letter, because the translation is determined by the code; where several
continuations are possible it must hear what was chosen (text_generation.py).

All tasks but the captions are made by rules, so there are as many examples as one likes; test
sentences and brackets are drawn anew, and test dates are none of the training dates. The digits
are scikit-learn's, whose test images other people have written. Counted as right are whole
sequences. Expect 99 % and more of the generated tasks, and about 97 % of these captions: the
images are the difficulty there, not the letters. `--dataset mnist --epochs 4` captions MNIST;
the figures are in chapters/README.md. It takes two minutes.
"""

import pathlib

import keras
import numpy as np
import tensorflow as tf
import tyro

from keras_gen import callbacks, data, metrics, networks, plotting, saved_models

BATCH_SIZE = 64
LEARNING_RATE = 3e-3  # Adam's, brought to zero along a cosine
TEST_COUNT = 2_000
LETTERS = data.Alphabet(" abcdefghijklmnopqrstuvwxyz")
IMAGE_SIZE, FILTERS, FEATURES, DROPOUT = 16, (32, 64), (128, 64), 0.4


def main(
    dataset: str = "digits",
    epochs: int | None = None,
    limit: int | None = None,
    output: pathlib.Path = pathlib.Path("outputs/topologies"),
    seed: int = 1,
) -> None:
    """Trains one network of each topology.

    Args:
        dataset: digits or mnist, the images to be captioned.
        epochs: passes over the training examples; `None` gives each task its own number.
        limit: use only that many training examples.
        output: folder for the pictures and the models, one folder per topology.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    tasks = {
        "one_to_many": captions(dataset),
        "many_to_one": opinions(),
        "many_to_many": brackets(),
        "encoder_decoder": dates(),
    }
    for name, (model, loss, metric, passes, train, test) in tasks.items():
        batches = data.batches(tuple(part[:limit] for part in train), BATCH_SIZE, seed=seed)
        passes = epochs or passes
        schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, passes * len(batches))
        model.compile(keras.optimizers.Adam(schedule, clipnorm=1.0), loss, metrics=[metric])

        # Fit; interrupt it and run the same command again, and it goes on where it was.
        history = model.fit(
            batches,
            epochs=passes,
            shuffle=False,  # the batches come shuffled
            validation_data=test,
            callbacks=[callbacks.Resume(output / name / f"{name}.state", batches)],
        )
        _, accuracy = model.evaluate(*test, verbose=0)
        print(f"{name}: {100 * accuracy:.2f} % of {len(test[0])} test examples are right")

        # Look.
        outputs = model.predict(test[0][:40], verbose=0)
        curves = plotting.training_curves(history, output / name / "training.png")
        samples = SHOW[name](test, outputs, output / name) or curves

        # Save.
        model.save(output / name / f"{name}.keras")
        card = saved_models.card(
            f"Recurrent network, {name.replace('_', ' ')}; `serve` takes and gives one-hot steps",
            dataset if name == "one_to_many" else name,
            (0, 1),
            seed,
            {f"accuracy_{len(test[0])}": accuracy},
        )
        saved_models.export(model, output / name / "saved_model", card, samples)
    print(f"Pictures and models are in the folders of {output}.")


# The tasks: network, loss, metric, epochs, training examples, test examples.


def captions(dataset):
    """An image to the letters of its name."""
    options = {"image_size": IMAGE_SIZE, "value_range": (0, 1), "labels": True}
    images, labels = data.arrays(data.load(dataset, "train", **options))
    train = data.nudged(images), _names(np.tile(labels, 5))
    images, labels = data.arrays(data.load(dataset, "test", **options))
    test = images, _names(labels)
    classifier = networks.lenet(images.shape[1:], 10, FILTERS, FEATURES, dropout=DROPOUT)
    encoder = keras.Model(classifier.inputs, classifier.get_layer("features").output)
    shape = (test[1].shape[1], len(LETTERS))
    decoder = networks.recurrent_decoder(FEATURES[-1], (64,), shape, "softmax")
    model = keras.Sequential([encoder, decoder])
    return model, "sparse_categorical_crossentropy", metrics.whole_sequences, 20, train, test


def opinions():
    """A sentence to what it thinks of something."""
    train, test = data.sequences.opinions(20_000, seed=1), data.sequences.opinions(TEST_COUNT, 2)
    model = networks.recurrent_encoder(train[0].shape[1:], (32,), 1)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return model, loss, keras.metrics.BinaryAccuracy(threshold=0.0), 6, train, test


def brackets():
    """Brackets and letters to how many brackets are open, at every step."""
    train, test = (
        data.sequences.brackets(10_000, seed=1),
        data.sequences.brackets(TEST_COUNT, 20, 2),
    )
    depths = data.sequences.DEEPEST + 1
    model = networks.recurrent_tagger(train[0].shape[1:], (32,), depths, "softmax")
    return model, "sparse_categorical_crossentropy", metrics.whole_sequences, 6, train, test


def dates():
    """A date in English to a date in ISO format."""
    written, iso = data.sequences.dates(22_000, seed=1)
    texts = data.sequences.DATES.one_hot(written, data.sequences.LONGEST_DATE)
    wanted = data.sequences.ISO_DATES.encode(iso)
    train = texts[:-TEST_COUNT], wanted[:-TEST_COUNT]
    test = texts[-TEST_COUNT:], wanted[-TEST_COUNT:]
    encoder = networks.recurrent_encoder(texts.shape[1:], (128,), 64)
    shape = (wanted.shape[1], len(data.sequences.ISO_DATES))
    decoder = networks.recurrent_decoder(64, (128,), shape, "softmax")
    model = keras.Sequential([encoder, decoder])
    return model, "sparse_categorical_crossentropy", metrics.whole_sequences, 10, train, test


def _names(labels):
    longest = max(map(len, data.captions.NAMES))
    return LETTERS.encode(data.captions.NAMES, longest)[labels]


# The looks: a few test examples and what the network makes of them.


def show_captions(test, outputs, folder):
    return plotting.image_grid(
        test[0][: len(outputs)],
        folder / "captions.png",
        columns=8,
        value_range=(0, 1),
        titles=LETTERS.decode(outputs.argmax(axis=-1)),
    )


def show_opinions(test, outputs, folder):
    for sentence, logit in zip(data.sequences.as_text(test[0][:5]), outputs[:5, 0]):
        print(f"    {sentence}: {'favourable' if logit > 0 else 'unfavourable'}")


def show_brackets(test, outputs, folder):
    for symbols, depths in zip(test[0][:5].argmax(axis=-1), outputs[:5].argmax(axis=-1)):
        print("    " + "".join("()a"[symbol] for symbol in symbols), "".join(map(str, depths)))


def show_dates(test, outputs, folder):
    written = data.sequences.DATES.decode(test[0][:5].argmax(axis=-1))
    for text, iso in zip(written, data.sequences.ISO_DATES.decode(outputs[:5].argmax(axis=-1))):
        print(f"    {text.strip()}: {iso}")


SHOW = {
    "one_to_many": show_captions,
    "many_to_one": show_opinions,
    "many_to_many": show_brackets,
    "encoder_decoder": show_dates,
}


if __name__ == "__main__":
    tyro.cli(main)
