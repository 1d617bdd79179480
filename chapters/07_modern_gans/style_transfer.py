"""Style transfer: the content of one picture in the style of another, any style, in one pass.

What is where in a picture is in the feature maps of an encoder f; what it looks like, colours and
texture, is in their means and deviations. So the maps of one picture get the statistics of
another's, and a decoder g, the only network that learns, makes a picture of them:

    t = sigma(f(style)) (f(content) - mu(f(content))) / sigma(f(content)) + mu(f(style))
    loss = mean |f(g(t)) - t|^2 + weight * squared errors of mu and sigma, at all taps of f

It learns no style in particular. Of a style that it has never seen one chooses how much,

    g((1 - alpha) f(content) + alpha t),

mixes it with others, or gives it the colours of the content first. Two distances, for held-out
styles, say what comes of it: how much of the distance to the style is left, where 1 is that of the
content, and how far the content has moved, where 1 is a picture of the style itself. Exchanging the
colours alone, histogram by histogram, and a decoder that has not learned are the rivals.

By default the contents are patches of two embedded photographs and the styles patterns drawn by
rules, and all takes three minutes. The encoder is the shipped `encoder_cifar10`, where there is
one, or else one of random weights, whose statistics tell colours and textures apart as well.
`--encoder FILE` takes a run of style_encoder.py, or any Keras file, tapped at `--taps NAME ...`;
`--encoder vgg19` the authors' encoder, whose weights Keras downloads. `--dataset cifar10` or a
folder, with `--image-size 64`, has other contents, and `--styles FOLDER` other styles.
"""

from keras_gen import runs

# isort: split
import numpy as np

from keras_gen import data, metrics, models, networks, optimizers, plotting, saved_models

LEARNING_RATE = 1e-3  # the authors' 1e-4 is for 160,000 steps
BATCH_SIZE = 8  # Huang and Belongie (2017), section 6.1
FILTERS, CONVOLUTIONS = (32, 64, 128), 2  # of an encoder with random weights
SHIPPED = "encoder_cifar10"
TAPS = 3  # of the encoder's; VGG-19 has four, but a fourth loses more of small pictures
PATCHES, PATTERNS = 1000, 2000  # of the training
TEST_PATTERNS, SHOWN = 10, 5
ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0)
MEASURES = ("content_moved", "style_left")
RIVALS = ("exchanged colours", "untrained decoder")


def encoder_of(name, taps, channels):
    """The fixed encoder that an argument names."""
    if name == "vgg19":
        return networks.vgg19_encoder()
    shipped = saved_models.FOLDER / SHIPPED / "encoder.keras"
    if name is None and not (shipped.exists() and channels == 3):
        return networks.style_encoder(FILTERS, CONVOLUTIONS, channels)
    found = saved_models.load_keras(shipped if name is None else name)
    return networks.tapped_encoder(found, taps or found.output_names[:TAPS])


def contents_of(run, size):
    """Pictures to learn from, and two for the test."""
    if run.dataset != "photographs":
        train, test = run.images(size)
        return train, test[:2]
    photographs = data.rules.downscaled(2)(data.sample_photographs((0.0, 1.0))[:, :426]).numpy()
    temple, flower = 2.0 * photographs - 1.0
    train = data.patches(np.stack([temple, flower]), run.limit or PATCHES, size, run.seed)
    return train, np.stack([temple[:, :213], flower[:, 48:261]])


def styles_of(folder, size, test_size, run):
    """Styles to learn from, and others for the test."""
    if folder is not None:
        parts = (("train[:80%]", size, run.limit), ("train[80%:]", test_size, TEST_PATTERNS))
        loaded = [(data.load(folder, part, side), most or -1) for part, side, most in parts]
        return [data.arrays(pictures.take(most)) for pictures, most in loaded]
    learned = data.textures.textures(run.limit or PATTERNS, size, 2 * run.seed)
    return learned, data.textures.textures(TEST_PATTERNS, test_size, 2 * run.seed + 1)


def judge_of(encoder):
    """What measures distances in the feature maps of another encoder, the same for several."""
    return models.StyleTransfer(encoder, networks.mirrored_decoder(encoder))


def distances(model, images, content, style):
    """What is left of the distance to the style, and how far the content has moved."""
    found = model.distances(images, content, style)
    start, other = (model.distances(each, content, style) for each in (content, style))
    return {
        "style_left": np.mean(found["style"] / start["style"]),
        "content_moved": np.mean(found["content"] / other["content"]),
    }


def matrix(model, content, style, path):
    """A picture with a row for each content and a column for each style."""
    rows = {"": np.concatenate([np.ones_like(style[:1]), style])}
    for number, picture in enumerate(content, 1):
        stylized = model.stylize(np.stack([picture] * len(style)), style)
        rows[f"content {number}"] = np.concatenate([picture[np.newaxis], stylized])
    title = "styles that training has not seen, and pictures in them"
    return plotting.image_rows(rows, path, title=title, value_range=model.value_range)


