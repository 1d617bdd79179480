import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from keras_gen import data

# A blob that stays in the frame; the background is -1.
ROWS, COLUMNS = np.mgrid[:21, :15]
BLOB = np.exp(-((ROWS - 11) ** 2 + 2 * (COLUMNS - 6) ** 2) / 8)
IMAGES = np.repeat(2 * BLOB[None, :, :, None] - 1, 400, axis=0).astype("float32")
SEED = (3, 4)


def centres(images):
    mass = images[..., 0] + 1
    total = mass.sum(axis=(1, 2))
    return np.stack([(mass * axis).sum(axis=(1, 2)) / total for axis in (ROWS, COLUMNS)], axis=1)


def angles(images):
    """Orientation of the longer axis, in degrees from the vertical."""
    mass, centre = images[..., 0] + 1, centres(images)
    dy, dx = ROWS - centre[:, :1, None], COLUMNS - centre[:, 1:, None]
    xx, yy, xy = ((mass * p).sum(axis=(1, 2)) for p in (dx * dx, dy * dy, dx * dy))
    return np.degrees(0.5 * np.arctan2(2 * xy, yy - xx))


def test_without_any_range_nothing_changes():
    same = data.jitter(0, 0, 0)(IMAGES[:3], SEED)
    np.testing.assert_allclose(same, IMAGES[:3], atol=1e-6)


def test_shifts_are_uniform_in_both_directions_and_fill_with_the_background():
    moved = data.jitter(0, 0, 2, fill_value=-1)(IMAGES, SEED).numpy()
    offsets = centres(moved) - centres(IMAGES)
    assert np.abs(offsets).max() < 2.01
    np.testing.assert_allclose(offsets.mean(axis=0), 0, atol=0.25)
    np.testing.assert_allclose(offsets.std(axis=0), 4 / np.sqrt(12), rtol=0.1)
    assert abs(np.corrcoef(offsets.T)[0, 1]) < 0.2
    assert moved.min() >= -1


def test_rotations_are_about_the_centre():
    turned = data.jitter(20, 0, 0, fill_value=-1)(IMAGES, SEED).numpy()
    turns = angles(turned)
    assert 18 < np.abs(turns).max() < 20.5
    np.testing.assert_allclose(turns.std(), 40 / np.sqrt(12), rtol=0.1)
    middle = np.array([10, 7])
    distance = np.linalg.norm(centres(turned) - middle, axis=1)
    np.testing.assert_allclose(distance, np.sqrt(2), rtol=0.02)


def test_zoom_is_about_the_centre():
    zoomed = data.jitter(0, 0.2, 0, fill_value=-1)(IMAGES, SEED).numpy()
    factors = (centres(zoomed) - [10, 7])[:, 0]  # the blob is 1 below the centre
    assert factors.min() == pytest.approx(1 / 1.2, abs=0.02)
    assert factors.max() == pytest.approx(1 / 0.8, abs=0.02)


def test_a_shift_equals_that_of_another_library():
    image = np.random.default_rng(1).uniform(size=(1, 21, 15, 1)).astype("float32")
    moved = data.jitter(0, 0, 3)(image, SEED).numpy()[0, ..., 0]
    x, y = 3 * tf.random.stateless_uniform([4, 1], SEED, -1.0, 1.0).numpy()[2:, 0]
    expected = ndimage.shift(image[0, ..., 0], (-y, -x), order=1)
    np.testing.assert_allclose(moved[4:-4, 4:-4], expected[4:-4, 4:-4], atol=1e-4)


def test_equal_seeds_give_equal_images_and_each_image_its_own():
    jitter = data.jitter()
    first = jitter(IMAGES[:2], SEED).numpy()
    np.testing.assert_array_equal(first, jitter(IMAGES[:2], SEED))
    assert np.abs(first[0] - first[1]).max() > 0.01
    assert np.abs(first - jitter(IMAGES[:2], (3, 5))).max() > 0.01


@pytest.mark.parametrize("arguments", [{"rotation": -1}, {"zoom": 1.0}, {"shift": float("nan")}])
def test_bad_ranges_are_named(arguments):
    with pytest.raises(ValueError, match=f"argument `{next(iter(arguments))}`"):
        data.jitter(**arguments)


def test_binary_pixels_are_white_as_often_as_their_grey_value_says():
    grey = np.repeat([[0.0, 0.2, 0.7, 1.0]], 5000, axis=0).astype("float32")
    binary = data.binarize(grey, SEED).numpy()
    assert binary.dtype == "float32" and set(binary.ravel()) == {0, 1}
    np.testing.assert_array_equal(binary[:, [0, 3]].mean(axis=0), [0, 1])
    np.testing.assert_allclose(binary.mean(axis=0), [0, 0.2, 0.7, 1], atol=0.03)
    np.testing.assert_array_equal(binary, data.binarize(grey, SEED))
    assert (binary != data.binarize(grey, (3, 5)).numpy()).any()


COUNTING = np.arange(400 * 5 * 7, dtype="float32").reshape(400, 5, 7, 1)


def test_flips_are_mirror_images_of_half_of_the_images_each_by_its_own_coin():
    flipped = data.flipped(COUNTING, SEED).numpy()
    mirrored = COUNTING[:, :, ::-1]
    heads = (flipped == mirrored).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(flipped[~heads], COUNTING[~heads])
    assert abs(heads.sum() - 200) < 40  # 4 standard deviations
    assert 150 < np.sum(heads[1:] != heads[:-1]) < 250
    np.testing.assert_array_equal(flipped, data.flipped(COUNTING, SEED))
    assert (flipped != data.flipped(COUNTING, (3, 5)).numpy()).any()


