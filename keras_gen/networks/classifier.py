"""A classifier on a pre-trained encoder: what was learned without labels, reused with few."""

import keras
from keras import layers

from keras_gen.arguments import argument_error, integer


def classifier_on(encoder, num_classes, frozen=False):
    """A classifier whose lower layers are a copy of an encoder.

        logits = W encoder(x) + b

    The training starts from the encoder's weights, so a freshly built encoder gives the same
    network from a random start. The encoder itself is neither changed nor frozen. Its noise, if it
    has any, is part of the copy: active in training, inactive in inference.

    Args:
        encoder: functional or sequential model from examples to codes; codes of more than one axis
            are flattened.
        num_classes: number of classes, at least 2.
        frozen: whether the copied weights stay as they are and only `W` and `b` are trained.

    Returns:
        A functional model from examples to logits (batch, num_classes). Its layers `encoder` and
        `logits` are the copy and the head.

    Raises:
        ValueError: if the encoder is not a built model that can be copied, or has several inputs or
            outputs (as that of a VAE), and for fewer than two classes.

    Example:
        autoencoder.fit(all_images)
        classifier = networks.classifier_on(autoencoder.encoder, num_classes=10)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        classifier.compile("adam", loss)
        classifier.fit(few_images, their_labels)

    Reference:
        Erhan et al. (2010), Why does unsupervised pre-training help deep learning?, JMLR 11.
    """
    num_classes = integer("num_classes", num_classes, least=2)
    _check(encoder)
    copy = keras.models.clone_model(encoder, clone_function=_unfrozen, recursive=True)
    copy.set_weights(encoder.get_weights())
    copy.name = "encoder"
    copy.trainable = not frozen
    x = keras.Input(encoder.inputs[0].shape[1:], name="x")
    codes = copy(x)
    if len(codes.shape) > 2:
        codes = layers.Flatten()(codes)
    logits = layers.Dense(num_classes, name="logits", dtype="float32")(codes)
    return keras.Model(x, logits, name="classifier")


def _unfrozen(layer):
    # A layer that is made frozen keeps its weights among those that are never trained.
    return type(layer).from_config({**layer.get_config(), "trainable": True})


def _check(encoder):
    inputs, outputs = (getattr(encoder, name, ()) for name in ("inputs", "outputs"))
    if len(inputs) != 1 or len(outputs) != 1:
        raise argument_error(
            "encoder",
            "a built functional or sequential model with one input and one output",
            received=f"encoder={encoder} with {len(inputs)} inputs and {len(outputs)} outputs",
        )
