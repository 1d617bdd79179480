"""The deep convolutional GAN: five guidelines that made convolutional players stable.

Strided convolutions instead of pooling; batch normalization in both players except the
generator's output and the discriminator's input; no hidden dense layers; ReLU in the generator
with tanh at the end; leaky ReLU in the discriminator.

Reference:
    Radford, Metz, Chintala (2016), Unsupervised Representation Learning with Deep Convolutional
    Generative Adversarial Networks, arXiv:1511.06434, section 3.
"""

import keras
from keras import layers

from keras_gen.arguments import argument_error, number_from_zero, positive_integer, shape_of
from keras_gen.fused import FusedBatchNormalization, FusedLeakyReLU

WEIGHT_STDDEV = 0.02  # section 4 of the paper
LEAKY_SLOPE = 0.2  # section 4 of the paper
NORMALIZATION_MOMENTUM = 0.9  # moving averages follow a generator that never stops changing
SMALLEST_SIDE = 4  # figure 1 of the paper: where the generator starts


def dcgan_generator(
    image_shape,
    latent_dim=100,
    filters=64,
    kernel_size=4,
    num_classes=None,
    normalization=True,
    synchronized=False,
    smallest_side=SMALLEST_SIDE,
):
    """A DCGAN generator: projects latents to a small image and doubles it until it is full size.

        z -> dense -> (s, s, filters * 2^(n-1)) -> [transposed convolution, stride 2] * n -> tanh

    The sizes are those of the discriminator in reverse, such as 4, 7, 14, 28: where the
    discriminator halves an odd side, the last row or column is cut off after doubling.

    Args:
        image_shape: (height, width, channels); height and width above `smallest_side`.
        latent_dim: length of the latent vector.
        filters: feature maps of the last hidden layer; each smaller image has twice as many.
        kernel_size: side of the transposed kernels; a multiple of the stride 2 avoids checkerboards
            (the paper's is 5).
        num_classes: if given, the model takes `[latents, labels]`: an embedding of the integer
            label is appended to the latents.
        normalization: whether to use batch normalization.
        synchronized: whether batch normalization takes statistics over all replicas.
        smallest_side: side of the smallest image; where a side is that small, halving ends.

    Returns:
        A functional model to images in [-1, 1].

    Raises:
        ValueError: for a side of `smallest_side` or fewer pixels.
    """
    image_shape, filters = _checked(image_shape, filters, kernel_size, num_classes, smallest_side)
    latent_dim = positive_integer("latent_dim", latent_dim)
    channels = image_shape[2]
    *sizes, smallest = halved_sizes(image_shape, smallest_side)
    inputs = x = keras.Input((latent_dim,), name="latents")
    if num_classes is not None:
        labels = keras.Input((), dtype="int32", name="labels")
        inputs, x = [x, labels], _with_label(x, labels, num_classes)
    shape = (*smallest, filters << (len(sizes) - 1))
    x = layers.Dense(
        shape[0] * shape[1] * shape[2], use_bias=not normalization, kernel_initializer=_normal()
    )(x)
    x = layers.Reshape(shape)(x)
    for step, size in reversed(list(enumerate(sizes))):
        if normalization:
            x = _normalize(synchronized)(x)
        x = layers.ReLU()(x)
        last = step == 0
        x = layers.Conv2DTranspose(
            channels if last else filters << (step - 1),
            kernel_size,
            strides=2,
            padding="same",
            use_bias=last or not normalization,
            kernel_initializer=_normal(),
        )(x)
        x = cut(x, size)
    images = layers.Activation("tanh", dtype="float32")(x)
    return keras.Model(inputs, images, name="generator")


