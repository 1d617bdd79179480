import numpy as np
import tensorflow as tf

from keras_gen.layers import LearnedConstant


def test_it_starts_at_ones_whatever_the_input_holds():
    layer = LearnedConstant((2, 2, 3))
    for x in (np.zeros((4, 5)), np.full((4, 2, 2), np.nan)):
        np.testing.assert_array_equal(layer(x), np.ones((4, 2, 2, 3)))
    assert layer(np.zeros((0, 5))).shape == (0, 2, 2, 3)


def test_all_examples_share_it_and_teach_it():
    layer = LearnedConstant((3,))
    layer.build((None, 5))
    layer.constant.assign([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        y = layer(tf.zeros([2, 5]))
        loss = tf.reduce_sum(y * [[1.0, 0.0, 2.0], [3.0, 0.0, 4.0]])
    np.testing.assert_array_equal(y, [[1, 2, 3], [1, 2, 3]])
    (gradient,) = tape.gradient(loss, layer.trainable_variables)
    np.testing.assert_array_equal(gradient, [4, 0, 6])
