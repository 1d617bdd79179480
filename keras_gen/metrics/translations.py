"""What a translation changes, and what changing colours alone would reach."""

import numpy as np

from keras_gen.arguments import argument_error, array_of_numbers
from keras_gen.images import check_values

SMALL = 1e-10  # variances below that of the largest times this one are rounding errors


def relative_change(images, translated):
    """How far translations are from their images, where another image is 1 away.

        mean |translated_i - image_i| / mean |image_{i+1} - image_i|

    The next image stands for any other one, and the last one is followed by the first. 0 is the
    identity.

    Args:
        images: array (count, height, width, channels) of two or more images that differ.
        translated: array of the same shape.

    Returns:
        A float from 0 on.
    """
    images, translated = _batches(images=images, translated=translated)
    if images.shape != translated.shape:
        received = f"translated.shape={translated.shape}"
        raise argument_error(
            "translated", f"the shape of `images`, {images.shape}", received=received
        )
    between = np.abs(np.roll(images, -1, axis=0) - images).mean()
    if between == 0:
        raise argument_error("images", "images that differ", received=f"{len(images)} equal images")
    return float(np.abs(translated - images).mean() / between)


def relative_variance(fake, real):
    """How much generated images differ from each other, as a share of how much real ones do.

        sum_p var_i fake_ip / sum_p var_i real_ip,   p the pixels and channels

    0 if all of them are the same, as those of a generator that looks at nothing; 1 if they are as
    varied as the real ones.

    Args:
        fake, real: arrays (count, height, width, channels), which may differ in their counts.

    Returns:
        A float from 0 on.
    """
    fake, real = _batches(fake=fake, real=real)
    if fake.shape[1:] != real.shape[1:]:
        received = f"fake.shape={fake.shape}"
        raise argument_error(
            "fake", f"images of the shape of `real`, {real.shape[1:]}", received=received
        )
    spread = real.var(axis=0).mean()
    if spread == 0:
        raise argument_error("real", "images that differ", received=f"{len(real)} equal images")
    return float(fake.var(axis=0).mean() / spread)


def matched_histograms(images, target):
    """Each image with the distribution of values of target images, channel by channel.

        matched = P_target^-1(P_image(v)),   P(v) the share of values that are at most v

    The order of an image's values stays: this is what a translation of colours alone can reach,
    which does not look at what is where. The inverse is interpolated linearly.

    Args:
        images: array (count, height, width, channels); each image has a distribution of its own.
        target: array of images with as many channels, of any size, which have one together.

    Returns:
        Array of the shape of `images`, float64.

    Reference:
        Gonzalez, Woods (2008), Digital Image Processing, 3rd edition, section 3.3.2.
    """
    images, target = _batches(images=images, target=target)
    if images.shape[-1] != target.shape[-1]:
        expected = f"images with {images.shape[-1]} channels, as `images`"
        raise argument_error("target", expected, received=f"target.shape={target.shape}")
    matched = np.empty_like(images)
    for channel in range(images.shape[-1]):
        values, _, shares = _distribution(target[..., channel])
        for image, result in zip(images[..., channel], matched[..., channel]):
            _, places, own = _distribution(image)
            result[:] = np.interp(own, shares, values)[places].reshape(image.shape)
    return matched


def matched_colors(images, target):
    """Each image with the mean and the covariance of the colours of its target.

        v' = C_target^1/2 C_image^-1/2 (v - mean_image) + mean_target

    for the colour v of every pixel. The roots are symmetric; directions in which an image's colours
    do not vary stay without variance.

    Args:
        images: array (count, height, width, channels).
        target: array of as many images with as many channels, of any size.

    Returns:
        Array of the shape of `images`, float64. Values may leave the range of the target's.

    Reference:
        Sun, Feng, Saenko (2016), Return of Frustratingly Easy Domain Adaptation, arXiv:1511.05547.
    """
    images, target = _batches(images=images, target=target)
    if (len(images), images.shape[-1]) != (len(target), target.shape[-1]):
        expected = f"{len(images)} images with {images.shape[-1]} channels, as `images`"
        raise argument_error("target", expected, received=f"target.shape={target.shape}")
    matched = np.empty_like(images)
    for image, goal, result in zip(images, target, matched):
        colors, (mean, root) = image.reshape(-1, image.shape[-1]), _colors(goal, 0.5)
        own_mean, own_inverse_root = _colors(image, -0.5)
        result[:] = ((colors - own_mean) @ own_inverse_root @ root + mean).reshape(image.shape)
    return matched


def _colors(image, power):
    """The mean of an image's colours, and a power of their covariance."""
    colors = image.reshape(-1, image.shape[-1])
    variances, directions = np.linalg.eigh(np.atleast_2d(np.cov(colors, rowvar=False, ddof=0)))
    varies = variances > SMALL * max(variances[-1], SMALL)
    scaled = np.where(varies, np.where(varies, variances, 1.0) ** power, 0.0)
    return colors.mean(axis=0), directions * scaled @ directions.T


def _distribution(array):
    """The values that occur, which of them each number is, and the shares up to them."""
    values, places, counts = np.unique(array.ravel(), return_inverse=True, return_counts=True)
    return values, places, np.cumsum(counts) / array.size


def _batches(**images):
    """Batches of images, one or more, as float64 arrays."""
    arrays = []
    for name, batch in images.items():
        array = array_of_numbers(name, batch)
        if array.ndim != 4 or array.size == 0:
            expected = "images of shape (count, height, width, channels), at least one"
            raise argument_error(name, expected, received=f"{name}.shape={array.shape}")
        check_values(array, name)
        arrays.append(array.astype("float64"))
    return arrays
