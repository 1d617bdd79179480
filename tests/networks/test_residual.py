import numpy as np
import pytest

from keras_gen import networks
from keras_gen.networks import residual_discriminator, residual_generator


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 20, 3)])
def test_players_fit_each_other(shape):
    generator, discriminator = residual_generator(shape, 5, 2), residual_discriminator(shape, 2)
    assert networks.output_shape(generator) == networks.input_shapes(discriminator)[0] == shape
    images = generator(np.random.default_rng(0).normal(size=(3, 5)))
    assert discriminator(images).shape == (3, 1)
    kinds = {type(layer).__name__ for each in (generator, discriminator) for layer in each.layers}
    assert not any("Normalization" in kind for kind in kinds)


def test_blocks_are_the_identity_at_the_start_and_not_later():
    network = residual_discriminator((8, 8, 1), 4, blocks=2)
    kernels = [layer for layer in network.layers if hasattr(layer, "kernel")]
    last = [layer for layer in kernels if not np.any(layer.kernel)]
    assert len(last) == 2 * 2  # of images of 8 and of 4 pixels, two blocks each
    x = np.random.default_rng(1).normal(size=(3, 8, 8, 1)).astype("float32")
    before = network(x)
    assert np.std(before) > 0.01  # a signal gets through
    for layer in kernels:
        if layer.kernel.shape[:2] == (3, 3):  # the middle of a branch
            layer.kernel.assign(3 * layer.kernel)
    np.testing.assert_array_equal(network(x), before)
    last[0].kernel.assign(np.ones(last[0].kernel.shape))
    assert np.abs(network(x) - before).max() > 1e-3
