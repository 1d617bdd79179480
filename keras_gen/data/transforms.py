"""How functions of (batch, seed) are put together: in a row, on pairs, on each part of a batch."""

import tensorflow as tf

from keras_gen.arguments import argument_error, positive_integer_pair
from keras_gen.data.augmentations import flipped, resized_and_cropped

LARGER, SMALLER = 286, 256  # of the jitter of Isola et al. (2017)


def compose(*functions):
    """Functions of (batch, seed) one after another, each with a seed of its own.

        batch_i = f_i(batch_{i-1}, fold(seed, i)),   i = 0, 1, ...

    Two random functions in a row are therefore independent of each other, also if they are the
    same function twice. With no functions at all, batches stay as they are.

    Args:
        *functions: callables `(batch, seed) -> batch`: augmentations of images, or transforms of
            whole batches.

    Returns:
        A function `(batch, seed) -> batch`, for `augment` or `transform` of `batches`.

    Example:
        batches(images, 64, seed=1, augment=compose(flipped, jitter(shift=1)))
    """
    for function in functions:
        _check_callable("functions", function)

    def composed(batch, seed):
        for number, function in enumerate(functions):
            batch = function(batch, tf.random.experimental.stateless_fold_in(seed, number))
        return batch

    return composed


def paired(augment):
    """One augmentation with one draw for all images of a pair, which stay pixel on pixel.

        (x, y) -> (augment(x, seed), augment(y, seed))

    The images may differ in their channels.

    Args:
        augment: callable `(images, seed) -> images` whose draws depend on the seed and the number,
            height and width of the images alone: `flipped`, `cropped`, `resized_and_cropped`,
            `jitter`.

    Returns:
        A function `((x, y), seed) -> (x, y)`, for `transform` of `batches`.

    Raises:
        ValueError: for a batch that is no tuple of images (batch, height, width, channels) of one
            height and width, in which a crop or a shift by pixels would pull a pair apart.

    Example:
        pairs = load_pairs(right_half("facades"), left_half("facades"))
        batches(pairs, 4, seed=1, transform=paired(resized_and_cropped(286, 256)))
    """
    _check_callable("augment", augment)

    def both(batch, seed):
        if not isinstance(batch, tuple) or not all(hasattr(part, "shape") for part in batch):
            raise argument_error("batch", "a tuple of images", received=f"batch={batch!r}"[:200])
        shapes = [tuple(images.shape) for images in batch]
        if {len(shape) for shape in shapes} != {4} or len({shape[1:3] for shape in shapes}) != 1:
            raise argument_error(
                "batch",
                "a tuple of images [batch, height, width, channels] of one height and width",
                received=f"shapes {shapes}",
            )
        return tuple(augment(images, seed) for images in batch)

    return both


def pair_jitter(size):
    """The jitter of Pix2Pix: pairs are enlarged a little, cropped, and mirrored or not.

        (x, y) -> crop(resize(x, 286/256 size), size), the same of y;   mirrored by a coin

    Args:
        size: integer or (height, width), of the images before and after.

    Returns:
        A function `((x, y), seed) -> (x, y)`, for `transform` of `batches`.

    Example:
        pairs = load_pairs(right_half("facades"), left_half("facades"), image_size=64)
        batches(pairs, 4, seed=1, transform=pair_jitter(64))

    Reference:
        Isola, Zhu, Zhou, Efros (2017), Image-to-Image Translation with Conditional Adversarial
        Networks, arXiv:1611.07004, section 6.2.
    """
    size = positive_integer_pair("size", size)
    larger = tuple(round(side * LARGER / SMALLER) for side in size)
    return paired(compose(resized_and_cropped(larger, size), flipped))


def separately(*augments):
    """An augmentation for each component of a batch, with independent draws.

        (x, y) -> (f(x, fold(seed, 0)), g(y, fold(seed, 1)))

    Args:
        *augments: a callable `(images, seed) -> images` for each component, or `None` for one that
            stays as it is.

    Returns:
        A function `((x, y), seed) -> (x, y)`, for `transform` of `batches` and `unpaired`.

    Raises:
        ValueError: for a batch of another number of components.

    Example:
        unpaired(photos, paintings, 1, seed=1, transform=separately(flipped, None))
    """
    for augment in augments:
        if augment is not None:
            _check_callable("augments", augment)

    def each(batch, seed):
        if not isinstance(batch, tuple) or len(batch) != len(augments):
            raise argument_error(
                "augments",
                f"one function for each of {len(tf.nest.flatten(batch))} components",
                received=f"{len(augments)} functions",
            )
        return tuple(
            part
            if augment is None
            else augment(part, tf.random.experimental.stateless_fold_in(seed, number))
            for number, (augment, part) in enumerate(zip(augments, batch))
        )

    return each


def _check_callable(name, function):
    if not callable(function):
        raise argument_error(name, "a callable (batch, seed) -> batch", function)
