"""Convolution and pooling: what a convolutional layer computes, by hand and by Keras.

A neuron of a convolutional layer sees only a small part of the image, its local receptive field.
Neighbouring neurons see neighbouring fields, `stride` pixels apart; they overlap if the stride is
smaller than the field. All neurons of one feature map share one kernel K and one bias b:

    map[i, j] = b + sum_{u, v} K[u, v] * image[stride * i + u, stride * j + v]

which is the dot product of K with the receptive field of (i, j). The shared weights look for one
feature everywhere, so what a map shows moves when the image moves: an edge is found wherever it
is, by as many weights as a kernel has. Several kernels give several maps. (Strictly speaking this
is a cross-correlation; a convolution rotates the kernel by 180 degrees, which makes no difference
to weights that are learned.)

Pooling makes a map smaller and forgets where exactly something was:

    max pooling      pooled[i, j] = max  of the field of (i, j)
    average pooling  pooled[i, j] = mean of the field of (i, j)

usually with fields that do not overlap (stride = size).

Here the kernels are fixed, and nothing is trained; lenet.py learns its own. Each step is done by
`keras.ops` and again in NumPy, where the receptive fields are `sliding_window_view`; expect the
largest difference to be about the precision of float32, 1e-7 times the size of the numbers. It
takes seconds.
"""

from keras_gen import runs

# isort: split
import keras
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from keras_gen import plotting

IMAGE_SIZE = 28
KERNELS = {
    "vertical edge": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],  # Sobel's
    "horizontal edge": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "diagonal": [[0, 1, 2], [-1, 0, 1], [-2, -1, 0]],
    "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "blur": [[1 / 9] * 3] * 3,
    "copy": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
}
SIZE = 3  # of a receptive field
STRIDES = (1, 2, 3)
POOL = 2
SHIFT = 3  # rows down and columns to the right
COMPARED = 100  # images


def main(run: runs.Run = runs.Run(epochs=None), index: int = 0) -> None:
    """Shows convolution and pooling on an image and checks them on many.

    Args:
        run: grey images.
        index: which test image is shown.
    """
    run.begin()

    # Prepare: images as Keras takes them, with a channel axis.
    _, images = run.images(IMAGE_SIZE, (0, 1))
    images = images[index : index + COMPARED]
    kernels = np.stack([np.array(k, "float32") for k in KERNELS.values()], axis=-1)
    picture = {"xlabel": "column", "ylabel": "row"}
    plotting.activity(
        {"image": images[0, ..., 0], **{name: np.array(k) for name, k in KERNELS.items()}},
        path=run.output / "kernels.png",
        **picture,
    )

    # Feature maps: each is the dot product of every receptive field with one kernel. The larger the
    # stride, the smaller the map.
    measures, panels = {}, {"image": images[0, ..., 0]}
    for stride in STRIDES:
        maps = convolution(images, kernels, stride)
        measures[f"convolution, stride {stride}"] = largest(
            maps, convolution_by_hand(images, kernels, stride)
        )
        side = maps.shape[1]
        panels[f"vertical edges, stride {stride}: {side} x {side}"] = in_frame(maps[0, ..., 0])
    plotting.activity(panels, path=run.output / "strides.png", **picture)

    # After it, as in a network, a non-linearity: what speaks against the feature is forgotten.
    maps = convolution(images, kernels, stride=1)
    rectified = keras.ops.convert_to_numpy(keras.ops.relu(maps))
    measures["ReLU"] = largest(rectified, np.maximum(maps, 0))
    shown = {"image": images[0, ..., 0]}
    shown |= {name: maps[0, ..., number] for number, name in enumerate(KERNELS)}
    samples = plotting.activity(shown, path=run.output / "feature_maps.png", **picture)
    shown |= {name: rectified[0, ..., number] for number, name in enumerate(KERNELS)}
    plotting.activity(shown, path=run.output / "rectified.png", **picture)

    # Shared weights: the map of a moved image is the moved map.
    moved = np.pad(images, [(0, 0), (SHIFT, 0), (SHIFT, 0), (0, 0)])[:, :-SHIFT, :-SHIFT]
    moved_maps = convolution(moved, kernels, stride=1)
    measures["a moved image has moved maps"] = largest(
        moved_maps[:, SHIFT:, SHIFT:], maps[:, :-SHIFT, :-SHIFT]
    )
    plotting.activity(
        {
            "image": images[0, ..., 0],
            "its vertical edges": maps[0, ..., 0],
            "image, moved": moved[0, ..., 0],
            "its vertical edges, moved": moved_maps[0, ..., 0],
        },
        path=run.output / "moved.png",
        **picture,
    )

    # Pooling: the largest number, or the mean, of fields side by side.
    fields = receptive_fields(maps, POOL, stride=POOL)
    largest_of, mean_of = (
        keras.ops.max_pool(maps, POOL, POOL),
        keras.ops.average_pool(maps, POOL, POOL),
    )
    measures["max pooling"] = largest(largest_of, fields.max(axis=(-2, -1)))
    measures["average pooling"] = largest(mean_of, fields.mean(axis=(-2, -1)))
    pooled = {"vertical edges": maps, "max pooling": largest_of, "average pooling": mean_of}
    panels = {name: np.asarray(each)[0, ..., 0] for name, each in pooled.items()}
    plotting.activity(panels, path=run.output / "pooling.png", **picture)

    measures["largest_difference"] = max(measures.values())
    what = f"largest difference between Keras and NumPy on {len(images)} images"
    look = "feature_maps.png: what each kernel finds in one image; strides.png, pooling.png"
    run.save(None, what, measures, samples, look)


def convolution(images, kernels, stride):
    """The feature maps of Keras."""
    kernels = kernels[:, :, np.newaxis]  # one channel in
    return keras.ops.convert_to_numpy(keras.ops.conv(images, kernels, stride, padding="valid"))


def convolution_by_hand(images, kernels, stride):
    """The same feature maps: every receptive field times a kernel, summed."""
    fields = receptive_fields(images, SIZE, stride)  # (image, row, column, channel, u, v)
    return np.tensordot(fields[:, :, :, 0], kernels, axes=2)


def receptive_fields(maps, size, stride):
    """The square fields of maps (image, row, column, channel), on two further axes."""
    return sliding_window_view(maps, (size, size), axis=(1, 2))[:, ::stride, ::stride]


def in_frame(small):
    """A map in the upper left corner of a frame of the image's size, so that sizes compare."""
    return np.pad(small, [(0, IMAGE_SIZE - side) for side in small.shape])


def largest(first, second):
    """The largest difference between two arrays of equal shape."""
    np.testing.assert_equal(np.shape(first), np.shape(second))
    return np.abs(np.asarray(first) - second).max()


if __name__ == "__main__":
    runs.start(main)
