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
everything, with a text of another length. Here the decoder receives the code again at every step
and not its own last letter, because the translation is determined by the code; where several
continuations are possible it must read what was chosen (text_generation.py).

All tasks except the captions are made by rules, so there are as many examples as one likes; test
sentences and brackets are drawn anew, and no test date is a training date. The digits are drawn
with many fonts, the test images with fonts that training never shows. Only whole sequences count as
right. Expect 99 % and more, and 98 % of the captions, in two minutes. `--dataset mnist --epochs 4`
captions handwritten digits.
"""

from keras_gen import runs

# isort: split
import keras

from keras_gen import data, metrics, networks, plotting

BATCH_SIZE = 64
LEARNING_RATE = 3e-3  # Adam's, brought to zero along a cosine
TEST_COUNT = 2_000
LETTERS = " abcdefghijklmnopqrstuvwxyz"
IMAGE_SIZE, FILTERS, FEATURES, DROPOUT = 16, (32, 64), (128, 64), 0.4
SHOWN = 8  # examples of each task in the picture


def main(run: runs.Run = runs.Run(epochs=10)) -> None:
    """Trains one network of each topology.

    Args:
        run: which images are captioned; `limit` is the number of training examples of each task.
    """
    run.begin()
    tasks = {
        "one to many": captions,
        "many to one": opinions,
        "many to many": brackets,
        "encoder decoder": dates,
    }
    page, measures = [], {}
    for name, make in tasks.items():
        model, loss, metric, train, test = make(run)
        batches = data.batches(
            tuple(part[: run.limit] for part in train), BATCH_SIZE, seed=run.seed
        )
        schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, run.epochs * len(batches))
        model.compile(keras.optimizers.Adam(schedule, clipnorm=1.0), loss, metrics=[metric])

        # Fit; interrupted, the same command resumes where it was.
        run.print(name)
        history = model.fit(
            batches,
            epochs=run.epochs,
            shuffle=False,  # the batches come shuffled
            validation_data=test,
            callbacks=run.watch(batches, name=name.replace(" ", "_")),
        )
        _, accuracy = model.evaluate(*test, verbose=0)
        measures[f"accuracy_{name.replace(' ', '_')}_{len(test[0])}"] = accuracy

        # Look.
        plotting.training_curves(history, run.output / f"{name.replace(' ', '_')}.png")
        inputs, outputs = test[0][:SHOWN], model.predict(test[0][:SHOWN], verbose=0)
        lines = SHOW[name](inputs, outputs, run.output)
        page.append("\n".join([f"{name}, {accuracy:.2%} right", *lines]))

    # Save the translator of dates.
    samples = plotting.text_page("\n\n".join(page), run.output / "samples.png")
    what = "Recurrent encoder and decoder of dates; `serve` takes and gives one-hot steps"
    look = "samples.png: what goes into each network and what comes out"
    run.save(model, what, measures, samples, look, data="dates", value_range=(0, 1))


# The tasks: network, loss, metric, training examples, test examples.


def captions(run):
    """An image to the letters of its name."""
    (images, labels), (test_images, test_labels) = run.images(
        IMAGE_SIZE, (0, 1), labels=True, limit_test=False
    )
    train, test = (images, names(labels)), (test_images, names(test_labels))
    classifier = networks.lenet(images.shape[1:], 10, FILTERS, FEATURES, dropout=DROPOUT)
    encoder = keras.Model(classifier.inputs, classifier.get_layer("features").output)
    shape = (test[1].shape[1], len(letters()))
    decoder = networks.recurrent_decoder(FEATURES[-1], (64,), shape, "softmax")
    model = keras.Sequential([encoder, decoder])
    return model, "sparse_categorical_crossentropy", metrics.whole_sequences, train, test


def opinions(run):
    """A sentence to its opinion, favourable or not."""
    train, test = data.sequences.opinions(20_000, seed=1), data.sequences.opinions(TEST_COUNT, 2)
    model = networks.recurrent_encoder(train[0].shape[1:], (32,), 1)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return model, loss, keras.metrics.BinaryAccuracy(threshold=0.0), train, test


def brackets(run):
    """Brackets and letters to how many brackets are open, at every step."""
    train, test = (
        data.sequences.brackets(10_000, seed=1),
        data.sequences.brackets(TEST_COUNT, 20, 2),
    )
    depths = data.sequences.DEEPEST + 1
    model = networks.recurrent_tagger(train[0].shape[1:], (32,), depths, "softmax")
    return model, "sparse_categorical_crossentropy", metrics.whole_sequences, train, test


def dates(run):
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
    return model, "sparse_categorical_crossentropy", metrics.whole_sequences, train, test


def names(labels):
    """The names of digits as numbers of letters."""
    longest = max(map(len, data.captions.NAMES))
    return letters().encode(data.captions.NAMES, longest)[labels]


def letters():
    """The alphabet of the names."""
    return data.Alphabet(LETTERS)


# What to show: a few test examples and what the network makes of them, line by line.


def show_captions(inputs, outputs, folder):
    """Images with their captions, in a picture of their own."""
    words = [word.strip() for word in letters().decode(outputs.argmax(axis=-1))]
    path = folder / "captions.png"
    plotting.image_grid(inputs, path, columns=SHOWN, value_range=(0, 1), titles=words)
    return [f"the images of captions.png -> {', '.join(words)}"]


def show_opinions(inputs, outputs, folder):
    """Sentences and their opinions."""
    for sentence, logit in zip(data.sequences.as_text(inputs), outputs[:, 0]):
        yield f"{sentence} -> {'favourable' if logit > 0 else 'unfavourable'}"


def show_brackets(inputs, outputs, folder):
    """Brackets and their depths, each under its symbol."""
    for symbols, depths in zip(inputs[:2].argmax(axis=-1), outputs[:2].argmax(axis=-1)):
        yield "".join("()a"[symbol] for symbol in symbols)
        yield "".join(map(str, depths))


def show_dates(inputs, outputs, folder):
    """Dates in English and in ISO format."""
    written = data.sequences.DATES.decode(inputs.argmax(axis=-1))
    for text, iso in zip(written, data.sequences.ISO_DATES.decode(outputs.argmax(axis=-1))):
        yield f"{text.strip()} -> {iso}"


SHOW = {
    "one to many": show_captions,
    "many to one": show_opinions,
    "many to many": show_brackets,
    "encoder decoder": show_dates,
}


if __name__ == "__main__":
    runs.start(main)
