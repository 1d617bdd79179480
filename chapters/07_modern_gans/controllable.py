"""Controllable generation: move one thing in an image, and find an image in the generator.

An attribute of an image, such as its slant, grows along a direction of the space of latents. The
direction is the normal of a plane that separates points whose images have much of it from those
that have little:

    n = weights of a linear support vector machine,   edited = point + step std(points . n) n

What else changes shows how entangled the space is: row i of a matrix is an edit of attribute i,
column j what it changes in attribute j. A direction from which the parts along all others have been
taken changes less of them. Some directions need no attribute: those in which w varies most, and
those in which what the layers make of w does.

To edit an image that the generator has not made, it must be found first:

    point = argmin |image - synthesize(point)|^2

in z, in w (one style), in w+ (another style for each layer), or in w+ and the noise. The larger the
space, the nearer is the image, and the further from what the generator would draw.

The attributes are the ink of a digit, its slant, its width, and whether a reader takes it for a
zero. By default a small StyleGAN learns digits of 8x8 pixels drawn with many fonts, within three
minutes. `--trained outputs/stylegan/stylegan.keras` takes the model of a run of stylegan.py
instead. Where a DCGAN of the same data ships, its z is edited too: a traditional generator's.
"""

from keras_gen import runs

# isort: split
import pathlib

import numpy as np

from keras_gen import (
    callbacks,
    data,
    editing,
    losses,
    models,
    optimizers,
    plotting,
    saved_models,
)

FILTERS, LATENT_DIM = (64, 64), 128  # at 4x4 and 8x8 pixels
LEARNING_RATE, BETA_1, BETA_2, EPSILON = 2e-3, 0.0, 0.99, 1e-8  # as in stylegan.py
BATCH_SIZE = 16  # more steps for the same images than the authors' 32
GAMMA = 0.1  # of R1: chosen for 8x8 pixels; the authors' 10 is for 1024x1024
HALF_LIVES = 20  # of the averaged weights in a training
COUNT, EDITED = 5000, 1000  # points that directions are found from, and those that are edited
ATTRIBUTES = ("ink", "slant", "width", "zero")
STEPS = (-3, -2, -1, 0, 1, 2, 3)  # in standard deviations, as far as the authors go
SEARCHED, SEARCH_STEPS, RESTARTS = 6, 300, 2  # images of a kind; the authors take 1,000 steps


def attributes_by(reader, value_range):
    """The function from images to the numbers of `ATTRIBUTES`, (n, 4)."""

    def measure(images):
        strokes = [f(images, value_range) for f in (editing.ink, editing.slant, editing.width)]
        return np.stack([*strokes, reader.probabilities(images, value_range)[:, 0]], axis=1)

    return measure


def judged_directions(space, name, reader, run):
    """The directions of all attributes in a space, with the others held, and how good they are."""
    measure, points = attributes_by(reader, space.value_range), space.sample(COUNT, run.seed)
    scores = measure(space.images(points))
    plain = [
        editing.attribute_direction(points, scores[:, i], attribute, space.name, seed=run.seed)
        for i, attribute in enumerate(ATTRIBUTES)
    ]
    others = [[each for each in plain if each is not direction] for direction in plain]
    held = [editing.conditional(*pair, points) for pair in zip(plain, others)]
    report = {f"accuracy_{name}_{each.name}": each.measures["accuracy"] for each in plain}
    for ending, directions in (("", plain), ("_others_held", held)):
        matrix = editing.entanglement_matrix(space, directions, measure, points[:EDITED])
        report[f"entanglement_{name}{ending}"] = editing.entanglement_share(matrix)
        changes = {f"edit: {n}": dict(zip(ATTRIBUTES, row)) for n, row in zip(ATTRIBUTES, matrix)}
        title = f"{name}{ending}: what a step of one deviation changes, in deviations"
        path = run.output / f"entanglement_{name}{ending}.png"
        plotting.bar_panels(changes, path, title.replace("_", " "))
    return held, report


def sheet(space, point, directions, path, title):
    """A picture with a row for each direction: the same point, step by step."""
    moved = [editing.edit(point, each, STEPS)[0] for each in directions]
    rows = {each.name: space.images(row) for each, row in zip(directions, moved)}
    columns = [f"{step:+d}" if step else "0" for step in STEPS]
    given = {"title": title, "columns": columns, "value_range": space.value_range}
    return plotting.image_rows(rows, path, **given)


