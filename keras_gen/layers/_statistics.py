"""Statistics of feature maps, shared by the layers of this folder."""

from keras import ops


def mean_and_deviation(features, epsilon):
    """Returns mu and sqrt(variance + epsilon) of each sample's feature maps.

    Both are taken over height and width, separately for every sample and channel.

    Args:
        features: float32 tensor (batch, height, width, channels).
        epsilon: added to the variance inside the root; keeps the gradient of a constant map finite.

    Returns:
        Two tensors (batch, 1, 1, channels).
    """
    mean = ops.mean(features, axis=(1, 2), keepdims=True)
    variance = ops.mean(ops.square(features - mean), axis=(1, 2), keepdims=True)
    return mean, ops.sqrt(variance + epsilon)
