"""Deep copies of metrics and callbacks, as a search for hyper-parameters makes them."""

import copy

import numpy as np
import pytest

from keras_gen import callbacks, metrics
from keras_gen.metrics import FeatureExtractor

IMAGES = np.random.default_rng(1).uniform(0, 1, (12, 8, 8, 1)).astype("float32")


def extractor():
    def features(images):
        return images[:, 0, :, 0]

    return FeatureExtractor("rows", features, features, (8, 8, 1), (0, 1))


METRICS = {
    "frechet": lambda: metrics.FrechetDistance(extractor(), (0, 1)),
    "kernel": lambda: metrics.KernelDistance(extractor(), (0, 1)),
    "precision": lambda: metrics.ManifoldPrecision(extractor(), (0, 1)),
    "sliced_wasserstein": lambda: metrics.SlicedWasserstein((0, 1)),
}


@pytest.mark.parametrize("name", METRICS)
def test_a_copy_of_a_metric_has_a_state_of_its_own_and_the_same_extractor(name):
    metric = METRICS[name]()
    metric.update_state(IMAGES, IMAGES[::-1] ** 2)
    copied, result = copy.deepcopy(metric), float(metric.result())
    assert float(copied.result()) == result
    copied.reset_state()
    assert float(metric.result()) == result
    assert getattr(copied, "extractor", None) is getattr(metric, "extractor", None)


def test_a_list_of_callbacks_can_be_copied():
    watch = [callbacks.GenerativeMetrics([METRICS["frechet"]()], IMAGES)]
    (copied,) = copy.deepcopy(watch)
    assert copied is not watch[0]
    assert copied.real is watch[0].real
