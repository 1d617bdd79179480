"""Spaces of latents: what their points are, how they are drawn, and the images they give.

`Z` is the noise that every generator and decoder takes. A StyleGAN has two more: in `W` a point is
one style for all layers, and in `WPlus` it is a style for each of them.
"""

import keras
import numpy as np
import tensorflow as tf

from keras_gen.arguments import argument_error, integer, number
from keras_gen.models.use import Codes, checked, count_of, in_batches, seed_of
from keras_gen.saved_models import declared_range
from keras_gen.saved_models.signatures import endpoints_of

STYLES = 10_000  # of which the deviation of a space of styles is taken, in StyleGAN2's code


class Space:
    """A space of latents of a trained model, and the images of its points.

    Subclasses set the attributes and write `drawn` and `render`, both on tensors.

    Args:
        model: a Keras model of the library, a functional one, or a loaded SavedModel.

    Attributes:
        name: the space's name.
        shape: shape of a point.
        centre: float32 array of that shape, in the middle of the space.
        deviation: standard deviation of the numbers of a point around the centre.
        noise: float32 array (1, numbers), the stored noise of a generator that adds noise; or
            `None`.
        value_range: closed interval of the pixels, or `None` if the model declares none.
    """

    noise = None

    def __init__(self, model):
        self.model = model  # a loaded SavedModel's functions do not keep its variables
        if isinstance(model, keras.Model):
            self.endpoints = endpoints_of(model)
            self.value_range = getattr(model, "value_range", None)
        else:
            self.endpoints = _loaded_endpoints(model)
            self.value_range = declared_range(model)
        self._graph = tf.function(self.render, autograph=False, reduce_retracing=True)

    def drawn(self, count, seed):
        """Points as a tensor (count, ...); `seed` is an integer tensor of shape (2,)."""
        raise NotImplementedError

    def render(self, points, noise=None):
        """The images of points, and of noise (n, numbers): a tensor, with gradients."""
        raise NotImplementedError

    def sample(self, count, seed):
        """Points of the space as the model draws them; equal seeds give equal points.

        Args:
            count: number of points.
            seed: integer.

        Returns:
            NumPy array (count, ...).
        """
        return self.drawn(count_of("count", count), tf.constant([seed_of(seed), 0])).numpy()

    def images(self, points, noise=None, batch_size=256):
        """The images of points.

        Args:
            points: numbers (n, ...).
            noise: for a generator that adds noise, numbers (n, numbers) or (1, numbers); `None`
                for the stored noise.
            batch_size: images made at a time.

        Returns:
            NumPy array (n, height, width, channels).
        """
        arrays = [checked(Codes(self.shape), points, "points")]
        if noise is not None:
            noise = checked(Codes(self.noise_shape), noise, "noise")
            arrays.append(np.broadcast_to(noise, (len(arrays[0]), *self.noise_shape)))
        return in_batches(self._graph, arrays, batch_size)

    @property
    def noise_shape(self):
        """(numbers,) of the noise, or the error of a generator without noise."""
        if self.noise is None:
            raise argument_error("noise", "None: the generator adds no noise", received="noise")
        return self.noise.shape[1:]

    def endpoint(self, name, rank):
        """An endpoint and the specifications of what it takes, the first one of that rank."""
        function, specs = self.endpoints.get(name, (None, []))
        if not specs or len(specs[0].shape) != rank:
            received = f"a {type(self.model).__name__} with {sorted(self.endpoints) or 'none'}"
            expected = f"a model with an endpoint `{name}` of latents"
            raise argument_error("model", expected, received=received)
        return function, specs