def dcgan_discriminator(
    image_shape,
    filters=64,
    kernel_size=4,
    num_classes=None,
    normalization=True,
    dropout=0.0,
    synchronized=False,
    smallest_side=SMALLEST_SIDE,
    kernel_initializer=None,
):
    """A DCGAN discriminator, or with `normalization=False` a critic for WGAN-GP.

        image -> [convolution, stride 2, leaky ReLU] * n -> flat -> one score (a logit)

    Sides are halved, and rounded up, until one is `smallest_side` or less. With 4, units of the
    last convolution see most of an image of 28 pixels; with 7, the score is a sum over patches of
    ten pixels.

    Args:
        image_shape: (height, width, channels), as for `dcgan_generator`.
        filters: feature maps of the first layer; each smaller image has twice as many.
        kernel_size: of the convolutions.
        num_classes: if given, the model takes `[images, labels]`, and the score has a further term
            for every class, `score = w'f + b + e_label'f`, f being the flat features: a projection
            of the image on the label.
        normalization: whether to use batch normalization, which a gradient penalty forbids.
        dropout: rate in [0, 1) after every layer.
        synchronized: whether batch normalization takes statistics over all replicas.
        smallest_side: side of the smallest image; where a side is that small, halving ends.
        kernel_initializer: name of a Keras initializer for the convolutions; `None` for the paper's
            normal distribution with standard deviation 0.02. That one relies on batch
            normalization: without it every layer shrinks its input, and a deep discriminator learns
            late. "he_normal" keeps the scale.

    Returns:
        A functional model to scores of shape (batch, 1).

    Raises:
        ValueError: for a side of `smallest_side` or fewer pixels.

    Reference:
        Miyato and Koyama (2018), cGANs with Projection Discriminator, arXiv:1802.05637, equation 3.
    """
    image_shape, filters = _checked(image_shape, filters, kernel_size, num_classes, smallest_side)
    dropout = number_from_zero("dropout", dropout, end=1)
    inputs = x = keras.Input(image_shape, name="images")
    for step in range(len(halved_sizes(image_shape, smallest_side)) - 1):
        normalized = normalization and step > 0
        x = layers.Conv2D(
            filters << step,
            kernel_size,
            strides=2,
            padding="same",
            use_bias=not normalized,
            kernel_initializer=kernel_initializer or _normal(),
        )(x)
        if normalized:
            x = _normalize(synchronized)(x)
        x = FusedLeakyReLU(LEAKY_SLOPE)(x)
        if dropout:
            x = layers.Dropout(dropout)(x)
    features = layers.Flatten()(x)
    score = layers.Dense(1, kernel_initializer=_normal(), dtype="float32", name="score")(features)
    if num_classes is None:
        return keras.Model(inputs, score, name="discriminator")
    labels = keras.Input((), dtype="int32", name="labels")
    of_class = layers.Embedding(num_classes, features.shape[-1], _normal(), dtype="float32")(labels)
    projection = layers.Dot(1, dtype="float32")([of_class, features])
    score = layers.Add(dtype="float32")([score, projection])
    return keras.Model([inputs, labels], score, name="discriminator")


def _checked(image_shape, filters, kernel_size, num_classes, smallest_side):
    positive_integer("kernel_size", kernel_size)
    positive_integer("smallest_side", smallest_side)
    if num_classes is not None:
        positive_integer("num_classes", num_classes)
    filters = positive_integer("filters", filters)
    return shape_of("image_shape", image_shape, "(height, width, channels)"), filters


def _with_label(latents, labels, num_classes):
    """Latents to which an embedding of the label, as long as they are, is appended."""
    width = latents.shape[-1]
    # About as long as a one-hot vector: a class as loud as the noise would drown it.
    start = keras.initializers.RandomNormal(stddev=width**-0.5)
    embedding = layers.Embedding(num_classes, width, start)
    return layers.Concatenate()([latents, embedding(labels)])


def _normal():
    return keras.initializers.RandomNormal(stddev=WEIGHT_STDDEV)


def _normalize(synchronized):
    return FusedBatchNormalization(momentum=NORMALIZATION_MOMENTUM, synchronized=synchronized)


def cut(x, size):
    """The upper left part of an image, of the given height and width."""
    rest = [(0, side - target) for side, target in zip(x.shape[1:3], size)]
    return layers.Cropping2D(rest)(x) if any(after for _, after in rest) else x


def halved_sizes(image_shape, smallest_side):
    """Heights and widths from the image's own down to the smallest."""
    sizes = [tuple(image_shape[:2])]
    while min(sizes[-1]) > smallest_side:
        sizes.append(tuple(-(-side // 2) for side in sizes[-1]))
    if len(sizes) == 1:
        raise argument_error(
            "image_shape", f"height and width of at least {smallest_side + 1}", tuple(image_shape)
        )
    return sizes
