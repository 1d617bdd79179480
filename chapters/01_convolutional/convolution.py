"""Convolution and pooling: what a convolutional layer computes, by hand and by Keras.

A neuron of a convolutional layer sees a small part of the image only, its local receptive field.
Neighbouring neurons see neighbouring fields, `stride` pixels apart; they overlap if the stride is
smaller than the field. All neurons of one feature map share one kernel K and one bias b:

    map[i, j] = b + sum_{u, v} K[u, v] * image[stride * i + u, stride * j + v]

which is the dot product of K with the receptive field of (i, j). The shared weights look for one
feature everywhere, so what a map shows moves when the image moves: an edge is found wherever it
is, by as many weights as a kernel has. Several kernels give several maps. (Strictly speaking this
is a cross-correlation; a convolution turns the kernel by 180 degrees, which makes no difference to
weights that are learned.)

Pooling makes a map smaller and forgets where exactly something was:

    max pooling      pooled[i, j] = max  of the field of (i, j)
    average pooling  pooled[i, j] = mean of the field of (i, j)

usually with fields that do not overlap (stride = size).

Here the kernels are fixed, and nothing is trained; lenet.py learns its own. Each step is done by
`keras.ops` and again in NumPy, where the receptive fields are `sliding_window_view`; expect a
largest difference about the precision of float32, 1e-7 times the size of the numbers. It takes
seconds.
"""

import pathlib

import numpy as np
import tyro
from keras import ops
from numpy.lib.stride_tricks import sliding_window_view

from keras_gen import data, plotting

IMAGE_SIZE = 28
KERNELS = {
    "vertical edge": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],  # Sobel's
    "horizontal edge": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "diagonal": [[0, 1, 2], [-1, 0, 1], [-2, -1, 0]],
    "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "blur": np.full((3, 3), 1 / 9),
    "copy": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
}
POOL = 2
SHIFT = (3, 2)  # rows down and columns to the right


def main(
    dataset: str = "digits",
    index: int = 0,
    limit: int = 100,
    output: pathlib.Path = pathlib.Path("outputs/convolution"),
) -> None:
    """Shows convolution and pooling on an image and checks them on many.

    Args:
        dataset: digits, mnist, fashion_mnist, or another set of grey images.
        index: which test image is shown.
        limit: how many of the test images, beginning with that one, are compared.
        output: folder for the pictures.
    """
    # Prepare: images as Keras takes them, with a channel axis.
    images = data.load(dataset, "test", image_size=IMAGE_SIZE, value_range=(0, 1))
    images = data.arrays(images.skip(index).take(limit))
    kernels = np.stack([np.array(k, "float32") for k in KERNELS.values()], axis=-1)[:, :, None]
    size = len(kernels)
    differences = {}
    plotting.image_grid(images[:1], output / "image.png", value_range=(0, 1))
    plotting.filters(kernels, path=output / "kernels.png", columns=len(KERNELS))

    # Local receptive fields: with stride 1 they overlap, with a stride of their size they do not.
    fields = sliding_window_view(images[..., 0], (size, size), axis=(1, 2))
    for stride, name in [(1, "overlapping"), (size, "side_by_side")]:
        shown = fields[0, 6 : 6 + 5 * stride : stride, 6 : 6 + 5 * stride : stride]
        plotting.image_grid(
            shown.reshape(-1, size, size),
            output / f"fields_{name}.png",
            columns=shown.shape[1],
            value_range=(0, 1),
        )

    # Feature maps: each is the dot product of every receptive field with one kernel.
    for stride in (1, 2, size):
        maps = _maps(images, kernels, stride)
        by_hand = np.einsum("nijuv,uvk->nijk", fields[:, ::stride, ::stride], kernels[:, :, 0])
        differences[f"convolution, stride {stride}"] = _largest(maps, by_hand)
        _show(maps, output / f"feature_maps_stride_{stride}.png")

    # After it, as in a network, a non-linearity: what speaks against the feature is forgotten.
    maps = _maps(images, kernels)
    rectified = ops.convert_to_numpy(ops.relu(maps))
    differences["ReLU"] = _largest(rectified, np.maximum(maps, 0))
    _show(rectified, output / "feature_maps_relu.png")

    # Shared weights: the map of a moved image is the moved map.
    down, right = SHIFT
    moved = np.pad(images, [(0, 0), (down, 0), (right, 0), (0, 0)])[:, :-down, :-right]
    moved_maps = _maps(moved, kernels)
    differences["a moved image has moved maps"] = _largest(
        moved_maps[:, down:, right:], maps[:, :-down, :-right]
    )
    edges = np.stack([maps[0, ..., :1], moved_maps[0, ..., :1]])
    edge = (size - 1) // 2
    plotting.reconstructions(
        np.stack([images[0], moved[0]])[:, edge:-edge, edge:-edge],
        (edges / np.abs(edges).max() + 1) / 2,
        value_range=(0, 1),
        path=output / "moved.png",
        names=["image", "vertical edges"],
    )

    # Pooling: the largest number, or the mean, of fields side by side.
    pools = sliding_window_view(maps, (POOL, POOL), axis=(1, 2))[:, ::POOL, ::POOL]
    for name, pool, by_hand in [
        ("max", ops.max_pool, pools.max(axis=(-2, -1))),
        ("average", ops.average_pool, pools.mean(axis=(-2, -1))),
    ]:
        pooled = ops.convert_to_numpy(pool(maps, POOL, POOL, padding="valid"))
        differences[f"{name} pooling"] = _largest(pooled, by_hand)
        _show(pooled, output / f"{name}_pooling.png")

    # Judge.
    for name, difference in differences.items():
        print(f"{name}: Keras and NumPy differ by at most {difference:.1e}")
    side = maps.shape[1]
    print(f"A feature map has {side} x {side} neurons, which share {size * size} weights.")
    largest = max(differences.values())
    print(f"{len(images)} images, largest difference {largest:.1e}. Pictures are in {output}.")


def _maps(images, kernels, stride=1):
    return ops.convert_to_numpy(ops.conv(images, kernels, stride, padding="valid"))


def _largest(first, second):
    if first.shape != second.shape:
        raise ValueError(f"Expected equal shapes. Received: {first.shape}, {second.shape}")
    return float(np.abs(first - second).max())


def _show(maps, path):
    """The maps of the first image; grey is zero."""
    pictures = np.moveaxis(maps[0] / np.abs(maps[0]).max(), -1, 0)
    plotting.image_grid(pictures, path, len(KERNELS), value_range=(-1, 1), titles=list(KERNELS))


if __name__ == "__main__":
    tyro.cli(main)
