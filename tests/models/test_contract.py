"""Every model keeps the contract of `checks.py`."""

import subprocess
import sys

import checks
import pytest
import small_models
from small_models import data_of

KILLS = {
    "gan": 2,
    "semi_supervised_gan": 1,
    "domain_adversarial": 1,
    "adversarial_training": 1,
    "made": 1,
    "pixel_cnn": 1,
    "wgan_gp": 2,
    "slow_progan": 5,
    "stylegan": 1,
    "replay_gan": 1,
    "augmented_gan": 1,
    "pix2pix": 1,
    "cycle_gan": 2,
    "style_transfer": 1,
    "vae": 2,
    "denoising_autoencoder": 1,
    "tied_autoencoder": 1,
    "rbm": 1,
    "deep_boltzmann_machine": 1,
    "boltzmann_machine": 1,
    "deep_belief_network": 1,
    "character_model": 1,
}
EVERY_KIND = (  # of each family; what data are is told apart by code that all models share
    *("gan", "pix2pix", "vae", "deep_boltzmann_machine", "made", "character_model"),
    *("adversarial_training", "semi_supervised_gan", "style_transfer"),
)
MODELS = sorted(small_models.ALL)


@pytest.fixture(params=MODELS)
def name(request):
    return request.param


@pytest.fixture
def make(name):
    return small_models.ALL[name]


def test_fit_takes_every_kind_of_data(name, make):
    options = {"needs_y": name in small_models.LABELED, "every": name in EVERY_KIND}
    checks.check_fit_takes_every_kind_of_data(make, *data_of(name), **options)


def test_execution_modes_agree(name, make):
    several_steps = name not in small_models.GROWING  # which refuse them
    checks.check_execution_modes_agree(make, *data_of(name), several_steps=several_steps)


def test_jit_compiled_step(name, make):
    checks.check_jit_compiled_step(make, *data_of(name))


def test_round_trip(name, make, tmp_path):
    checks.check_round_trip(make, *data_of(name), tmp_path)


def test_failed_saving_loses_nothing(make, tmp_path, monkeypatch):
    checks.check_failed_saving_loses_nothing(make, tmp_path, monkeypatch)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(name, make, policy):
    checks.check_mixed_precision(make, *data_of(name), policy)


def test_mirrored_training(name, make):
    checks.check_mirrored_training(make, *data_of(name))


def test_bad_input(name, make):
    check = checks.check_bad_tokens if name in small_models.TEXTS else checks.check_bad_input
    check(make, *data_of(name))


def test_export(make, tmp_path):
    checks.check_export(make, tmp_path)


def test_importing_the_models_suffices_to_load_one(tmp_path):
    """Its layers and optimizers come along, wherever in the library they are."""
    small_models.gan().save(tmp_path / "m.keras")  # has layers of networks and FusedAdam
    code = "import keras, keras_gen.models; print(keras.saving.load_model('m.keras').compiled)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert run.stdout.strip() == "True", run.stderr


@pytest.mark.parametrize(
    "kind",
    [
        *["gan", "wgan_gp", "progan", "stylegan", "pix2pix", "cycle_gan", "style_transfer"],
        *["vae", "autoencoder"],
    ],
)
def test_two_replicas_take_the_step_of_one(kind):
    make = getattr(small_models, f"{kind}_without_chance")
    x, y = data_of(kind)
    checks.check_two_replicas_take_the_step_of_one(make, x[:16], y[:16])


@pytest.mark.parametrize("kind", KILLS)
def test_killed_training_ends_like_an_undisturbed_one(kind, tmp_path):
    checks.check_resume_after_kills(kind, tmp_path, KILLS[kind], epochs=3 * KILLS[kind] + 1)
