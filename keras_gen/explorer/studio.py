"""From the state of sliders and buttons to a picture; no browser."""

import dataclasses
import io

import numpy as np

from keras_gen.arguments import argument_error, integer
from keras_gen.editing import principal_directions
from keras_gen.metrics import slerp

SLIDERS, REACH = 8, 3.0  # directions, and how far they go in standard deviations
POINTS = 1000  # latents whose styles give the principal directions
GRID = 16  # pictures
MOST_BYTES, MOST_PIXELS = 10_000_000, 25_000_000  # of an uploaded picture


@dataclasses.dataclass(frozen=True)
class State:
    """Everything that a picture depends on.

    Attributes:
        seed, other_seed: seeds of two latents.
        blend: 0 is the first latent, 1 is the other one.
        truncation: 0 is the mean image, 1 changes nothing; only for models with a mean style.
        label: the class, for conditional models.
        strokes: steps along the directions, in standard deviations.
        layers: first and last layer that the steps change; `None` for all.
        code: the code of an uploaded picture instead of the latents of the seeds, or `None`.
    """

    seed: int = 1
    other_seed: int = 2
    blend: float = 0.0
    truncation: float = 1.0
    label: int = 0
    strokes: tuple = (0.0,) * SLIDERS
    layers: tuple | None = None
    code: tuple | None = None


class History:
    """The states of one visitor: the present one and those before it.

    Args:
        state: the first state.
    """

    def __init__(self, state):
        self.state, self.past, self.control = state, [], None

    def change(self, control=None, **changes):
        """Moves on to a state with these changes; nothing happens if there are none.

        Changes by the same control that follow each other, as those of a slider, are undone as one.

        Args:
            control: name of what changes the state, or `None`.
            changes: attributes of the state.
        """
        new = dataclasses.replace(self.state, **changes)
        if new != self.state:
            if control is None or control != self.control:
                self.past.append(self.state)
            self.state, self.control = new, control

    def undo(self):
        """Goes back to the state before, if there is one."""
        self.control = None
        if self.past:
            self.state = self.past.pop()


class Studio:
    """Pictures of a model; it keeps no state of any visitor, so many can use it at once.

        plain:   picture = serve(z + steps directions)
        styles:  picture = synthesize(mean + truncation (map(z) - mean) + steps directions)

    Args:
        model: what `opening.opened` returns: an object with `latent_shape` and the functions on
            arrays `serve`, `map`, `synthesize`, `mean_style`, `encode`, each or `None`; further
            `num_classes`, `image_shape`, `value_range` and `name`.
    """

    def __init__(self, model):
        self.model = model
        self.has_styles = model.map is not None
        size = int(np.prod(model.latent_shape))
        if self.has_styles:
            points = model.map(self._normal(0, POINTS))[:, 0]
            self.mean = np.asarray(model.mean_style(), "float32")
            most = np.linalg.matrix_rank(points - points.mean(axis=0))
            found = principal_directions(points, int(min(SLIDERS, most)), "w")
            self.directions = np.stack([direction.vector for direction in found])
            self.layers = model.map(self._normal(0, 1)).shape[1]
        else:  # latents of a ball have no principal directions
            self.directions, self.layers = np.eye(size, dtype="float32")[:SLIDERS], 0

    @property
    def start(self):
        """The first state; that of an autoencoder without latents of its own is the code 0."""
        code = None if self.model.draws else (0.0,) * int(np.prod(self.model.latent_shape))
        layers = (0, self.layers - 1) if self.has_styles else None
        return State(strokes=(0.0,) * len(self.directions), layers=layers, code=code)

    def latents(self, state):
        """What the picture is made of: latents (1, ...), or styles (1, layers, d)."""
        steps = np.asarray(state.strokes, "float32") @ self.directions
        if not self.has_styles:
            z = self._latent(state) + steps.reshape(1, *self.model.latent_shape)
            return z.astype("float32")
        w = self._styles(state)
        w = self.mean + np.float32(state.truncation) * (w - self.mean)
        first, last = state.layers or (0, self.layers - 1)
        layer = np.arange(self.layers)[:, None]
        return (w + np.where((layer >= first) & (layer <= last), steps, 0)).astype("float32")

    def picture(self, state):
        """The picture of a state: integers from 0 to 255, (height, width, channels)."""
        return self._made(self.latents(state), state.label)[0]

    def grid(self, state):
        """Pictures of the seeds from the state's on, with the same steps, and no blend."""
        seeds = range(state.seed, state.seed + GRID)
        states = [dataclasses.replace(state, seed=s, blend=0.0, code=None) for s in seeds]
        return self._made(np.concatenate([self.latents(each) for each in states]), state.label)

    def code_of(self, upload):
        """The code of an uploaded picture, for `State.code`.

        Args:
            upload: bytes of a picture's file.

        Raises:
            ValueError: if it is no picture or too large.
        """
        pixels = uploaded(upload, self.model.image_shape)
        low, high = self.model.value_range
        code = self.model.encode((low + (high - low) * pixels / 255.0)[None].astype("float32"))
        return tuple(float(each) for each in np.ravel(code))

    def _latent(self, state):
        if state.code is not None:
            return np.asarray(state.code, "float32").reshape(1, *self.model.latent_shape)
        first, second = self._normal(state.seed), self._normal(state.other_seed)
        between = slerp(first.reshape(1, -1), second.reshape(1, -1), state.blend)
        return between.reshape(first.shape)

    def _styles(self, state):
        first, second = (self.model.map(self._normal(s)) for s in (state.seed, state.other_seed))
        return (1 - state.blend) * first + state.blend * second

    def _normal(self, seed, count=1):
        draws = np.random.default_rng(integer("seed", seed, 0))
        return draws.standard_normal((count, *self.model.latent_shape)).astype("float32")

    def _made(self, latents, label):
        if self.has_styles:
            images = self.model.synthesize(latents)
        elif self.model.num_classes:
            images = self.model.serve(latents, np.full(len(latents), label, "int32"))
        else:
            images = self.model.serve(latents)
        low, high = self.model.value_range
        images = np.reshape(images, (len(latents), *self.model.image_shape))
        return np.clip(np.round(255 * (images - low) / (high - low)), 0, 255).astype("uint8")


def uploaded(upload, shape):
    """An uploaded picture as floats from 0 to 255 of a shape (height, width, channels).

    The middle square is cut out and resized.

    Raises:
        ValueError: if the bytes are no picture or too many, or the picture has too many pixels.
    """
    from PIL import Image

    if len(upload) > MOST_BYTES:
        raise argument_error(
            "upload", f"at most {MOST_BYTES} bytes", received=f"{len(upload)} bytes"
        )
    height, width, channels = shape
    try:
        with Image.open(io.BytesIO(upload), formats=("PNG", "JPEG")) as image:
            if image.width * image.height > MOST_PIXELS:
                received = f"{image.width}x{image.height} pixels"
                raise argument_error("upload", f"at most {MOST_PIXELS} pixels", received=received)
            image = image.convert("L" if channels == 1 else "RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        received = f"{len(upload)} bytes that are not"
        raise argument_error("upload", "a PNG or JPEG picture", received=received) from error
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    image = image.crop((left, top, left + side, top + side)).resize((width, height))
    return np.asarray(image, "float32").reshape(shape)
