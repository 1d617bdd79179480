"""What cards say is what their endpoints give: one cheap figure of each, where its data are."""

import functools
import os
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from keras_gen import data, evaluation, metrics, saved_models

SHIPPED = saved_models.available()
PART = 300  # images of which a mean is taken where all of them would take long
NO_DATA = {  # what no test can load
    "tinyshakespeare": "the text is not part of the library",
    "facades": "the photographs are not part of the library",
    "olivetti": "the faces are not part of the library",
}


@functools.cache
def images(dataset, split, value_range=(0, 1), size=None):
    """Images and labels of a split; a skip where they are not on this machine."""
    if dataset in ("mnist", "fashion_mnist", "cifar10"):
        folder = os.environ.get("TFDS_DATA_DIR")
        if not (folder and (pathlib.Path(folder) / dataset).is_dir()):
            pytest.skip(f"TFDS_DATA_DIR has no {dataset}")
    return data.arrays(data.load(dataset, split, size, value_range, labels=True))


def in_parts(function, x, size=500):
    parts = [function(tf.constant(x[first : first + size])) for first in range(0, len(x), size)]
    return np.concatenate([part.numpy() for part in parts])


def error_of(endpoint, model, card):
    x, labels = images(card["data"], "test", tuple(card["value_range"]))
    return np.mean(in_parts(getattr(model, endpoint), x).argmax(axis=1) != labels)


def error_of_part(endpoint, model, card):
    """Of a few images: known up to five standard errors."""
    x, labels = images(card["data"], "test", tuple(card["value_range"]))
    read = in_parts(getattr(model, endpoint), x[: 3 * PART], 100).argmax(axis=1)
    share = np.mean(read != labels[: 3 * PART])
    return share, 5 * (share * (1 - share) / (3 * PART)) ** 0.5 + 1e-3


def errors_of(model, card):
    return 10_000 * error_of("classify", model, card)


def squared_error(model, card):
    x = images(card["data"], "train")[0][-5000:]
    return np.mean((in_parts(model.reconstruct, x) - x) ** 2)


def nats(model, card):
    """Of a few images: known up to five standard errors."""
    x = data.binarize(images(card["data"], "test")[0][:PART], [1, 0]).numpy()
    cost = -in_parts(model.log_prob, x, 100)
    return cost.mean(), 5 * cost.std() / PART**0.5


def importance_weighted(model, card):
    """An upper bound, of fewer images and samples than on the card."""
    if not hasattr(model, "encode_distribution"):
        pytest.skip("the model was exported before it had the endpoint `encode_distribution`")
    x = data.binarize(images(card["data"], "test")[0][:PART], [1, 0]).numpy()
    moments = model.encode_distribution(x)
    mean, log_var = moments["mean"].numpy(), moments["log_var"].numpy()
    rng, weights = np.random.default_rng(1), []
    for _ in range(50):
        noise = rng.normal(size=mean.shape).astype("float32")
        z = mean + np.exp(log_var / 2) * noise
        p = np.clip(model.decode(tf.constant(z)), 1e-7, 1 - 1e-7)
        log_p = np.sum(x * np.log(p) + (1 - x) * np.log1p(-p), axis=(1, 2, 3))
        weights.append(log_p + np.sum(noise**2 + log_var - z**2, axis=1) / 2)
    cost = metrics.importance_weighted_nll(weights)
    return cost.mean(), 5 * cost.std() / PART**0.5


def frechet(model, card):
    """Draws of latents differ."""
    size = model.sample(tf.constant(1), tf.constant(0)).shape[1]
    test, _ = images(card["data"], "test", tuple(card["value_range"]), size)
    fake, _ = evaluation.samples(model, len(test), 1, None)
    reader = evaluation.shipped_extractor(card["data"])
    fid = metrics.FrechetDistance(reader, tuple(card["value_range"]))
    fid.update_state(test, fake)
    return fid.result(), 0.3 * fid.result()