def variations(model, content, style, folder):
    """Pictures of how much of a style there is, of two styles mixed, and of colours that stay."""
    options, texts = {"value_range": model.value_range}, [f"{alpha:g}" for alpha in ALPHAS]
    rows = {}
    for number in range(len(style)):
        row = [model.stylize(content, style[[number]], alpha) for alpha in ALPHAS]
        rows[f"style {number + 1}"] = np.concatenate([*row, style[[number]]])
    columns, title = [*texts, "style"], "how much of a style there is: alpha"
    path = folder / "alpha.png"
    plotting.image_rows(rows, path, title=title, columns=columns, **options)
    rows = {}
    for number in range(1, len(style)):
        both = [style[[0]], style[[number]]]
        row = [model.stylize(content, both, weights=[1 - share, share]) for share in ALPHAS]
        rows[f"1 and {number + 1}"] = np.concatenate([both[0], *row, both[1]])
    columns, title = ["first", *texts, "other"], "two styles mixed: the share of the other one"
    path = folder / "mixtures.png"
    plotting.image_rows(rows, path, title=title, columns=columns, **options)
    contents = np.concatenate([content] * len(style))
    stylized = [model.stylize(contents, style, keep_color=keep) for keep in (False, True)]
    rows = {"style": style, "in the style": stylized[0], "colours kept": stylized[1]}
    plotting.image_rows(rows, folder / "colors.png", **options)


def trade_off(table, path):
    """A picture of both distances: a curve over alpha, and a dot for each rival."""
    points = {name: [table.mean(name, each) for each in MEASURES] for name in table.rows}
    curve = zip(*(point for name, point in points.items() if name.startswith("alpha")))
    curves = {name: np.transpose([point]) for name, point in points.items() if name in RIVALS}
    curves = {"alpha from 0 to 1": list(curve), **curves}
    title = "style left"
    plotting.curve_panels({title: curves}, "content moved", path, logarithmic=[title])


def main(
    run: runs.Run = runs.Run(dataset="photographs", epochs=4),
    encoder: str | None = None,
    taps: tuple[str, ...] = (),
    styles: str | None = None,
    image_size: int = 64,
    style_weight: float = 10.0,
    judge: str | None = None,
) -> None:
    """Trains the decoder of a style transfer.

    Args:
        run: what the contents are and how long to train; `limit` counts the styles too.
        encoder: a Keras file, or vgg19. By default the shipped encoder, or one of random weights.
        taps: names of the layers of that file that are tapped, the finest first.
        styles: folder of pictures whose styles are learned; patterns drawn by rules by default.
        image_size: height and width of the pictures in training.
        style_weight: of the style loss.
        judge: a Keras file whose feature maps measure the distances, to compare encoders; by
            default they are those of the encoder.
    """
    run.begin()

    # Prepare: contents and styles in any order. The styles of the test are new.
    contents, content = contents_of(run, image_size)
    learned, style = styles_of(styles, image_size, content.shape[1], run)
    batches = data.unpaired(contents, learned, BATCH_SIZE, seed=run.seed)

    # Build.
    fixed = encoder_of(encoder, taps, content.shape[-1])
    decoder = networks.mirrored_decoder(fixed, CONVOLUTIONS)
    model = models.StyleTransfer(fixed, decoder, style_weight, seed=run.seed)
    rate = optimizers.ConstantThenLinear.over(run.epochs * len(batches), LEARNING_RATE)
    model.compile(optimizers.FusedAdam(rate))

    # Judge what it is held against: exchanged colours, and the decoder before it learns.
    pairs = np.repeat(content, len(style), axis=0), np.tile(style, (len(content), 1, 1, 1))
    colors = [
        metrics.matched_histograms(*pair)
        for pair in zip(*(np.split(each, len(each)) for each in pairs))
    ]
    judge = model if judge is None else judge_of(encoder_of(judge, None, content.shape[-1]))
    table = runs.Comparison("answer")
    for name, images in zip(RIVALS, (np.concatenate(colors), model.stylize(*pairs))):
        table.add(name, **distances(judge, images, *pairs))

    # Fit; interrupted, the same command resumes where it was.
    history = model.fit(batches, epochs=run.epochs, callbacks=run.watch(batches))

    # Judge.
    for alpha in ALPHAS:
        table.add(f"alpha {alpha:g}", **distances(judge, model.stylize(*pairs, alpha), *pairs))

    # Look.
    samples = matrix(model, content, style[:SHOWN], run.output / "styles.png")
    variations(model, content[:1], style[:SHOWN], run.output)
    trade_off(table, run.output / "distances.png")
    plotting.training_curves(history, run.output / "training.png")

    # Save.
    what = f"Style transfer, decoder of {decoder.count_params():,} weights"
    look = "styles.png: two pictures in styles that training has not seen"
    baselines = [f"{each}_{name.replace(' ', '_')}" for name in RIVALS for each in MEASURES]
    run.save(model, what, table, samples, look, baselines=baselines)


if __name__ == "__main__":
    runs.start(main)
