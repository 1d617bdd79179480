"""An encoder for style transfer: a classifier of images, of which the feature maps are kept.

    x <- ReLU(conv_3(x)) = tap,   x <- ReLU(conv_3(x)),   x <- max of 2x2     four times
    p(class) = softmax(W mean(last tap) + b)

To tell classes apart the network learns edges, colours and textures, and the means and deviations
of its feature maps are what style_transfer.py takes for the style of a picture. It is not
normalized: the maps of pictures with different styles are to have different statistics. Padding by
reflection shows it no borders, and any size will do.

By default it learns digits drawn with many fonts on patches of two embedded photographs, in a
minute. `--dataset cifar10 --flip --epochs 12 --precision mixed_bfloat16` learns photographs of ten
kinds. `style_encoder.keras`, in half precision, holds the encoder without W and b:

    python chapters/07_modern_gans/style_transfer.py --encoder outputs/.../style_encoder.keras
"""

from keras_gen import runs

# isort: split
import keras
import numpy as np

from keras_gen import data, networks, plotting

FILTERS, CONVOLUTIONS = (32, 64, 128, 256), 2  # half of VGG-19's, which has up to four
BATCH_SIZE = 64
LEARNING_RATE = 1e-3  # Adam's default, brought to zero along a cosine
DROPOUT = 0.3  # of the means, between the encoder and W
SPLIT_COLUMN = 480  # of the embedded photographs: what is to the right of it is for the test
SHOWN = 8  # maps of each tap


def on_photographs(train, test, seed):
    """Grey images as differences from patches of photographs, in colour."""
    halves = np.split(data.sample_photographs(), [SPLIT_COLUMN], axis=2)
    return [
        data.blended(images, photographs, seed + part)
        for part, (images, photographs) in enumerate(zip((train, test), halves))
    ]


def maps_of(encoder, image):
    """A row for each tap: the maps that vary most, enlarged to the size of the image."""
    taps = encoder.predict(image[np.newaxis], verbose=0)
    shown = min(SHOWN, *(tap.shape[-1] for tap in taps))
    rows = {"image": np.stack([image] * shown)}
    for number, tap in enumerate(taps, 1):
        tap = np.moveaxis(tap[0].astype("float32"), -1, 0)
        tap = tap[np.argsort(-tap.std(axis=(1, 2)))[:shown]]
        tap = 2.0 * tap / max(tap.max(), 1e-6) - 1.0
        tap = np.repeat(
            np.repeat(tap, len(image) // tap.shape[1], 1), len(image) // tap.shape[2], 2
        )
        padding = len(image) - tap.shape[1]
        rows[f"tap {number}"] = np.pad(tap, ((0, 0), (0, padding), (0, padding)), mode="edge")
    return rows


def main(
    run: runs.Run = runs.Run(epochs=4), filters: tuple[int, ...] = FILTERS, flip: bool = False
) -> None:
    """Trains a classifier and keeps its encoder.

    Args:
        run: what to train on and how long. The data need labels; grey images are laid on
            photographs.
        filters: feature maps of the stages.
        flip: whether to mirror images at random, which digits do not survive.
    """
    run.begin()

    # Prepare: images in colour and their labels.
    (train, train_labels), (test, test_labels) = run.images(labels=True)
    if train.shape[-1] == 1:
        train, test = on_photographs(train, test, run.seed)
    augment = data.flipped if flip else None
    batches = data.batches((train, train_labels), BATCH_SIZE, seed=run.seed, augment=augment)

    # Build.
    encoder = networks.style_encoder(filters, CONVOLUTIONS)
    means = keras.layers.GlobalAveragePooling2D(dtype="float32")(encoder.outputs[-1])
    logits = keras.layers.Dense(int(train_labels.max()) + 1, dtype="float32")(
        keras.layers.Dropout(DROPOUT, dtype="float32")(means)
    )
    probabilities = keras.layers.Softmax(dtype="float32")(logits)
    classifier = keras.Model(encoder.inputs[0], probabilities)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, run.epochs * len(batches))
    loss = "sparse_categorical_crossentropy"
    classifier.compile(keras.optimizers.Adam(schedule), loss, metrics=["accuracy"])

    # Fit; interrupted, the same command resumes where it was.
    history = classifier.fit(
        batches,
        epochs=run.epochs,
        shuffle=False,  # the batches come shuffled
        validation_data=(test, test_labels),
        callbacks=run.watch(batches),
    )

    # Judge and look.
    read = np.argmax(classifier.predict(test, verbose=0), axis=1)
    measures = {f"error_{len(test)}": np.mean(read != test_labels)}
    title = "the feature maps of one test image that vary most"
    path, options = run.output / "maps.png", {"value_range": (-1.0, 1.0), "title": title}
    samples = plotting.image_rows(maps_of(encoder, test[0]), path, **options)
    plotting.training_curves(history, run.output / "training.png")

    # Save the encoder, in half precision; its SavedModel classifies, too.
    kept = networks.tapped_encoder(encoder, dtype="float16")
    what = f"Encoder for style transfer, taps of {', '.join(map(str, filters))} feature maps"
    look = "maps.png: what the stages of the encoder see in one image"
    further = {"classify": classifier}
    run.save(kept, what, measures, samples, look, value_range=(-1.0, 1.0), further=further)


if __name__ == "__main__":
    runs.start(main)