def read_as_wanted(model, card):
    """Of a few images: known up to five standard errors."""
    fake, labels = evaluation.samples(model, 1000, 1, 10)
    reader = saved_models.load(f"lenet_{card['data']}")
    low, high = card["value_range"]
    read = in_parts(reader.serve, (fake - low) / (high - low)).argmax(axis=1)
    share = np.mean(read == labels)
    return share, 5 * (share * (1 - share) / 1000) ** 0.5 + 1e-3


CLASSIFIER = "error_10000", functools.partial(error_of, "serve")
FIGURES = {
    "lenet_mnist": [CLASSIFIER],
    "lenet_fashion_mnist": [CLASSIFIER],
    "lenet_glyphs": [("error_2000", functools.partial(error_of, "serve"))],
    "dbn_mnist": [
        (f"error_{kind}_10000", functools.partial(error_of, endpoint))
        for kind, endpoint in [("greedy", "classify"), ("fine_tuned", "classify_fine_tuned")]
    ],
    "semi_supervised_mnist": [("errors_of_10000", errors_of)],
    "convolutional_fashion_mnist": [("validation_mse_5000_images", squared_error)],
    "stacked_fashion_mnist": [("validation_mse_5000_images", squared_error)],
    "denoising_fashion_mnist": [("validation_mse_5000_images", squared_error)],
    "made_mnist": [("nll_nats_10000_images", nats)],
    "pixelcnn_mnist": [("nll_nats_10000_images", nats)],
    "vae_mnist": [("nll_nats_5000_importance_samples_10000_images", importance_weighted)],
    "vae_fashion_mnist": [("nll_nats_5000_importance_samples_10000_images", importance_weighted)],
    "encoder_cifar10": [("error_10000", functools.partial(error_of_part, "classify"))],
    "dcgan_mnist": [("fid_lenet_mnist_10000", frechet)],
    "dcgan_fashion_mnist": [("fid_lenet_fashion_mnist_10000", frechet)],
    "dcgan_glyphs": [("fid_lenet_glyphs_2000", frechet)],
    "conditional_dcgan_mnist": [("gan_test_10000_lenet_mnist", read_as_wanted)],
    "conditional_dcgan_fashion_mnist": [("gan_test_10000_lenet_fashion_mnist", read_as_wanted)],
    "stylegan_mnist": [("fid_lenet_mnist_10000_psi_0.7", frechet)],
    "wgan_gp_fashion_mnist": [("fid_lenet_fashion_mnist_10000", frechet)],
}
UNCHECKED = {  # the endpoints give no figure of the card within seconds
    "rbm_mnist": "the likelihood needs a partition function, which no endpoint gives",
    "dbm_mnist": "the bound needs a partition function, which no endpoint gives",
    "progan_mnist": "its distances are those of 10,000 images, which take minutes",
    "dann_mnist_m": "digits on photographs, and its figures are means of three trainings",
}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_card_has_no_figure_of_another_model_or_of_a_missing_endpoint(name):
    card = saved_models.read_card(name)
    others = ("pca_mse", "noisy", "frequencies", "error_logistic", "l1_of_the_mean", "gap_closed")
    others += ("accuracy_source_only", "accuracy_trained_on_the_target", "errors_of_10000_labels")
    assert not [each for each in card["metrics"] if each.startswith(others)]
    for figure, endpoint in [
        ("error_fine_tuned", "classify_fine_tuned"),
        ("read_as_wanted_1000_samples_guidance_1.0", "sample_unguided"),
    ]:
        if any(each.startswith(figure) for each in card["metrics"]):
            assert endpoint in card["endpoints"]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_figure_of_the_card_is_what_the_endpoints_give(name):
    card = saved_models.read_card(name)
    if name in UNCHECKED or card["data"] in NO_DATA:
        pytest.skip(UNCHECKED.get(name) or NO_DATA[card["data"]])
    model = saved_models.load(name)
    figures = [each for each in FIGURES[name] if each[0] in card["metrics"]]
    assert figures
    for figure, recompute in figures:
        value, *allowed = np.atleast_1d(recompute(model, card)).tolist()
        bounds = {"rel": 1e-3, "abs": sum(allowed)}
        assert value == pytest.approx(card["metrics"][figure], **bounds), figure
