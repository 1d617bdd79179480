"""Colorization: the lightness of a picture goes in, its colours come out.

In CIE L*a*b* a picture is a lightness L and two opponent colours, a from green to red and b from
blue to yellow. Grey pictures have L, so only a and b are to be made:

    source: L / 50 - 1      target: (a, b) / 110      picture: (L, G(L)) as red, green, blue

L is kept as it is, so nothing of the drawing is lost; a colour that no screen can show at this
lightness is made greyer. G and D are those of pix2pix.py.

A grey copy has a = b = 0. Its mean error |a - a'| + |b - b'| is easily beaten by colours that are
nearly grey: where red and green are equally likely, their median may be neither. So the error
stands next to the colourfulness, and L1 alone next to its sum with the conditional GAN.

By default digits get the colours of their classes, which all have the same lightness: the network
must read them, in typefaces that it has never seen. That takes less than three minutes. With
photographs:

    --dataset cifar10 --limit 10000 --epochs 6 --filters 24
"""

from keras_gen import runs

# isort: split
import numpy as np

from keras_gen import data, metrics, models, networks, optimizers, plotting

LEARNING_RATE, BETA_1 = 1e-3, 0.5  # Isola et al. (2017), section 3.3, have 2e-4 for single images
BATCH_SIZE = 16  # a processor works better on many images at once
L1_WEIGHT = 100.0  # the same section
ADVERSARIAL_WEIGHTS = {"L1": 0.0, "L1 + cGAN": 1.0}
LAYERS = 1  # of the discriminator: patches of 16 pixels, half of an image
SHOWN = 10


def in_lab(images):
    """Lightness and colours of images with values from 0 to 1: two arrays in [-1, 1]."""
    return tuple(part.numpy() for part in data.lab.split(images))


def measured(images, lightness, colours, made):
    """Errors of colours in units of a and b, and what becomes of the pictures."""
    pictures = data.lab.joined(lightness, made).numpy()
    colourfulness = metrics.Colourfulness((0, 1))
    colourfulness.update_state(images, pictures)
    kept = 50 * np.abs(in_lab(pictures)[0] - lightness)  # in units of L, from 0 to 100
    return pictures, {
        "error_of_a_and_b": data.lab.LARGEST * np.mean(np.abs(colours - made)),
        "colourfulness": colourfulness.result(),
        "largest_change_of_lightness": np.max(kept),
    }


def main(
    run: runs.Run = runs.Run(dataset="glyphs_filled", epochs=3),
    filters: int = 16,
    image_size: int | None = None,
) -> None:
    """Trains two Pix2Pix on lightness and colours.

    Args:
        run: what to train on and how long: any images in colour.
        filters: feature maps of the first layers.
        image_size: height and width that images are resized to; they keep theirs if it is not
            given.
    """
    run.begin()

    # Prepare.
    train, test = run.images(image_size, value_range=(0, 1))
    lightness, colours = in_lab(test)
    pairs = in_lab(train)
    shapes = lightness.shape[1:], colours.shape[1:]
    grey, grey_measures = measured(test, lightness, colours, np.zeros_like(colours))
    table, shown = runs.Comparison("colours"), {"grey copy": grey[:SHOWN]}
    table.add("grey copy", **grey_measures)
    for name, weight, part in run.compare(ADVERSARIAL_WEIGHTS):
        run.print(name)
        batches = data.batches(pairs, BATCH_SIZE, seed=part.seed)

        # Build.
        generator = networks.unet(shapes[0], shapes[1][-1], filters)
        discriminator = networks.patchgan(shapes[1], shapes[0], LAYERS, filters)
        model = models.Pix2Pix(generator, discriminator, weight, L1_WEIGHT, seed=part.seed)
        rate = optimizers.ConstantThenLinear.over(run.epochs * len(batches), LEARNING_RATE)
        model.compile(optimizers.FusedAdam(rate, BETA_1), optimizers.FusedAdam(rate, BETA_1))

        # Fit; interrupted, the same command resumes where it was.
        model.fit(batches, epochs=run.epochs, callbacks=part.watch(batches))

        # Judge.
        made = model.translate(lightness, seed=part.seed)
        pictures, measures = measured(test, lightness, colours, made)
        table.add(name, **measures)
        shown[name] = pictures[:SHOWN]
    _, own = measured(test, lightness, colours, colours)
    table.add("originals", **own)

    # Look.
    shown["originals"] = test[:SHOWN]
    path, title = run.output / "colours.png", "pictures that training has not seen"
    samples = plotting.image_rows(shown, path, value_range=(0, 1), title=title)
    plotting.image_grid(pictures[:64], run.output / "samples.png", value_range=(0, 1))

    # Save the last one, with the conditional GAN.
    what = f"Pix2Pix of lightness into colours, U-Net of {filters} filters"
    run.save(model, what, table, samples, "colours.png: every picture has its lightness kept")


if __name__ == "__main__":
    runs.start(main)
