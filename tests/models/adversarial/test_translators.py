"""What models of two kinds of images refuse: of x and y alike, before anything moves."""

import checks
import numpy as np
import pytest
import small_models
import tensorflow as tf

X, Y = small_models.data_of("pix2pix", 10)
NAN = np.where(np.arange(X.size).reshape(X.shape) == 3, np.float32("nan"), X)
BAD = {
    "three channels": (np.repeat(X, 3, axis=-1), r"\(batch, 8, 8, 1\).*\(10, 8, 8, 3\)"),
    "another size": (X[:, :6], r"\(batch, 8, 8, 1\).*\(10, 6, 8, 1\)"),
    "no channels": (X[..., 0], r"\(batch, 8, 8, 1\).*\(10, 8, 8\)"),
    "NaN": (NAN, "finite values.*1 NaN"),
    "out of range": (255 * X, r"declared range \[-1.0, 1.0\]"),
    "integers": (np.uint8(X > 0), "floating-point"),
    "labels": (small_models.labels(10), r"\(batch, 8, 8, 1\).*\(10,\)"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("argument", ["x", "y"])
@pytest.mark.parametrize("name", small_models.TRANSLATORS)
def test_bad_images_are_named_of_x_and_y_alike(name, argument, kind):
    model = small_models.ALL[name]()
    before = checks.state(model)
    images, message = BAD[kind]
    x, y = (images, Y) if argument == "x" else (X, images)
    as_dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(4)
    for data in ((x, y), (as_dataset,)):
        with pytest.raises(ValueError, match=f"argument `{argument}`.*{message.split('.*')[0]}"):
            model.fit(*data, verbose=0)
    with pytest.raises(ValueError, match=f"argument `{argument}`.*{message}"):
        model.train_on_batch(x, y)
    with pytest.raises(ValueError, match=f"argument `validation_data`.*{message}"):
        model.fit(X, Y, validation_data=(x, y), verbose=0)
    checks.assert_same_state(before, checks.state(model))


@pytest.mark.parametrize("name", small_models.TRANSLATORS)
def test_images_without_a_counterpart_are_refused(name):
    model = small_models.ALL[name]()
    with pytest.raises(ValueError, match="argument `y`.*Received: y=None"):
        model.fit(X, verbose=0)
    with pytest.raises(ValueError, match="argument `y`.*10 of them, one for each example"):
        model.fit(X, Y[:7], verbose=0)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize("name", small_models.TRANSLATORS)
def test_floats_of_another_width_are_taken(name, dtype):
    model = small_models.ALL[name]()
    batches = tf.data.Dataset.from_tensor_slices((X.astype(dtype), Y.astype(dtype))).batch(5)
    logs = model.fit(batches, validation_data=batches, verbose=0).history
    assert all(np.isfinite(values).all() for values in logs.values())
