import keras
import numpy as np
import pytest

from keras_gen import networks

CODES = 5


def images(count=24):
    return np.random.default_rng(0).uniform(size=(count, 4, 4, 1)).astype("float32")


def labels(count=24):
    return (np.arange(count) % 3).astype("int32")


def encoder():
    return networks.mlp_encoder((4, 4, 1), (6,), CODES, output_activation="tanh")


def noisy_encoder():
    noise = keras.layers.Dropout(0.5)
    return keras.Sequential([keras.Input((4, 4, 1)), noise, encoder()], name="noisy")


def trained(model, epochs=3):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.05), loss, metrics=["accuracy"])
    model.fit(images(), labels(), batch_size=8, epochs=epochs, verbose=0)
    return model


def weights(model):
    return [weight.copy() for weight in model.get_weights()]


def moved(before, after):
    return [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]


@pytest.mark.parametrize("make", [encoder, noisy_encoder])
@pytest.mark.parametrize("frozen", [False, True])
def test_logits_are_an_affine_map_of_the_codes(make, frozen):
    base = make()
    model = networks.classifier_on(base, 3, frozen)
    kernel, bias = model.get_layer("logits").get_weights()
    assert kernel.shape == (CODES, 3)
    expected = base(images(), training=False).numpy() @ kernel + bias
    np.testing.assert_allclose(model(images(), training=False), expected, atol=1e-6)


@pytest.mark.parametrize("make", [encoder, noisy_encoder])
@pytest.mark.parametrize("frozen", [False, True])
def test_the_original_is_neither_moved_nor_frozen(make, frozen):
    base = make()
    before = weights(base)
    trained(networks.classifier_on(base, 3, frozen))
    assert not any(moved(before, weights(base)))
    assert base.trainable and len(base.trainable_variables) == len(before)
    assert {layer.trainable for layer in base.layers} == {True}


def test_a_frozen_copy_stays_while_the_head_learns():
    model = networks.classifier_on(encoder(), 3, frozen=True)
    before = weights(model)
    trained(model)
    assert moved(before, weights(model)) == [False] * 4 + [True] * 2
    assert [v.path.split("/")[-2] for v in model.trainable_variables] == ["logits"] * 2


def test_a_fine_tuned_copy_moves_with_the_head():
    model = networks.classifier_on(encoder(), 3)
    before = weights(model)
    trained(model)
    assert all(moved(before, weights(model)))


def test_a_copy_learns_even_if_the_original_is_frozen():
    base = encoder()
    base.trainable = False
    model = networks.classifier_on(base, 3)
    assert len(model.trainable_variables) == 6
    assert not base.trainable


def test_two_classifiers_on_one_encoder_do_not_share_weights():
    base = encoder()
    first, second = (networks.classifier_on(base, 3) for _ in range(2))
    trained(first)
    assert not any(moved(weights(base), weights(second)[:4]))


def test_noise_before_the_encoder_acts_in_training_only():
    model = networks.classifier_on(noisy_encoder(), 3)
    np.testing.assert_array_equal(model(images()), model(images()))
    draws = [model(images(), training=True).numpy() for _ in range(2)]
    assert np.abs(draws[0] - draws[1]).max() > 1e-3


@pytest.mark.parametrize("make", [encoder, noisy_encoder])
@pytest.mark.parametrize("frozen", [False, True])
def test_a_trained_classifier_comes_back_from_a_file(make, frozen, tmp_path):
    model = trained(networks.classifier_on(make(), 3, frozen))
    model.save(tmp_path / "classifier.keras")
    loaded = keras.saving.load_model(tmp_path / "classifier.keras")
    np.testing.assert_array_equal(loaded(images()), model(images()))
    assert len(loaded.trainable_variables) == len(model.trainable_variables)
    before = weights(loaded)
    assert moved(before, weights(trained(loaded))) == [not frozen] * 4 + [True] * 2


def test_codes_of_more_axes_are_flattened():
    base = networks.mlp((4, 4, 1), [], (2, 3))
    model = networks.classifier_on(base, 3)
    kernel, bias = model.get_layer("logits").get_weights()
    expected = base(images()).numpy().reshape(-1, 6) @ kernel + bias
    np.testing.assert_allclose(model(images()), expected, atol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: networks.gaussian_encoder((4, 4, 1), (6,), CODES),
        lambda: keras.Sequential([keras.layers.Dense(2)]),
        lambda: keras.layers.Dense(2),
        lambda: None,
    ],
    ids=["two outputs", "not built", "a layer", "nothing"],
)
def test_what_is_no_encoder_is_refused(make):
    message = r"`encoder`. Expected a built functional or sequential.* Received: encoder="
    with pytest.raises(ValueError, match=message):
        networks.classifier_on(make(), 3)


def test_the_number_of_classes_may_come_from_an_array():
    assert (
        networks.classifier_on(encoder(), np.array([0, 1, 2], "int32").max() + 1).output_shape[1]
        == 3
    )


@pytest.mark.parametrize("num_classes", [1, 0, -3, 2.0, None])
def test_fewer_than_two_classes_are_refused(num_classes):
    message = (
        rf"`num_classes`. Expected an integer, at least 2. Received: num_classes={num_classes}"
    )
    with pytest.raises(ValueError, match=message):
        networks.classifier_on(encoder(), num_classes)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_logits_are_float32_in_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    model = networks.classifier_on(encoder(), 3)
    assert model.get_layer("encoder").layers[2].compute_dtype in policy
    assert keras.backend.standardize_dtype(model(images()).dtype) == "float32"
