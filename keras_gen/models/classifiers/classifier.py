"""The common part of models that classify images."""

import tensorflow as tf

from keras_gen.models.base import GenerativeModel
from keras_gen.models.inputs import Images
from keras_gen.models.use import checked, in_batches


class Classifier(GenerativeModel):
    """A model that returns logits of classes and is trained with integer labels.

    p(y = k | x) = softmax(model(x))_k
    """

    def labeled(self, data):
        """Images, their integer classes (batch,), and sample weights or `None`, of a batch."""
        images, labels, weight = self.unpacked(data)
        return images, tf.reshape(tf.cast(labels, tf.int32), [-1]), weight

    def takes(self):
        return Images(self.image_shape(), self.value_range)

    def classify(self, images, batch_size=256):
        """Class probabilities: NumPy array (count, classes)."""
        images = checked(self.takes(), images, "images")
        return in_batches(self.graphs.classified, [images], batch_size)

    def classified(self, images):
        """The tensor of class probabilities, float32."""
        return tf.nn.softmax(self(images))

    def image_shape(self):
        """Shape of one image to be classified."""
        raise NotImplementedError

    def endpoints(self):
        """What `saved_models.export` writes: name -> (function, input signature)."""
        images = tf.TensorSpec([None, *self.image_shape()], tf.float32, "images")

        return {"classify": (self.classified, [images])}