class Z(Space):
    """The noise of a GAN or the codes of a VAE.

        z ~ N(0, I),   image = G(z), or the decoder's

    Images of a StyleGAN are truncated as its own are.

    Args:
        model: a `GAN` or `VAE`, a functional generator, or a loaded SavedModel with the endpoint
            `serve(latents)`, `serve(latents, labels)` or `decode(codes)`.
        label: of a conditional generator, the class of all images.
    """

    name = "z"

    def __init__(self, model, label=None):
        super().__init__(model)
        self.make, specs = self.endpoint("decode" if "decode" in self.endpoints else "serve", 2)
        self.shape, self.label = tuple(specs[0].shape[1:]), label
        self.centre, self.deviation = np.zeros(self.shape, "float32"), 1.0
        conditional = len(specs) == 2
        if conditional:
            classes = getattr(model, "num_classes", None)
            self.label = integer("label", label, 0, None if classes is None else classes - 1)
        elif label is not None:
            raise argument_error("label", "None for a generator without classes", label)

    def drawn(self, count, seed):
        return tf.random.stateless_normal([count, *self.shape], seed)

    def render(self, points, noise=None):
        if self.label is None:
            return self.make(points)
        return self.make(points, tf.fill(tf.shape(points)[:1], self.label))


class W(Space):
    """The styles of a StyleGAN, one for all layers.

        w = mean + truncation (map(z) - mean),   image = synthesize(w at all layers, noise)

    Args:
        model: a `StyleGAN`, or a loaded SavedModel with the endpoints `map(latents)` and
            `synthesize(styles)` or `synthesize(styles, noise)`, and `mean_style()` if it has one.
        truncation: number by which the points that are drawn are nearer to the mean style.
    """

    name = "w"

    def __init__(self, model, truncation=1.0):
        super().__init__(model)
        self.map, (latents,) = self.endpoint("map", 2)
        self.synthesize, (styles, *_) = self.endpoint("synthesize", 3)
        self.truncation = number("truncation", truncation)
        self.latent_shape, self.styles_shape = latents.shape[1:], tuple(styles.shape[1:])
        self.shape = self.styles_shape[-1:]
        w = self.mapped(STYLES, [0, 0])
        self.centre = tf.reduce_mean(w, axis=0).numpy()
        if "mean_style" in self.endpoints:
            self.centre = self.endpoints["mean_style"][0]().numpy()
        self.deviation = float(np.sqrt(np.mean((w - self.centre) ** 2)))
        if "stored_noise" in self.endpoints:
            self.noise = self.endpoints["stored_noise"][0]().numpy()

    def mapped(self, count, seed):
        """The styles of new latents: a tensor (count, d)."""
        return self.map(tf.random.stateless_normal([count, *self.latent_shape], seed))[:, 0]

    def drawn(self, count, seed):
        return self.centre + self.truncation * (self.mapped(count, seed) - self.centre)

    def styles(self, points):
        """Points as styles for all layers: (n, layers, d)."""
        return tf.repeat(tf.convert_to_tensor(points)[:, tf.newaxis], self.styles_shape[0], axis=1)

    def render(self, points, noise=None):
        if self.noise is None:
            return self.synthesize(self.styles(points))
        return self.synthesize(self.styles(points), self.noise if noise is None else noise)

    @property
    def noise_sides(self):
        """Pixels a side of the noise of each layer: 4, 4, 8, 8, ..."""
        return [4 * 2 ** (layer // 2) for layer in range(self.styles_shape[0])]


class WPlus(W):
    """The styles of a StyleGAN, another one for each layer.

        image = synthesize(w_0, w_1, ..., noise)

    Points that are drawn have the same style at all layers.

    Args:
        model, truncation: see `W`.
    """

    name = "w+"

    def __init__(self, model, truncation=1.0):
        super().__init__(model, truncation)
        self.shape = self.styles_shape
        self.centre = np.broadcast_to(self.centre, self.shape)

    def drawn(self, count, seed):
        w = self.mapped(count, seed)[:, tf.newaxis]
        return self.centre + self.truncation * (w - self.centre)

    def styles(self, points):
        return points


def _loaded_endpoints(model):
    """The endpoints of a loaded SavedModel: name -> (function, specifications of its inputs)."""
    functions = {
        name: member
        for name, member in getattr(model, "__dict__", {}).items()
        if isinstance(member, tf.types.experimental.GenericFunction)
        and getattr(member, "concrete_functions", None)
    }
    return {name: (function, _specs(function)) for name, function in functions.items()}


def _specs(function):
    signature = function.concrete_functions[0].structured_input_signature
    return [each for each in tf.nest.flatten(signature) if isinstance(each, tf.TensorSpec)]
