"""PixelCNN: masked convolutions over the pixels that came before."""

import keras
import tensorflow as tf
from keras import layers

from keras_gen.arguments import argument_error, positive_integer
from keras_gen.layers import MaskedConv2D
from keras_gen.models.autoregressive.base import AutoregressiveModel

FIRST_KERNEL, KERNEL = 7, 3  # van den Oord et al. (2016), table 1


@keras.saving.register_keras_serializable("keras_gen")
class PixelCNN(AutoregressiveModel):
    """Images row by row from the top left, each pixel given those before it in a receptive field.

        p(x) = prod_t p(x_t | x_1 ... x_{t-1})

        h = conv7x7, mask A (x)
        h = h + conv1x1(relu(conv3x3, mask B (relu(conv1x1(relu(h))))))     for every block
        logits = conv1x1(relu(conv1x1(relu(h))))

    The 3x3 convolutions work on half as many feature maps. Training sees all pixels of an image
    at once. Drawing goes pixel by pixel and computes every feature of a pixel once, when all pixels
    before it are known; what the rows above contribute is computed for a whole row before the row
    begins. So an image costs little more than one pass through the network.

    `complete` draws a missing pixel given those before it, so it is exact where the given pixels
    come first, as an upper half does.

    Args:
        image_shape: (height, width, 1).
        filters: number of feature maps between the blocks, even.
        dilations: dilation rate of the 3x3 convolution of every block.
        levels: number of grey levels.
        value_range: closed interval of the pixels.
        seed: integer or `None`.

    Example:
        model = PixelCNN((28, 28, 1))
        model.compile(keras.optimizers.Adam(1e-3))
        model.fit(data.batches(images, 50, augment=data.binarize), epochs=10)
        model.generate(16, seed=1)

    Reference:
        van den Oord, Kalchbrenner, Kavukcuoglu (2016), Pixel Recurrent Neural Networks,
        arXiv:1601.06759, sections 3.3 to 3.5.
    """

    def __init__(
        self,
        image_shape,
        filters=64,
        dilations=(1, 2, 4, 1, 2, 4),
        levels=2,
        value_range=(0.0, 1.0),
        seed=None,
        **kwargs,
    ):
        super().__init__(image_shape, levels, value_range, seed, **kwargs)
        self.filters = positive_integer("filters", filters)
        self.dilations = [positive_integer("dilations", rate) for rate in dilations]
        if filters % 2:
            raise argument_error("filters", "an even number", filters)
        half = filters // 2
        self.masked = [MaskedConv2D(filters, FIRST_KERNEL, includes_center=False)]
        self.masked += [MaskedConv2D(half, KERNEL, dilation_rate=rate) for rate in self.dilations]
        self.narrow = [layers.Conv2D(half, 1) for _ in self.dilations]
        self.widen = [layers.Conv2D(filters, 1) for _ in self.dilations]
        self.head = [layers.Conv2D(filters, 1), layers.Conv2D(levels - 1, 1, dtype="float32")]
        self(tf.zeros([1, *self.image_shape]))

    def call(self, x, training=False):
        """Logits (batch, height, width, levels - 1), each from the pixels before its own."""
        return self.network(self.inputs(x), lambda index, inputs: self.masked[index](inputs))

    def network(self, inputs, convolve):
        """The network with `convolve(index, inputs)` for the masked convolution of an index."""
        h = convolve(0, inputs)
        for index, (narrow, widen) in enumerate(zip(self.narrow, self.widen), start=1):
            h = h + widen(tf.nn.relu(convolve(index, tf.nn.relu(narrow(tf.nn.relu(h))))))
        return self.head[1](tf.nn.relu(self.head[0](tf.nn.relu(h))))

    # Drawing

    def draw(self, images, given, seed):
        height, width, _ = self.image_shape
        uniform = tf.random.stateless_uniform(tf.shape(images)[:3], seed)
        kernels = [conv.masked_kernel() for conv in self.masked]
        rows = [tf.transpose(part, [1, 2, 0]) for part in (images[..., 0], given[..., 0], uniform)]

        def step(index, before, made):
            above = [
                tf.transpose(conv.above(inputs, kernel), [1, 0, 2])
                for conv, inputs, kernel in zip(self.masked, before, kernels)
            ]
            pixels, inputs = self.drawn_row(above, [part[index] for part in rows], kernels)
            return index + 1, followed(before, inputs), made.write(index, pixels)

        before = [
            self.nothing(tf.shape(images)[0], conv.rows_above, width, conv.kernel.shape[2])
            for conv in self.masked
        ]
        made = tf.TensorArray(tf.float32, height, element_shape=[width, None])
        *_, made = tf.while_loop(lambda index, *_: index < height, step, (0, before, made))
        return tf.transpose(made.stack(), [2, 0, 1])[..., tf.newaxis]

    def drawn_row(self, above, row, kernels):
        """One row of images, pixel by pixel.

        Args:
            above: for every masked convolution, what the rows above contribute: (width, batch,
                filters).
            row: images, given and uniform numbers of the row, each (width, batch).
            kernels: of the masked convolutions.

        Returns:
            The row's pixels (width, batch), and for every masked convolution its inputs in the
            row, (batch, 1, width, channels).
        """
        width, batch = self.image_shape[1], tf.shape(above[0])[1]
        unknown = self.nothing(batch, 1, 1, 1)

        def step(index, before, seen, made):
            image, given, uniform = (part[index] for part in row)
            inputs = []

            def convolve(layer, x):
                conv, x = self.masked[layer], x[:, 0]
                inputs.append(x)
                columns = tf.concat([before[layer], x], axis=1)
                beside = conv.beside(columns, kernels[layer])
                return conv.activated(above[layer][index] + beside)[:, tf.newaxis, tf.newaxis]

            logits = self.network(unknown, convolve)[:, 0, 0]
            pixel = tf.where(given, image, self.drawn(logits, uniform))
            inputs[0] = self.inputs(pixel)[:, tf.newaxis, tf.newaxis]
            seen = [array.write(index, x[:, 0]) for array, x in zip(seen, inputs)]
            return index + 1, followed(before, inputs), seen, made.write(index, pixel)

        channels = [conv.kernel.shape[2] for conv in self.masked]
        before = [
            self.nothing(batch, conv.columns_beside, count)
            for conv, count in zip(self.masked, channels)
        ]
        seen = [
            tf.TensorArray(self.compute_dtype, width, element_shape=[None, count])
            for count in channels
        ]
        made = tf.TensorArray(tf.float32, width, element_shape=[None])
        start = (0, before, seen, made)
        *_, seen, made = tf.while_loop(lambda index, *_: index < width, step, start)
        inputs = [tf.transpose(array.stack(), [1, 0, 2])[:, tf.newaxis] for array in seen]
        return made.stack(), inputs

    def nothing(self, *shape):
        """What a masked convolution sees outside the image."""
        return tf.zeros(shape, self.compute_dtype)


def followed(windows, following):
    """Windows (batch, length, ...) moved on by one."""
    return [tf.concat([old[:, 1:], new], axis=1) for old, new in zip(windows, following)]
