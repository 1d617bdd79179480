"""Greedy layer-wise training: one phase after the other, each on the codes of the one before."""

import checks
import keras
import numpy as np
import pytest
import small_models

from keras_gen import callbacks, data, greedy, models, networks

IMAGE = small_models.IMAGE
EPOCHS = 2


class Stop(Exception):
    """What a kill is to a process, inside one process."""


def shallow(shape, units, output_activation="tanh", **options):
    encoder = networks.mlp_encoder(shape, [], units, output_activation="tanh")
    decoder = networks.mlp_decoder(units, [], shape, output_activation=output_activation)
    model = models.Autoencoder(encoder, decoder, **options)
    model.compile(keras.optimizers.Nadam(1e-2), "mse")
    return model


def phases(seed=1):
    """Codes narrow unevenly, so that no half fits into the place of another."""
    keras.utils.set_random_seed(seed)
    return [shallow(IMAGE, 12, value_range=(-1, 1)), shallow((12,), 7), shallow((7,), 2)]


def train(trained, folder=None, **options):
    x = small_models.images()
    return greedy.train_autoencoders(
        trained, x, EPOCHS, batch_size=8, seed=4, folder=folder, verbose=0, **options
    )


def weights(trained):
    return [weight for phase in trained for weight in phase.get_weights()]


def test_encoders_come_first_and_decoders_in_reverse_order():
    one, two, three = phases()
    stacked, x = greedy.stack([one, two, three]), small_models.images()
    codes = three.encode(two.encode(one.encode(x)))
    np.testing.assert_allclose(stacked.encode(x), codes, atol=1e-6)
    expected = one.decode(two.decode(three.decode(codes)))
    np.testing.assert_allclose(stacked.decode(codes), expected, atol=1e-6)
    assert stacked.value_range == (-1, 1) and not stacked.compiled


def test_a_stack_of_one_is_that_one():
    one, x = phases()[0], small_models.images()
    np.testing.assert_array_equal(greedy.stack([one]).reconstruct(x), one.reconstruct(x))


def test_the_stack_shares_its_layers_with_the_phases():
    parts = phases()
    stacked = greedy.stack(parts)
    shared = [variable for phase in parts for variable in phase.weights]
    assert {id(variable) for variable in stacked.weights} == {id(each) for each in shared}
    before = weights(parts)
    stacked.compile("sgd", "mse")
    stacked.fit(small_models.images(), verbose=0)
    assert all((a != b).any() for a, b in zip(before, weights(parts)))


def test_layers_of_equal_names_can_be_stacked(tmp_path):
    parts = []
    for shape, units in ((IMAGE, 5), ((5,), 2)):
        keras.utils.clear_session()  # as in another process: names start from the beginning
        parts.append(shallow(shape, units))
    assert parts[0].encoder.layers[-1].name == parts[1].encoder.layers[-1].name
    stacked, x = greedy.stack(parts), small_models.images()
    stacked.compile("adam", "mse")
    stacked.fit(x, verbose=0)
    stacked.save(tmp_path / "stack.keras")
    reloaded = keras.saving.load_model(tmp_path / "stack.keras")
    checks.assert_same_state(checks.state(stacked), checks.state(reloaded))
    np.testing.assert_array_equal(reloaded.reconstruct(x), stacked.reconstruct(x))


def test_each_phase_learns_the_codes_of_the_one_before_and_moves_no_other():
    x, by_hand, greedy = small_models.images(), phases()[:2], phases()[:2]
    for phase in by_hand:
        phase.fit(data.batches(x, 8, seed=4), epochs=EPOCHS, verbose=0)
        x = phase.encode(x)
    stacked = train(greedy)
    checks.assert_same_state(weights(by_hand), weights(greedy))
    np.testing.assert_allclose(stacked.encode(small_models.images()), x, atol=1e-6)


def test_held_out_examples_are_encoded_from_phase_to_phase():
    parts, held_out = phases()[:2], small_models.images(9) / 2
    train(parts, validation_data=held_out)
    for phase in parts:
        assert len(phase.history.history["val_loss"]) == EPOCHS
        expected = np.mean((phase.reconstruct(held_out) - held_out) ** 2)
        assert phase.history.history["val_loss"][-1] == pytest.approx(expected, rel=1e-5)
        held_out = phase.encode(held_out)


def test_training_stopped_in_the_second_phase_ends_as_the_undisturbed_one(tmp_path, monkeypatch):
    undisturbed = phases()[:2]
    train(undisturbed, tmp_path / "undisturbed")

    def stop(self, batch, logs=None):
        if self.path.name == "phase_2.state" and len(self.history) == 1 and batch == 1:
            raise Stop

    folder = tmp_path / "stopped"
    with monkeypatch.context() as patch, pytest.raises(Stop):
        patch.setattr(callbacks.Resume, "on_train_batch_end", stop)
        train(phases()[:2], folder)
    assert sorted(file.name for file in folder.iterdir()) == ["phase_1.state", "phase_2.state"]
    first = (folder / "phase_1.state").read_bytes()

    resumed = phases()[:2]
    train(resumed, folder)
    for one, other in zip(undisturbed, resumed):
        checks.assert_same_state(checks.state(one), checks.state(other))
        assert one.history.history == other.history.history
    assert (folder / "phase_1.state").read_bytes() == first

    finished = phases(seed=2)[:2]  # everything comes from the files
    train(finished, folder)
    checks.assert_same_state(weights(undisturbed), weights(finished))


def uncompiled():
    parts = phases()
    parts[1] = models.Autoencoder(parts[1].encoder, parts[1].decoder)
    return parts


@pytest.mark.parametrize(
    "make, message",
    [
        (list, "at least one autoencoder"),
        (lambda: [phases()[0], phases()[2]], r"codes of shape \(12,\) from phase 1.*\(7,\)"),
        (uncompiled, "compiled models.*number 2, which is not"),
        (lambda: [small_models.vae(), *phases()[1:]], "one output.*phase 1, whose encoder has 2"),
        (
            lambda: [models.TiedAutoencoder(IMAGE, [12]), *phases()[1:]],
            "share no weights.*phase 1, a TiedAutoencoder",
        ),
    ],
)
def test_phases_that_cannot_be_stacked_are_named_before_training(make, message, tmp_path):
    with pytest.raises(ValueError, match=f"argument `phases`.*{message}"):
        train(make(), tmp_path / "states")
    assert not (tmp_path / "states").exists()


@pytest.mark.parametrize(
    "x, message",
    [
        (np.zeros((9, 8, 8)), "batches of shape"),
        (np.full((9, *IMAGE), 2.0), "declared range"),
        (np.zeros((9, *IMAGE), "uint8"), "floating-point"),
    ],
)
def test_examples_that_the_first_phase_does_not_take_are_named(x, message):
    with pytest.raises(ValueError, match=f"argument `x`.*{message}"):
        greedy.train_autoencoders(phases(), x, 1, verbose=0)
