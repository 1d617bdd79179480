"""The accuracy on images of another domain."""

import keras
import numpy as np
import pytest
import small_models

from keras_gen import callbacks


def seeded_model():
    keras.utils.set_random_seed(1)
    return small_models.domain_adversarial()


def test_accuracy_is_that_of_the_given_images_after_the_epoch():
    model, (pairs, labels) = seeded_model(), small_models.data_of("domain_adversarial")
    others, fit = pairs[:, 1], {"epochs": 3, "shuffle": False, "verbose": 0}
    watch = callbacks.AccuracyOn("target_accuracy", others, labels)
    logged = model.fit(pairs, labels, callbacks=[watch], **fit).history["target_accuracy"]
    right = model.predict(others, verbose=0).argmax(axis=1) == labels
    assert len(logged) == 3 and logged[-1] == np.mean(right)
    assert 0 < np.mean(right) < 1

    alone = seeded_model()
    alone.fit(pairs, labels, **fit)
    for measured, expected in zip(model.get_weights(), alone.get_weights()):
        np.testing.assert_array_equal(measured, expected)  # measuring changes nothing


@pytest.mark.parametrize(
    "name, images, labels, message",
    [
        ("", 4, [0, 1, 2, 0], "`name`"),
        ("accuracy_there", 4, [0, 1, 2], "`labels`.*4 integer labels"),
        ("accuracy_there", 3, [0, 1, -1], "`labels`"),
        ("accuracy_there", 0, [], "`images`"),
    ],
)
def test_what_cannot_be_judged_is_refused(name, images, labels, message):
    with pytest.raises(ValueError, match=message):
        callbacks.AccuracyOn(name, small_models.images()[:images], labels)


def test_a_model_that_is_no_classifier_of_these_labels_is_refused():
    for build, count, labels in [
        (small_models.domain_adversarial, 4, [0, 1, 2, 3]),  # it knows three
        (small_models.autoencoder, 4, [0, 1, 2, 0]),
    ]:
        model, watch = build(), callbacks.AccuracyOn("there", small_models.images()[:count], labels)
        x, y = small_models.data_of(build.__name__)
        with pytest.raises(ValueError, match="`model`.*classifier of at least"):
            model.fit(x, y, verbose=0, callbacks=[watch])
