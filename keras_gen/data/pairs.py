"""Pairs of images of the same thing: from pictures, from two folders, drawn, or made by a rule."""

import tensorflow as tf

from keras_gen.arguments import argument_error
from keras_gen.data import embedded
from keras_gen.data.checks import folder_path, shown
from keras_gen.data.folders import Half, Whole, warn_of_skipped
from keras_gen.data.pictures import checked_background, in_range
from keras_gen.data.sources import checked_size, files_of, finished, load, pixels_of
from keras_gen.data.styles import PAIRS, partners
from keras_gen.images import check_range

_NAMED = 5


def load_pairs(
    x,
    y=None,
    rule=None,
    split="train",
    image_size=None,
    value_range=(-1.0, 1.0),
    x_range=None,
    background=1.0,
):
    """Pairs of images (x, y) as a `tf.data.Dataset` of single examples with values in a range.

        (x, y) = (image of folder x, image of the same name of folder y)
        (x, y) = (rule(image), image)

    x is what a translation starts from and y is its target. There are four sources of pairs:

        load_pairs(right_half("facades"), left_half("facades"))     # side by side in one picture
        load_pairs("maps/plans", "maps/photos")                     # two folders, equal names
        load_pairs("glyphs_outline", "glyphs_filled")               # digits drawn in two styles
        load_pairs("cifar10", rule=rules.grey)                      # made by a rule

    Digits are drawn from outlines to colored ones, from `"glyphs_regular"` to `"glyphs_bold"` and
    from `"glyphs_sans"` to `"glyphs_serif"`, or the other way round; see `data.styles`. A target
    alone, as in `load_pairs("glyphs_bold")`, is paired with its source.

    The order is fixed and the same for x and y, and slices of a split never separate a pair: `x` of
    `"train[:50%]"` and `y` of `"train[50%:]"` have no pair in common.

    Args:
        x: path of a folder, or a half of the pictures of one. With a rule, anything `load` takes.
        y: path of a folder, or a half, whose images have the names of those of x, sub-folders
            included and suffixes ignored; or the other style of x. `None` with a rule.
        rule: callable `image -> image`, such as those of `keras_gen.data.rules`, of a float32
            tensor (height, width, channels) with values from 0 for black to 1 for white, with a
            result of the same kind. It receives the image after resizing.
        split, image_size, value_range: as for `load`, for both images. Pictures side by side are
            cut before they are resized.
        x_range: (low, high), the values of black and white in x if they differ from those in y.
        background: as for `load`.

    Returns:
        A `tf.data.Dataset` of pairs of float32 images (height, width, channels), with known
        cardinality.

    Raises:
        ValueError: for neither or both of `y` and `rule`, styles that are no pair, files without a
            partner, pictures of odd width where a half is requested, a rule that returns no image,
            and what `load` refuses.

    Example:
        pairs = load_pairs(right_half("facades"), left_half("facades"), image_size=64)
        model.fit(batches(pairs, 4, seed=1, transform=paired(flipped)))
    """
    size, y_range = checked_size(image_size), check_range(value_range)
    x_range = y_range if x_range is None else check_range(x_range, "x_range")
    colour = checked_background(background)
    styled = partners(x, y) if rule is None else None
    if styled is not None:
        drawn = zip(styled, (x_range, y_range))
        return tf.data.Dataset.zip(*(load(name, split, size, limits) for name, limits in drawn))
    if (y is None) == (rule is None):
        raise argument_error("rule", "either a rule or `y`, not both", rule)
    if rule is not None:
        return _by_rule(x, rule, split, size, x_range, y_range, colour)
    if embedded.is_embedded(x) and embedded.is_embedded(y):
        pairs = ", ".join(f"{target!r} with {source!r}" for target, source in PAIRS.items())
        raise argument_error("y", f"the other style of a pair: {pairs}", y)
    (x_files, x_cut), (y_files, y_cut) = _partners(x, y, split)
    return tf.data.Dataset.zip(
        finished(pixels_of(x_files, (), size, x_cut, colour, "x"), 255.0, size, x_range),
        finished(pixels_of(y_files, (), size, y_cut, colour, "y"), 255.0, size, y_range),
    )


def _by_rule(name, rule, split, size, x_range, y_range, background):
    if not callable(rule):
        raise argument_error("rule", "a callable image -> image", rule)

    def pair(image):
        made = tf.convert_to_tensor(rule(image))
        made = tf.cast(made, tf.float32) if made.dtype == tf.float64 else made
        if made.shape.rank != 3 or made.dtype != tf.float32:
            raise argument_error(
                "rule",
                "a rule that returns a float32 image (height, width, channels)",
                received=f"one of shape {made.shape} and type {made.dtype.name}",
            )
        return in_range(made, x_range), in_range(image, y_range)

    images = load(name, split, size, value_range=(0.0, 1.0), background=background)
    return images.map(pair, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)


def _partners(x, y, split):
    """For x and for y: the chosen files, in the order of x, and how a picture is cut."""
    x, y = _of_folder(x, "x"), _of_folder(y, "y")
    x_found, chosen = files_of(x.folder, split, "x", x.by_name, x.group)
    y_found, _ = files_of(y.folder, split, "y")
    x_named, y_named = _named(x_found, "x"), _named(y_found, "y")
    for name, lacking, there in [("y", y_named, x_named), ("x", x_named, y_named)]:
        lonely = sorted(there.keys() - lacking.keys())
        if lonely:
            named = ", ".join(shown(there[stem]) for stem in lonely[:_NAMED])
            more = len(lonely) - _NAMED
            raise argument_error(
                name,
                "a folder with a partner of the same name for every image",
                received=f"none for {named}" + (f" and {more} more" if more > 0 else ""),
            )
    warn_of_skipped(x_found, y_found)
    y_files = [y_named[stem] for stem in x_named]
    return (x_found.files[chosen], x.cut), (y_files[chosen], y.cut)


def _of_folder(source, name):
    """Where images come from, a folder as it is or with a cut and an order."""
    is_source = isinstance(source, (Half, Whole))
    return source if is_source else Whole(folder_path(name, source))


def _named(found, name):
    """Files by their paths below the root, without suffix, in the order of the files."""
    named = {}
    for path in found.files:
        other = named.setdefault(path.relative_to(found.root).with_suffix(""), path)
        if other is not path:
            both = f"{shown(other)} and {shown(path)}"
            raise argument_error(name, "one image of each name", received=both)
    return named
