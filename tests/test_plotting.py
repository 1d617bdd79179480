import keras
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from keras_gen import metrics, plotting


def shades(*values, size=2, channels=1):
    return np.stack([np.full([size, size, channels], v, "float32") for v in values])


def test_montage_places_images_row_by_row_with_white_between():
    picture = plotting.montage(shades(-1, 1, 0), columns=2, value_range=(-1, 1))
    grey = 128
    expected = [
        [0, 0, 255, 255, 255],
        [0, 0, 255, 255, 255],
        [255, 255, 255, 255, 255],
        [grey, grey, 255, 255, 255],
        [grey, grey, 255, 255, 255],
    ]
    np.testing.assert_array_equal(picture[..., 0], expected)
    assert picture.dtype == np.uint8


def test_montage_without_padding_touches():
    picture = plotting.montage(shades(0, 1, 1, 0), value_range=(0, 1), padding=0)
    np.testing.assert_array_equal(picture[::2, ::2, 0], [[0, 255], [255, 0]])


def test_values_outside_the_range_are_clipped():
    picture = plotting.montage(shades(-9, 9), columns=2, value_range=(-1, 1), padding=0)
    np.testing.assert_array_equal(picture[0, :, 0], [0, 0, 255, 255])


def test_integer_images_need_their_range():
    images = np.full([1, 2, 2, 3], 7, "uint8")
    np.testing.assert_array_equal(plotting.montage(images, value_range=(0, 255)), images[0])
    with pytest.raises(ValueError, match="`images`.*floating-point.*dtype=uint8"):
        plotting.montage(images, value_range=(-1, 1))


@pytest.mark.parametrize("count, size, factor", [(1, 28, 3), (29, 28, 3), (3, 8, 12), (2, 100, 1)])
def test_a_saved_grid_is_the_montage_pixel_for_pixel(tmp_path, count, size, factor):
    images = np.random.default_rng(0).uniform(-1, 1, [count, size, size, 3])
    path = tmp_path / "new" / "folder" / "grid.png"
    figure = plotting.image_grid(images, path, value_range=(-1, 1))
    assert isinstance(figure, Figure)
    expected = plotting.montage(images, value_range=(-1, 1))
    expected = expected.repeat(factor, axis=0).repeat(factor, axis=1)
    np.testing.assert_array_equal(np.asarray(Image.open(path).convert("RGB")), expected)
    assert [file.name for file in path.parent.iterdir()] == ["grid.png"]


def test_grey_images_without_a_channel_axis_are_drawn_grey(tmp_path):
    plotting.image_grid(np.zeros([1, 96, 96]), tmp_path / "grey.png", value_range=(-1, 1))
    picture = np.asarray(Image.open(tmp_path / "grey.png").convert("RGB"))
    assert picture.shape == (96, 96, 3)
    assert (picture == 128).all()


def test_titles_are_drawn_above_images(tmp_path):
    figure = plotting.image_grid(
        shades(0, 1, -1), tmp_path / "t.png", value_range=(-1, 1), titles=[3, 1, "b"]
    )
    assert [axis.get_title() for axis in figure.axes[:3]] == ["3", "1", "b"]
    with pytest.raises(ValueError, match="3 texts"):
        plotting.image_grid(shades(0, 1, -1), value_range=(-1, 1), titles=["a"])


def test_wrong_titles_are_red_and_have_a_cross(tmp_path):
    options = {"value_range": (-1, 1), "titles": ["a", "b", "c"], "title": "what it says"}
    wrong = np.array([False, True, False])
    figure = plotting.image_grid(shades(0, 1, -1), tmp_path / "t.png", wrong=wrong, **options)
    axes = figure.axes[:3]
    assert [axis.get_title() for axis in axes] == ["a", "\N{BALLOT X} b", "c"]
    assert [axis.title.get_color() for axis in axes] == ["black", "tab:red", "black"]
    assert figure.get_suptitle() == "what it says"
    with pytest.raises(ValueError, match="`wrong`.*3 booleans.*2"):
        plotting.image_grid(shades(0, 1, -1), wrong=wrong[:2], **options)
    with pytest.raises(ValueError, match="`titles`.*`wrong`"):
        plotting.image_grid(shades(0, 1, -1), wrong=wrong, value_range=(-1, 1))