def test_crops_are_parts_of_their_images_at_uniform_places():
    crops = data.cropped((3, 4))(COUNTING, SEED).numpy()
    assert crops.shape == (400, 3, 4, 1)
    offsets = crops[:, 0, 0, 0] - COUNTING[:, 0, 0, 0]
    rows, columns = (offsets // 7).astype(int), (offsets % 7).astype(int)
    for image, crop, row, column in zip(COUNTING, crops, rows, columns):
        np.testing.assert_array_equal(crop, image[row : row + 3, column : column + 4])
    counts = np.zeros((3, 4))
    np.add.at(counts, (rows, columns), 1)
    expected = 400 / 12
    assert ((counts - expected) ** 2 / expected).sum() < 37  # chi squared, 11 degrees: 1e-4


def test_a_crop_of_the_whole_image_is_the_image():
    np.testing.assert_array_equal(data.cropped((5, 7))(COUNTING, SEED), COUNTING)


def test_resized_crops_are_crops_of_the_resized_images():
    received = data.resized_and_cropped((10, 14), 8)(COUNTING, SEED)
    large = tf.image.resize(COUNTING, (10, 14), antialias=True)
    np.testing.assert_array_equal(received, data.cropped(8)(large, SEED))
    plain = data.resized_and_cropped((5, 7), (5, 7))(COUNTING, SEED)
    np.testing.assert_allclose(plain, COUNTING, rtol=1e-6)


def test_static_shapes_survive_and_unknown_batch_sizes_work():
    spec = tf.TensorSpec([None, 5, 7, 1])
    for augment, size in [
        (data.flipped, (5, 7)),
        (data.cropped(3), (3, 3)),
        (data.resized_and_cropped(9, 8), (8, 8)),
    ]:
        traced = tf.function(lambda images, f=augment: f(images, SEED), input_signature=[spec])
        assert traced(COUNTING[:3]).shape == (3, *size, 1)
        assert traced.get_concrete_function().output_shapes[1:] == (*size, 1)
        np.testing.assert_allclose(traced(COUNTING[:3]), augment(COUNTING[:3], SEED), rtol=1e-6)


def test_bad_sizes_are_named():
    with pytest.raises(ValueError, match="`size`.*at most.*5x7.*size=.6, 6."):
        data.cropped(6)(COUNTING, SEED)
    with pytest.raises(ValueError, match="`size`.*positive integer.*size=0"):
        data.cropped(0)
    with pytest.raises(ValueError, match="`size`.*at most `larger`"):
        data.resized_and_cropped(8, (8, 9))


@pytest.mark.parametrize("augment", [data.flipped, data.cropped(2), data.resized_and_cropped(9, 8)])
@pytest.mark.parametrize("images", [COUNTING[0], COUNTING.astype("int32")])
def test_only_batches_of_floats_are_augmented(augment, images):
    with pytest.raises(ValueError, match=r"`images`.*float tensor.*Received: images of shape"):
        augment(images, SEED)


def numbered(count):
    """Images of one pixel each: their own number."""
    return np.arange(count, dtype="float32").reshape(count, 1, 1, 1)


def test_every_image_comes_once_in_every_channel():
    stacks = data.stacked(numbered(100), seed=3)
    assert stacks.shape == (100, 1, 1, 3) and stacks.dtype == np.float32
    for channel in stacks[:, 0, 0].T:
        np.testing.assert_array_equal(np.sort(channel), np.arange(100))


def test_channels_are_independent():
    count = 3000
    first, second, third = data.stacked(numbered(count), seed=3)[:, 0, 0].T
    for a, b in [(first, second), (first, third), (second, third), (first, np.arange(count))]:
        assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(count)
        assert np.sum(a == b) < 10  # 1 is expected


def test_classes_in_channels_are_equally_likely_modes():
    labels = np.repeat(np.arange(10), 2600).reshape(-1, 1, 1, 1)
    modes = data.stacked(labels, seed=1)[:, 0, 0] @ [100, 10, 1]
    counts = np.bincount(modes, minlength=1000)
    assert counts.min() > 0
    assert 850 < np.sum((counts - 26) ** 2 / 26) < 1150  # chi squared of about 1,000 modes


def test_the_seed_decides():
    first = data.stacked(numbered(50), seed=1)
    np.testing.assert_array_equal(first, data.stacked(numbered(50), seed=1))
    assert np.any(first != data.stacked(numbered(50), seed=2))
    key = tf.constant([1, 0], tf.int64)
    np.testing.assert_array_equal(first, data.stacked(tf.constant(numbered(50)), key))


def test_batches_are_stacked_anew_in_every_epoch_and_alike_in_every_run():
    def epochs(count):
        batches = data.batches(numbered(20), 8, seed=5, augment=data.stacked)
        return [np.concatenate(list(batches.as_numpy_iterator())) for _ in range(count)]

    first, second = epochs(2)
    assert first.shape == (20, 1, 1, 3)
    assert {tuple(s) for s in first[:, 0, 0]} != {tuple(s) for s in second[:, 0, 0]}
    for channel in first[:, 0, 0].T:
        np.testing.assert_array_equal(np.sort(channel), np.arange(20))
    np.testing.assert_array_equal(first, epochs(1)[0])


def test_the_number_of_channels_is_free():
    with pytest.raises(ValueError, match="`channels`.*channels=0"):
        data.stacked(np.zeros((4, 2, 3, 1)), seed=0, channels=0)
    assert data.stacked(np.zeros((4, 2, 3, 1)), seed=0, channels=2).shape == (4, 2, 3, 2)


@pytest.mark.parametrize("shape", [(5, 5, 1), (4, 5, 5, 3)])
def test_images_that_are_not_grey_are_refused(shape):
    with pytest.raises(ValueError, match="`images`.*grey.*Received: images.shape"):
        data.stacked(np.zeros(shape), seed=0)
