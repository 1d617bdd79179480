"""How near an image is to the one it should be: in pixels, in structure, and in classes."""

import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.distances import nearest_rows
from keras_gen.images import rescale
from keras_gen.metrics.image_pairs import ImagePairs

WINDOW, SIGMA = 11, 1.5  # Wang et al. (2004), section III-B
K1, K2 = 0.01, 0.03  # Wang et al. (2004), section III-B


class AbsoluteError(ImagePairs):
    """The mean absolute difference of pixels, as a share of the distance from black to white.

        mean |real - fake| / (high - low)

    Args:
        value_range: Pair, the range in which the images' values lie.
        name: The metric's name.
    """

    def __init__(self, value_range, name="l1"):
        super().__init__(value_range, name)

    def measure(self, real, fake):
        low, high = self.value_range
        return np.mean(np.abs(real - fake), axis=(1, 2, 3)) / (high - low)


class PeakSignalToNoise(ImagePairs):
    """The peak signal-to-noise ratio in decibels, the mean over images; infinite for equal images.

        10 log10(peak^2 / mean (real - fake)^2),    peak = high - low of the range

    Args:
        value_range: pair, the range in which the images' values lie.
        name: the metric's name.
    """

    def __init__(self, value_range, name="psnr"):
        super().__init__(value_range, name)

    def measure(self, real, fake):
        low, high = self.value_range
        error = np.mean((real - fake) ** 2, axis=(1, 2, 3))
        with np.errstate(divide="ignore"):
            return 10 * np.log10((high - low) ** 2 / error)


class StructuralSimilarity(ImagePairs):
    """The structural similarity index, 1 for equal images, the mean over windows and channels.

        (2 m_x m_y + c_1) (2 s_xy + c_2) / ((m_x^2 + m_y^2 + c_1) (s_x^2 + s_y^2 + c_2))

    m, s^2 and s_xy are the means, variances and covariance of real x and fake y within a window of
    11x11 pixels with Gaussian weights of deviation 1.5, at all places where the window lies within
    the image. c_1 = (.01 peak)^2, c_2 = (.03 peak)^2, and peak = high - low of the range, whose
    lower end counts as black.

    Args:
        value_range: pair, the range in which the images' values lie.
        name: the metric's name.

    Reference:
        Wang, Bovik, Sheikh, Simoncelli (2004), Image Quality Assessment: From Error Visibility to
        Structural Similarity, IEEE Transactions on Image Processing 13, equation 13.
    """

    def __init__(self, value_range, name="ssim"):
        super().__init__(value_range, name)

    def measure(self, real, fake):
        low, high = self.value_range
        if min(real.shape[1:3]) < WINDOW:
            expected = f"images with sides of {WINDOW} pixels or more"
            raise argument_error("real", expected, received=f"real.shape={real.shape}")
        x, y = (rescale(images, (low, high), (0.0, 1.0)) for images in (real, fake))
        mean_x, mean_y = _windowed(x), _windowed(y)
        variances = _windowed(x * x) - mean_x**2 + _windowed(y * y) - mean_y**2
        covariance = _windowed(x * y) - mean_x * mean_y
        c_1, c_2 = K1**2, K2**2
        luminance = (2 * mean_x * mean_y + c_1) / (mean_x**2 + mean_y**2 + c_1)
        structure = (2 * covariance + c_2) / (variances + c_2)
        return np.mean(luminance * structure, axis=(1, 2, 3))


class PixelAccuracy(ImagePairs):
    """The share of pixels whose nearest colour of a palette is that of the real image's pixel.

        mean 1[argmin_k |fake - c_k| = argmin_k |real - c_k|]

    Args:
        value_range: pair, the range in which the images' values lie.
        colours: the palette, integers from 0 to 255, `(classes, channels)`, such as
            `data.palettes.FACADES`.
        name: the metric's name.

    Reference:
        Zhu, Park, Isola, Efros (2017), Unpaired Image-to-Image Translation using Cycle-Consistent
        Adversarial Networks, arXiv:1703.10593, section 5.1.1.
    """

    def __init__(self, value_range, colours, name="pixel_accuracy"):
        super().__init__(value_range, name)
        self.colours = np.asarray(colours, "float64")
        if self.colours.ndim != 2 or not np.all((self.colours >= 0) & (self.colours <= 255)):
            expected = "a palette of shape (classes, channels) with values from 0 to 255"
            raise argument_error("colours", expected, colours)

    def measure(self, real, fake):
        if real.shape[-1] != self.colours.shape[1]:
            expected = f"images with {self.colours.shape[1]} channels, as the palette has"
            raise argument_error("real", expected, received=f"real.shape={real.shape}")
        classes = [self._classes(images) for images in (real, fake)]
        return np.mean(classes[0] == classes[1], axis=1)

    def _classes(self, images):
        pixels = rescale(images, self.value_range, (0.0, 255.0)).reshape(-1, images.shape[-1])
        return nearest_rows(pixels, self.colours).reshape(len(images), -1)


def _windowed(images):
    """Weighted means over all windows inside: `(n, height - 10, width - 10, channels)`."""
    weights = np.exp(-0.5 * ((np.arange(WINDOW) - WINDOW // 2) / SIGMA) ** 2)
    weights /= weights.sum()
    for axis in (1, 2):
        side = images.shape[axis] - WINDOW + 1
        shifted = (images.take(range(start, start + side), axis) for start in range(WINDOW))
        images = sum(weight * each for weight, each in zip(weights, shifted, strict=True))
    return images