def test_a_title_is_drawn_above_all_images(tmp_path):
    images, unit = np.zeros([5, 8, 8]), {"value_range": (0, 1), "title": "five"}
    for draw in (plotting.image_grid, plotting.reconstructions):
        figure = draw(images, path=tmp_path / "t.png", **unit)
        assert figure.get_suptitle() == "five"
    figure = plotting.filters(np.ones([4, 3]), (2, 2), tmp_path / "f.png", title="three")
    assert figure.get_suptitle() == "three"


def test_rows_and_columns_have_names(tmp_path):
    rows = {"black": shades(0, 0, 0), "white": shades(1, 1, 1)}
    columns = ["first", "second", "third"]
    path = tmp_path / "rows.png"
    figure = plotting.image_rows(rows, path, value_range=(0, 1), title="two rows", columns=columns)
    above, below = figure.axes
    assert [above.get_ylabel(), below.get_ylabel()] == ["black", "white"]
    assert [text.get_text() for text in above.get_xticklabels()] == columns
    np.testing.assert_array_equal(above.get_xticks(), [0.5, 3.5, 6.5])  # 2 pixels and a line each
    assert not below.get_xticklabels()
    assert figure.get_suptitle() == "two rows"
    assert above.images[0].get_array().min() == 0 and below.images[0].get_array().min() == 255
    with pytest.raises(ValueError, match="`columns`.*3 texts"):
        plotting.image_rows(rows, value_range=(0, 1), columns=columns[:2])
    with pytest.raises(ValueError, match="`rows`.*same shapes"):
        plotting.image_rows({**rows, "more": shades(1, 1)}, value_range=(0, 1))
    with pytest.raises(ValueError, match="`rows`.*at least one"):
        plotting.image_rows({}, value_range=(0, 1))


def test_a_failed_save_keeps_the_old_picture(tmp_path, monkeypatch):
    path = tmp_path / "grid.png"
    plotting.image_grid(shades(0), path, value_range=(-1, 1))
    before = path.read_bytes()

    def full_disk(self, file, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr(Figure, "savefig", full_disk)
    with pytest.raises(OSError, match="No space left"):
        plotting.image_grid(shades(1), path, value_range=(-1, 1))
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "images, message",
    [
        (np.zeros([2, 4]), r"shape=\(2, 4\)"),
        (np.zeros([2, 4, 4, 2]), r"shape=\(2, 4, 4, 2\)"),
        (np.zeros([0, 4, 4, 1]), r"shape=\(0, 4, 4, 1\)"),
        (np.full([1, 2, 2, 1], np.nan), "finite.*4 NaN"),
    ],
)
def test_bad_images_are_named(images, message):
    with pytest.raises(ValueError, match=message):
        plotting.image_grid(images, value_range=(-1, 1))


@pytest.mark.parametrize(
    "draw",
    [
        plotting.montage,
        plotting.image_grid,
        plotting.reconstructions,
        lambda images, **given: plotting.latent_manifold(lambda _: images, side=1, **given),
    ],
)
def test_the_range_is_given_and_never_guessed(draw):
    with pytest.raises(TypeError, match="value_range"):
        draw(shades(0))
    for bad in ((1, -1), (0, np.nan), None, 3):
        with pytest.raises(ValueError, match=r"`value_range`.*low < high"):
            draw(shades(0), value_range=bad)
    draw(shades(0), value_range=(0, 1))


def test_points_of_many_columns_are_named():
    with pytest.raises(ValueError, match="`columns`.*positive integer"):
        plotting.point_clouds({"a": np.zeros([3, 2])}, columns=0)


