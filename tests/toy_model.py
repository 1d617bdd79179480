"""Models for the studio without TensorFlow, and a server of one of them for the browser's tests."""

import sys
import types

import numpy as np


def plain(**changes):
    """A picture whose pixels are the latents: 3x3, and codes of uploaded pictures."""

    def serve(z, labels=None):
        shift = 0 if labels is None else labels[:, None] / 10
        return np.tanh(z + shift).reshape(len(z), 3, 3, 1)

    return types.SimpleNamespace(
        **{
            "name": "toy",
            "draws": True,
            "latent_shape": (9,),
            "image_shape": (3, 3, 1),
            "value_range": (-1.0, 1.0),
            "num_classes": None,
            "serve": serve,
            "encode": lambda images: images.reshape(len(images), 9),
            "map": None,
            "mean_style": None,
            "synthesize": None,
            **changes,
        }
    )


def styled():
    """Three layers; each styles a row of the picture."""
    weights = np.random.default_rng(1).normal(size=(9, 3)).astype("float32")
    return plain(
        encode=None,
        map=lambda z: np.repeat((z @ weights)[:, None], 3, axis=1),
        mean_style=lambda: np.array([0.1, 0.2, 0.3], "float32"),
        synthesize=lambda styles: np.tanh(styles)[..., None],
    )


if __name__ == "__main__":
    from keras_gen.explorer import Studio, page

    page.serve(Studio(plain()), port=int(sys.argv[1]))