def main(run: runs.Run = runs.Run(epochs=6), trained: pathlib.Path | None = None) -> None:
    """Edits images of a StyleGAN along directions, and searches images in its spaces.

    Args:
        run: what to train on and how long. The data need a shipped reader, which reads the images.
        trained: stylegan.keras of a run of stylegan.py for the same data, which is not trained.
    """
    run.begin()

    # Prepare.
    reader = run.reader()
    gan = None if trained is None else saved_models.load_keras(trained)
    size = 4 * 2 ** (len(FILTERS) - 1) if gan is None else gan.image_shape[0]
    train, test = run.images(size)

    # Fit, unless it has been fitted.
    if gan is None:
        batches = data.batches(train, BATCH_SIZE, seed=run.seed)
        numbers = (train.shape[1:], FILTERS, LATENT_DIM, run.epochs * len(train), HALF_LIVES)
        gan = models.growing_style_gan(*numbers, seed=run.seed)
        adam = [LEARNING_RATE, BETA_1, BETA_2, EPSILON]
        players = [optimizers.FusedAdam(*adam) for _ in range(2)]
        gan.compile(*players, penalty=losses.R1(GAMMA))
        grid = callbacks.SampleGrid(run.output / "epochs", every=run.every(10))
        gan.fit(batches, epochs=run.epochs, callbacks=run.watch(batches, callbacks.Growth(), grid))

    # Find directions of attributes in each space, judge how entangled they are, and look at edits.
    spaces = {"z": editing.Z(gan), "w": editing.W(gan, gan.truncation)}
    if f"dcgan_{run.dataset}" in saved_models.available():
        spaces["z_of_dcgan"] = editing.Z(saved_models.load(f"dcgan_{run.dataset}"))
    measures, sheets, found = {}, {}, {}
    for name, space in spaces.items():
        found[name], report = judged_directions(space, name, reader, run)
        measures |= report
        title = f"Edits in {name.replace('_', ' ')}, with the other attributes held"
        point, path = space.sample(1, run.seed), run.output / f"edits_{name}.png"
        sheets[name] = sheet(space, point, found[name], path, title)

    # Look at edits along directions that need no attribute.
    z, w, plus = spaces["z"], spaces["w"], editing.WPlus(gan)
    points = w.sample(COUNT, run.seed)
    principal = editing.principal_directions(points, 3, "w")
    principal += editing.weight_directions(editing.style_weights(gan), points, 3)
    editing.save_directions(run.output / "directions.json", [*found["w"], *principal])
    title = "Edits along directions in which w, or what layers make of it, varies most"
    sheet(w, points[:1], principal, run.output / "principal.png", title)

    # Search images: generated ones, test images, and the mean of the training images.
    generated = w.images(w.sample(SEARCHED, run.seed + 1))
    images = np.concatenate([generated, test[:SEARCHED], train.mean(axis=0, keepdims=True)])
    kinds = np.repeat(["generated", "test", "mean"], [SEARCHED, SEARCHED, 1])
    rows = {"image": images}
    searches = {"z": (z, False), "w": (w, False), "w+": (plus, False), "w+ and noise": (plus, True)}
    for name, (space, noise) in searches.items():
        options = {"steps": SEARCH_STEPS, "restarts": RESTARTS, "seed": run.seed}
        result = editing.invert(space, images, fit_noise=noise, **options)
        rows[name] = result.images
        for kind in ("generated", "test", "mean"):
            error = result.end_errors[kinds == kind].mean()
            measures[f"error_{kind}_{name.replace(' ', '_')}"] = error
    title, path = "The nearest image that was found in each space", run.output / "inversion.png"
    given = {"title": title, "columns": kinds.tolist(), "value_range": gan.value_range}
    plotting.image_rows(rows, path, **given)

    # Save.
    what = "StyleGAN generator whose images are edited along directions"
    look = "edits_w.png: what changes in a row, and what stays"
    run.save(gan, what, measures, sheets["w"], look)


if __name__ == "__main__":
    runs.start(main)