@pytest.mark.parametrize("arguments", [{"columns": 0}, {"padding": -1}, {"padding": 1.5}])
def test_bad_layouts_are_named(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        plotting.image_grid(shades(0), value_range=(-1, 1), **arguments)


def test_reconstructions_stand_under_their_originals(tmp_path):
    size = 96
    originals, outputs = shades(0, 1, size=size), shades(1, 0, size=size)
    unit = {"value_range": (0, 1)}
    plotting.reconstructions(originals, outputs, path=tmp_path / "r.png", **unit)
    picture = np.asarray(Image.open(tmp_path / "r.png").convert("L"))
    assert picture.shape == (2 * size + 1, 2 * size + 1)
    np.testing.assert_array_equal(picture[:: size + 1, :: size + 1], [[0, 255], [255, 0]])
    figure = plotting.reconstructions(originals, outputs, names=["input", "output"], **unit)
    assert [axis.get_ylabel() for axis in figure.axes] == ["input", "output"]
    with pytest.raises(ValueError, match="shapes="):
        plotting.reconstructions(originals, outputs[:1], **unit)
    with pytest.raises(ValueError, match="2 texts"):
        plotting.reconstructions(originals, outputs, names=["input"], **unit)


def test_names_of_rows_stay_inside_the_picture(tmp_path):
    images = np.zeros((10, 28, 28, 1))
    names = ["original images", "reconstructions"]
    figure = plotting.reconstructions(
        images, images, value_range=(0, 1), path=tmp_path / "rows.png", names=names
    )
    for axis in figure.axes:
        assert axis.yaxis.label.get_window_extent().x0 >= 0


def test_latent_manifold_follows_the_normal_percentiles(tmp_path):
    seen = []

    def decode(latents):
        seen.append(latents)
        return np.zeros([len(latents), 4, 4, 1])

    path = tmp_path / "m.png"
    figure = plotting.latent_manifold(decode, path, side=3, value_range=(0, 1), title="a map")
    (axis,) = figure.axes
    assert [text.get_text() for text in axis.get_xticklabels()] == ["-1.6", "0.0", "1.6"]
    np.testing.assert_array_equal(axis.get_yticks(), [0, 1, 2])  # the middles of the images
    assert axis.images[0].get_extent() == [-0.5, 2.5, -0.5, 2.5]
    assert (axis.get_title(), axis.get_xlabel()) == ("a map", "first latent number")
    edge = 1.6448536
    expected = [(x, y) for y in (edge, 0, -edge) for x in (-edge, 0, edge)]
    np.testing.assert_allclose(seen[0], expected, atol=1e-6)
    assert seen[0].dtype == np.float32
    with pytest.raises(ValueError, match="span="):
        plotting.latent_manifold(decode, span=(0.0, 1.0), value_range=(0, 1))
    with pytest.raises(ValueError, match="`side`.*positive integer"):
        plotting.latent_manifold(decode, side=0, value_range=(0, 1))


def test_training_curves_group_losses_and_dash_validation(tmp_path):
    history = keras.callbacks.History()
    history.history = {"loss": [3, 2], "g_loss": [1, 1], "val_loss": [4, 3], "accuracy": [0, 1]}
    history.epoch = [5, 6]
    figure = plotting.training_curves(history, tmp_path / "curves.png")
    losses, others = figure.axes
    lines = {line.get_label(): line for line in losses.lines}
    assert set(lines) == {"loss", "g_loss", "val_loss"}
    assert [line.get_label() for line in others.lines] == ["accuracy"]
    assert lines["val_loss"].get_linestyle() == "--"
    assert lines["val_loss"].get_color() == lines["loss"].get_color()
    assert lines["g_loss"].get_color() != lines["loss"].get_color()
    np.testing.assert_array_equal(lines["loss"].get_xdata(), [6, 7])
    assert (tmp_path / "curves.png").stat().st_size > 0


def test_rare_validation_is_drawn_at_its_epochs():
    history = {"loss": np.arange(7.0), "val_loss": [3.0, 6.0]}  # validation_freq=3
    loss, validation = plotting.training_curves(history).axes[0].lines
    np.testing.assert_array_equal(loss.get_xdata(), np.arange(1, 8))
    np.testing.assert_array_equal(validation.get_xdata(), [3, 6])


def test_a_rare_quantity_on_an_axis_of_its_own_is_drawn_at_its_epochs():
    history = {"loss": np.arange(8.0), "val_fid": [9.0, 5.0]}  # measured in every fourth epoch
    axis = plotting.training_curves(history).axes[1]
    np.testing.assert_array_equal(axis.lines[0].get_xdata(), [4, 8])


def test_training_curves_draw_gradients_apart():
    names = ["real_accuracy", "generator_gradient", "discriminator_loss", "diversity"]
    figure = plotting.training_curves({name: [1.0, 2.0] for name in names})
    panels = [[line.get_label() for line in axis.lines] for axis in figure.axes]
    assert panels == [
        ["discriminator_loss"],
        ["generator_gradient"],
        ["real_accuracy"],
        ["diversity"],
    ]
    assert [axis.get_title() for axis in figure.axes] == [
        "losses",
        "gradients",
        "shares",
        "diversity",
    ]


def test_training_curves_take_a_dict_of_anything():
    figure = plotting.training_curves({"distance": [1.0]})
    assert [axis.lines[0].get_label() for axis in figure.axes] == ["distance"]
    with pytest.raises(ValueError, match="history"):
        plotting.training_curves({"loss": []})


def test_code_scatter_colours_points_by_class(tmp_path):
    codes = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    figure = plotting.code_scatter(codes, [7, 2, 7], tmp_path / "codes.png")
    (points,) = figure.axes[0].collections
    np.testing.assert_array_equal(points.get_offsets(), codes)
    colors = points.get_facecolors()[:, :3]
    np.testing.assert_allclose(colors, [to_rgb("C7"), to_rgb("C2"), to_rgb("C7")])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["2", "7"]
    assert (tmp_path / "codes.png").stat().st_size > 0


def test_code_scatter_tells_many_classes_apart_and_needs_none():
    figure = plotting.code_scatter(np.eye(30, 2), np.arange(30))
    figure.draw_without_rendering()
    assert len(np.unique(figure.axes[0].collections[0].get_facecolors(), axis=0)) == 30
    assert len(figure.legends[0].get_texts()) == 30
    assert not plotting.code_scatter(np.zeros([3, 2])).legends


def test_axes_of_codes_have_names_or_no_numbers():
    named = plotting.code_scatter(np.eye(2), title="codes", axes=("first", "second")).axes[0]
    assert (named.get_title(), named.get_xlabel(), named.get_ylabel()) == (
        "codes",
        "first",
        "second",
    )
    assert len(named.get_xticks()) > 0
    assert len(plotting.code_scatter(np.eye(2)).axes[0].get_xticks()) == 0


def test_a_map_keeps_neighbours_together(tmp_path):
    labels = np.repeat([0, 1], 40)
    codes = np.random.default_rng(0).normal(size=[80, 5]) + 20 * labels[:, None]
    figure = plotting.code_map(codes, labels, tmp_path / "map.png", "two heaps", seed=1)
    points = np.asarray(figure.axes[0].collections[0].get_offsets())
    center = points[:40].mean(axis=0)
    distances = np.linalg.norm(points - center, axis=1)
    assert distances[:40].max() < distances[40:].min()
    assert figure.axes[0].get_title() == "two heaps" and (tmp_path / "map.png").exists()
    with pytest.raises(ValueError, match=r"`codes`.*more than 30.*\(30, 5\)"):
        plotting.code_map(codes[:30])


@pytest.mark.parametrize(
    "codes, labels, message",
    [
        (np.zeros([3, 3]), None, r"`codes`.*shape=\(3, 3\)"),
        (np.full([3, 2], np.nan), None, "`codes`"),
        (np.zeros([3, 2]), [0, 1], r"`labels`.*3 .*shape \(2,\)"),
        (np.zeros([3, 2]), [0.0, 1.0, 2.0], "`labels`.*float64"),
    ],
)
def test_bad_codes_and_labels_are_named(codes, labels, message):
    with pytest.raises(ValueError, match=message):
        plotting.code_scatter(codes, labels)


def test_filters_scale_each_unit_to_its_own_largest_weight(tmp_path):
    kernel = np.array([[0.5, 0.0, 0.0], [-0.25, 2.0, 0.0], [0.0, -4.0, 0.0], [0.25, 0.0, 0.0]])
    plotting.filters(kernel, (2, 2), tmp_path / "f.png", columns=3)
    picture = np.asarray(Image.open(tmp_path / "f.png").convert("L"))
    side = 96 // 2
    left, middle, right = (picture[:, 3 * side * i :][: 2 * side, : 2 * side] for i in range(3))
    np.testing.assert_array_equal(left[::side, ::side], [[255, 64], [128, 191]])
    np.testing.assert_array_equal(middle[::side, ::side], [[128, 191], [0, 128]])
    assert (right == 128).all()


def test_filters_of_a_convolution_are_those_of_the_same_dense_kernel(tmp_path):
    kernel = np.random.default_rng(0).normal(size=[3, 3, 3, 5])
    plotting.filters(kernel, path=tmp_path / "a.png")
    plotting.filters(kernel.reshape(27, 5), (3, 3, 3), path=tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize(
    "shape, image_shape, message",
    [
        ([9, 5], (2, 4), r"image_shape=\(2, 4\).*\(9, 5\)"),
        ([3, 3, 1, 5], (3, 3), "image_shape"),
        ([3, 3, 16, 5], None, r"shape=\(5, 3, 3, 16\)"),
    ],
)
def test_filters_that_are_no_pictures_are_refused(shape, image_shape, message):
    with pytest.raises(ValueError, match=message):
        plotting.filters(np.ones(shape), image_shape)


def test_activation_histogram_shows_shares_means_and_the_target(tmp_path):
    activations = np.array([[0.0, 1.0], [0.0, 0.5], [0.0, 0.0], [0.2, 0.5]])
    figure = plotting.activation_histogram(activations, tmp_path / "a.png", target=0.1)
    singles, means = figure.axes
    heights = [patch.get_height() for patch in singles.patches]
    assert heights[0] == pytest.approx(4 / 8) and sum(heights) == pytest.approx(1)
    centers = [p.get_x() + p.get_width() / 2 for p in means.patches if p.get_height() > 0]
    np.testing.assert_allclose(centers, [0.05, 0.5], atol=0.011)
    for axis in figure.axes:
        assert [line.get_xdata()[0] for line in axis.lines] == pytest.approx([2.2 / 8, 0.1])
    assert len(plotting.activation_histogram(activations).axes[0].lines) == 1
    assert (tmp_path / "a.png").stat().st_size > 0


def test_a_target_is_drawn_only_where_it_was_asked_for(tmp_path):
    codes = {"none": np.full([3, 2], 0.5), "KL": np.full([3, 2], 0.1)}
    figure = plotting.activation_histograms(codes, tmp_path / "a.png", {"KL": 0.1}, title="codes")
    assert [len(axis.lines) for axis in figure.axes] == [1, 1, 2, 2]
    assert [axis.get_ylabel().split("\n")[0] for axis in figure.axes[::2]] == ["none", "KL"]
    assert figure.get_suptitle() == "codes"
    for wrong in ({}, {"l1": np.ones([2, 2])}):
        with pytest.raises(ValueError, match="activations"):
            plotting.activation_histograms(wrong, targets={"KL": 0.1})


@pytest.mark.parametrize("bad", [np.zeros([4]), np.full([2, 2], 1.1), np.full([2, 2], np.nan)])
def test_activations_outside_the_unit_interval_are_refused(bad):
    with pytest.raises(ValueError, match="activations"):
        plotting.activation_histogram(bad)


def test_learning_curves_show_means_within_the_range_of_seeds(tmp_path):
    scores = {"random": [[0.2, 0.4, 0.9], [0.5, 0.6, 0.7]], "pre-trained": [[0.6], [0.8]]}
    figure = plotting.learning_curves([100, 1000], scores, tmp_path / "l.png")
    (axis,) = figure.axes
    random, pretrained = axis.lines
    np.testing.assert_allclose(random.get_ydata(), [0.5, 0.6])
    np.testing.assert_allclose(pretrained.get_ydata(), [0.6, 0.8])
    bands = [collection.get_paths()[0].vertices for collection in axis.collections]
    at_100 = bands[0][bands[0][:, 0] == 100][:, 1]
    assert (at_100.min(), at_100.max()) == (0.2, 0.9)
    assert axis.get_xscale() == "log"
    assert [text.get_text() for text in axis.get_legend().get_texts()] == list(scores)
    assert [label.get_text() for label in axis.get_xticklabels()] == ["100", "1,000"]
    assert (tmp_path / "l.png").stat().st_size > 0


@pytest.mark.parametrize(
    "counts, scores, message",
    [
        ([], {"a": [[0.5]]}, "`counts`"),
        ([0, 10], {"a": [[0.5], [0.5]]}, r"`counts`.*\[0, 10\]"),
        ([10], {}, "`scores`.*at least one"),
        ([10, 100], {"a": [[0.5, 0.5]]}, r"`scores`.*\(2, seeds\).*a of shape \(1, 2\)"),
        ([10], {"a": [0.5]}, r"a of shape \(1,\)"),
        ([10], {"a": [[81.7]]}, r"`scores\['a'\]`.*\[0, 1\].*81.7"),
    ],
)
def test_bad_learning_curves_are_named(counts, scores, message):
    with pytest.raises(ValueError, match=message):
        plotting.learning_curves(counts, scores)


def test_gains_are_counted_around_zero_and_their_mean(tmp_path):
    figure = plotting.gains([-1.0, 2.0, 2.0, 5.0], "nats", tmp_path / "g.png", title="two layers")
    (axis,) = figure.axes
    none, mean = axis.lines
    assert (none.get_xdata()[0], mean.get_xdata()[0]) == (0, 2)
    assert mean.get_label() == "mean +2.00 nats"
    assert sum(patch.get_height() for patch in axis.patches) == 4
    assert axis.get_title() == "two layers" and axis.get_xlabel() == "gain (nats)"
    for bad in ([], [np.nan]):
        with pytest.raises(ValueError, match="`values`"):
            plotting.gains(bad, "nats")


def test_state_probabilities_mark_the_data(tmp_path):
    figure = plotting.state_probabilities([0.1, 0.4, 0.2, 0.3], [3, 1], tmp_path / "p.png")
    (axis,) = figure.axes
    others, data = ([path.vertices[1] for path in c.get_paths()] for c in axis.collections)
    np.testing.assert_allclose(others, [[0, 0.1], [2, 0.2]])
    np.testing.assert_allclose(data, [[1, 0.4], [3, 0.3]])
    np.testing.assert_allclose(axis.lines[0].get_ydata(), 0.5)
    assert (tmp_path / "p.png").stat().st_size > 0
    assert not plotting.state_probabilities([1.0]).axes[0].lines


@pytest.mark.parametrize(
    "probabilities, marked, message",
    [([], [], "`probabilities`"), ([1.5], [], "`probabilities`"), ([0.5], [1], "`marked`.*0 to 0")],
)
def test_bad_state_probabilities_are_named(probabilities, marked, message):
    with pytest.raises(ValueError, match=message):
        plotting.state_probabilities(probabilities, marked)


def test_no_figure_is_left_in_global_state(tmp_path):
    plotting.image_grid(shades(0), tmp_path / "grid.png", value_range=(-1, 1))
    plotting.training_curves({"loss": [1.0, 0.5]})
    plotting.code_scatter(np.zeros([3, 2]))
    assert pyplot.get_fignums() == []


def test_log_weights_are_counted_and_log_z_is_marked(tmp_path):
    estimate = metrics.PartitionEstimate(3.25, 0.5, np.array([1.0, 3.0, 3.5]))
    figure = plotting.log_weights(estimate, tmp_path / "weights.png")
    (axis,) = figure.axes
    assert sum(bar.get_height() for bar in axis.patches) == 3
    assert axis.lines[0].get_xdata()[0] == 3.25
    assert "3.25 ± 0.50" in axis.get_legend().texts[0].get_text()
    assert (tmp_path / "weights.png").exists()
    broken = metrics.PartitionEstimate(np.nan, 0.5, np.array([1.0, np.nan]))
    with pytest.raises(ValueError, match="`estimate.log_weights`.*finite.*1 NaN"):
        plotting.log_weights(broken)


def test_point_clouds_share_the_axes_of_the_first_and_count_what_lies_outside(tmp_path):
    real = np.array([[0.0, 0.0], [4.0, 2.0]])
    far = np.array([[1.0, 1.0], [100.0, 0.0], [0.0, -50.0]])
    figure = plotting.point_clouds({"real": real, "far": far, "again": real}, tmp_path / "p.png", 2)
    assert len(figure.axes) == 4 and (tmp_path / "p.png").stat().st_size > 0
    first, second, third, empty = figure.axes
    assert [axis.get_title() for axis in (first, second, third)] == [
        "real",
        "far (2 outside)",
        "again",
    ]
    assert first.get_xlim() == second.get_xlim() == pytest.approx((-0.6, 4.6))
    assert first.get_ylim() == second.get_ylim() == pytest.approx((-0.6, 2.6))
    np.testing.assert_array_equal(second.collections[0].get_offsets(), far[:1])
    np.testing.assert_array_equal(first.collections[0].get_offsets(), real)
    assert not empty.collections


def test_overlaid_clouds_keep_the_colour_of_a_name(tmp_path):
    points = np.array([[0.0, 0.0], [4.0, 2.0], [1.0, 5.0]])
    panels = {"before": {"source": points, "target": points + 1}, "after": {"target": 2 * points}}
    figure = plotting.overlaid_clouds(panels, tmp_path / "o.png")
    assert (tmp_path / "o.png").stat().st_size > 0
    before, after = figure.axes
    assert [axis.get_title() for axis in figure.axes] == ["before", "after"]
    np.testing.assert_array_equal(before.collections[1].get_offsets(), points + 1)
    np.testing.assert_array_equal(after.collections[0].get_offsets(), 2 * points)
    colors = [each.get_facecolor() for each in (*before.collections, *after.collections)]
    np.testing.assert_array_equal(colors[1], colors[2])
    assert (colors[0] != colors[1]).any()
    assert [text.get_text() for text in after.get_legend().get_texts()] == ["target"]


@pytest.mark.parametrize("panels", [{}, {"before": {}}])
def test_empty_panels_of_clouds_are_refused(panels):
    with pytest.raises(ValueError, match="argument `panels`.*Received"):
        plotting.overlaid_clouds(panels)


@pytest.mark.parametrize(
    "clouds", [{}, {"a": np.zeros([3, 3])}, {"a": np.zeros([0, 2])}, {"a": [[np.nan, 0.0]]}]
)
def test_bad_point_clouds_are_named(clouds):
    name = r"clouds\['a'\]" if clouds else "clouds"
    with pytest.raises(ValueError, match=f"argument `{name}`.*Received"):
        plotting.point_clouds(clouds)
    with pytest.raises(ValueError, match=r"argument `panels.*Received"):
        plotting.overlaid_clouds({"before": clouds})


def test_whole_numbers_below_curves_stay_whole():
    panels = {"whole": {"a": ([1, 2], [3.0, 4.0])}, "parts": {"a": ([0.0, 0.5], [3.0, 4.0])}}
    whole, parts = plotting.curve_panels(panels, "x").axes
    assert {tick % 1 for tick in whole.get_xticks()} == {0.0}
    assert {tick % 1 for tick in parts.get_xticks()} != {0.0}


def test_curve_panels_keep_the_colour_of_a_name(tmp_path):
    panels = {
        "loss": {"a": ([1, 2], [3.0, 4.0]), "b": ([1], [5.0])},
        "norm": {"b": ([0, 1, 2], [1.0, 10.0, 100.0])},
    }
    figure = plotting.curve_panels(panels, ["step", "epoch"], tmp_path / "p.png", ["norm"])
    left, right = figure.axes
    assert [axis.get_title() for axis in figure.axes] == ["loss", "norm"]
    assert [axis.get_xlabel() for axis in figure.axes] == ["step", "epoch"]
    assert (left.get_yscale(), right.get_yscale()) == ("linear", "log")
    np.testing.assert_array_equal(left.lines[0].get_ydata(), [3, 4])
    np.testing.assert_array_equal(right.lines[0].get_xdata(), [0, 1, 2])
    colors = [to_rgb(line.get_color()) for line in (*left.lines, *right.lines)]
    assert colors[1] == colors[2] != colors[0]
    assert (tmp_path / "p.png").stat().st_size > 0


@pytest.mark.parametrize(
    "arguments, message",
    [
        (({}, "x"), "panels"),
        (({"t": {}}, "x"), "panels"),
        (({"t": {"a": ([1, 2], [1])}}, "x"), "a of shapes"),
        (({"t": {"a": ([], [])}}, "x"), "a of shapes"),
        (({"t": {"a": ([1], [1])}}, ["x", "y"]), "xlabel"),
        (({"t": {"a": ([1], [1])}}, "x", None, ["u"]), "logarithmic"),
    ],
)
def test_panels_without_curves_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        plotting.curve_panels(*arguments)


def test_gradient_norms_are_relative_to_the_last_step_and_leave_out_zeros(tmp_path):
    norms = {"cell": [0.0, 2.0, 4.0], "other": [1.0, 1.0, 0.5]}
    figure = plotting.gradient_norms(norms, tmp_path / "norms.png", title="before training")
    axis = figure.axes[0]
    lines = {line.get_label(): line.get_xydata().tolist() for line in axis.lines}
    assert lines["cell"] == [[2, 0.5], [3, 1.0]]
    assert lines["other"] == [[1, 2.0], [2, 2.0], [3, 1.0]]
    assert axis.get_yscale() == "log" and axis.get_title() == "before training"
    assert (tmp_path / "norms.png").is_file()


@pytest.mark.parametrize("norms", [{}, {"a": []}, {"a": [1.0, 0.0]}, {"a": [[1.0]]}])
def test_gradient_norms_without_a_positive_end_are_refused(norms):
    with pytest.raises(ValueError, match="argument `norms`"):
        plotting.gradient_norms(norms)


def test_page_of_text_is_as_large_as_its_text(tmp_path):
    one = plotting.text_page("to be")
    three = plotting.text_page("to be\n\n$or$ not to be", tmp_path / "page.png")
    assert one.texts[0].get_text() == "to be"
    assert three.get_figwidth() - one.get_figwidth() == pytest.approx((14 - 5) * 0.61 * 8 / 72)
    assert three.get_figheight() - one.get_figheight() == pytest.approx(2 * 1.2 * 8 / 72)
    ink = np.asarray(Image.open(tmp_path / "page.png").convert("L")) < 128
    assert ink.any() and not ink[:, -10:].any() and not ink[-10:].any()
    with pytest.raises(ValueError, match="argument `text`"):
        plotting.text_page(" \n")


def test_a_notebook_shows_a_picture_by_itself():
    png = plotting.training_curves({"loss": [1.0, 0.5]})._repr_png_()
    assert png.startswith(b"\x89PNG")


def test_activity_colours_signs_around_white_and_names_its_axes(tmp_path):
    panels = {"state": np.array([[-1.0, 0.5], [0.0, 0.25]]), "gate": np.array([[0.0, 0.5]])}
    figure = plotting.activity(panels, "unit", "step", tmp_path / "a.png")
    state, gate = figure.axes[:2]
    assert [axis.get_title() for axis in (state, gate)] == ["state", "gate"]
    assert (state.get_xlabel(), state.get_ylabel()) == ("unit", "step")
    assert state.images[0].get_clim() == (-1, 1) and gate.images[0].get_clim() == (0, 0.5)
    np.testing.assert_array_equal(state.images[0].get_array(), panels["state"])
    for bad in ({}, {"state": np.zeros(3)}, {"state": np.full((2, 2), np.nan)}):
        with pytest.raises(ValueError, match="`panels`"):
            plotting.activity(bad, "unit", "step")
