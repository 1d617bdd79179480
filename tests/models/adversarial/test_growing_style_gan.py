"""A StyleGAN made from the number of images of a training."""

import pytest

from keras_gen import models


def test_half_of_the_images_are_of_the_first_stage_and_the_others_have_equal_parts():
    numbers = [4, 3, 2, 2], 5, 8000, 20
    gan = models.growing_style_gan((32, 32, 1), *numbers, mapping_depth=1, mixing=0.5, noise=False)
    assert list(gan.stabilize) == [0, 4000, 1000]  # none at 4x4
    assert list(gan.fade) == [0, 1000, 1000]
    assert 8000 - sum(gan.stabilize) - sum(gan.fade) == 1000
    assert (gan.ema_half_life, gan.mixing) == (400, 0.5)
    assert (gan.generator.mapping_depth, gan.generator.noise) == (1, False)


def test_two_resolutions_do_not_grow():
    gan = models.growing_style_gan((8, 8, 1), [4, 3], 5, 8000, 20)
    assert list(gan.stabilize) == [0] and list(gan.fade) == [0]


@pytest.mark.parametrize(
    "name, filters, images, half_lives",
    [("filters", [4], 10, 2), ("images", [4, 3], 0, 2), ("half_lives", [4, 3], 10, 0)],
)
def test_what_cannot_be_is_refused(name, filters, images, half_lives):
    with pytest.raises(ValueError, match=f"argument `{name}`.*Received"):
        models.growing_style_gan((8, 8, 1), filters, 5, images, half_lives)
