"""Small generators for the tests of editing, of which more is known than of trained ones."""

import keras
import numpy as np
import small_models

LATENTS = 4


def styled():
    """A small StyleGAN with a mean style, noise that shows, and a mapping that is not tiny."""
    model = small_models.stylegan()
    rng = np.random.default_rng(6)
    model.images_seen.assign(10_000)  # the last stage
    model.mean_style.assign(0.1 * rng.normal(size=LATENTS))
    for block in model.sampler.blocks:
        for layer in (block.first, block.second):
            layer.noise.strength.assign(rng.uniform(0.2, 0.4, layer.noise.strength.shape))
    return model


def linear_generator():
    """image = 2 z as 1x2x1 pixels."""
    inputs = keras.Input((2,))
    outputs = keras.layers.Dense(2, use_bias=False)(inputs)
    model = keras.Model(inputs, keras.layers.Reshape((1, 2, 1))(outputs))
    model.layers[1].kernel.assign(2 * np.eye(2))
    return model
