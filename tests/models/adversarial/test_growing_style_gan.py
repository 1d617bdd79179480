"""A StyleGAN made from the number of images of a training."""

import pytest

from keras_gen import models


def test_all_phases_have_equally_many_images_and_the_last_one_twice_as_many():
    gan = models.growing_style_gan((16, 16, 1), [4, 3, 2], 5, 8000, 20, mapping_depth=1, mixing=0.5)
    assert list(gan.stabilize) == [0, 2000]  # none at 4x4
    assert list(gan.fade) == [0, 2000]
    assert 8000 - sum(gan.stabilize) - sum(gan.fade) == 2 * 2000
    assert (gan.ema_half_life, gan.mixing) == (400, 0.5)
    assert gan.generator.mapping_depth == 1


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
