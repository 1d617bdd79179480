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
):
    """A DCGAN generator: projects latents to a small image and doubles it until it is full size.

        z -> dense -> (s, s, filters * 2^(n-1)) -> [transposed convolution, stride 2] * n -> tanh

    The sizes are those of the discriminator in reverse, such as 4, 7, 14, 28: where that one halves
    an odd side, the last row or column is cut off after doubling.

    Args:
        image_shape: (height, width, channels); height and width at least 5.
        latent_dim: length of the latent vector.
        filters: feature maps of the last hidden layer; each smaller image has twice as many.
        kernel_size: of the transposed convolutions; a multiple of the stride 2 avoids checkerboards
            (the paper's is 5).
        num_classes: if given, the model takes `[latents, labels]`: an embedding of the integer
            label is appended to the latents.
        normalization: whether to use batch normalization.
        synchronized: whether batch normalization takes statistics over all replicas.

    Returns:
        A functional model to images in [-1, 1].

    Raises:
        ValueError: for a side of less than 5 pixels.
    """
    channels = image_shape[2]
    *sizes, smallest = _sizes(image_shape)
    latents = keras.Input((latent_dim,), name="latents")
    inputs, x = latents, latents
    if num_classes is not None:
        labels = keras.Input((), dtype="int32", name="labels")
        inputs = [latents, labels]
        x = layers.Concatenate()([latents, _embedding(num_classes, latent_dim)(labels)])
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
        x = _cut(x, size)
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
):
    """A DCGAN discriminator, or with `normalization=False` a critic for WGAN-GP.

        image -> [convolution, stride 2, leaky ReLU] * n -> flat -> one score (a logit)

    Sides are halved, and rounded up, until one is 4 or less: the last convolution's units see the
    whole image, without which the score would be a sum over patches that nobody compares.

    Args:
        image_shape: (height, width, channels), as for `dcgan_generator`.
        filters: feature maps of the first layer; each smaller image has twice as many.
        kernel_size: of the convolutions.
        num_classes: if given, the model takes `[images, labels]`: an embedding of the integer
            label, drawn as one more channel, is appended to the image.
        normalization: whether to use batch normalization, which a gradient penalty forbids.
        dropout: rate in [0, 1) behind every layer.
        synchronized: whether batch normalization takes statistics over all replicas.

    Returns:
        A functional model to scores of shape (batch, 1).

    Raises:
        ValueError: for a side of less than 5 pixels.
    """
    height, width, _ = image_shape
    images = keras.Input(image_shape, name="images")
    inputs, x = images, images
    if num_classes is not None:
        labels = keras.Input((), dtype="int32", name="labels")
        inputs = [images, labels]
        plane = _embedding(num_classes, height * width)(labels)
        x = layers.Concatenate()([images, layers.Reshape((height, width, 1))(plane)])
    for step in range(len(_sizes(image_shape)) - 1):
        normalized = normalization and step > 0
        x = layers.Conv2D(
            filters << step,
            kernel_size,
            strides=2,
            padding="same",
            use_bias=not normalized,
            kernel_initializer=_normal(),
        )(x)
        if normalized:
            x = _normalize(synchronized)(x)
        x = layers.LeakyReLU(LEAKY_SLOPE)(x)
        if dropout:
            x = layers.Dropout(dropout)(x)
    x = layers.Flatten()(x)
    score = layers.Dense(1, kernel_initializer=_normal(), dtype="float32", name="score")(x)
    return keras.Model(inputs, score, name="discriminator")


def _normal():
    return keras.initializers.RandomNormal(stddev=WEIGHT_STDDEV)


def _normalize(synchronized):
    return layers.BatchNormalization(momentum=NORMALIZATION_MOMENTUM, synchronized=synchronized)


def _embedding(num_classes, length):
    # As large as latents and pixels, so that neither player can overlook the label.
    return layers.Embedding(num_classes, length, keras.initializers.RandomNormal(stddev=1.0))


def _cut(x, size):
    """The upper left part of an image, of the given height and width."""
    rest = [(0, side - target) for side, target in zip(x.shape[1:3], size)]
    return layers.Cropping2D(rest)(x) if any(after for _, after in rest) else x


def _sizes(image_shape):
    """Heights and widths from the image's own down to the smallest."""
    sizes = [tuple(image_shape[:2])]
    while min(sizes[-1]) > SMALLEST_SIDE:
        sizes.append(tuple(-(-side // 2) for side in sizes[-1]))
    if len(sizes) == 1:
        raise ValueError(
            "Invalid value for argument `image_shape`. Expected height and width of at least "
            f"{SMALLEST_SIDE + 1}. Received: image_shape={tuple(image_shape)}"
        )
    return sizes
