"""How long the metrics of generated images take, on the CPU.

The first table is every metric of 10,000 images of the shipped DCGAN against the 10,000 test
images of MNIST, 28x28, through the shipped LeNet, from images to number; the claim is that all
together take less than two minutes on two cores. Labels are what the LeNet reads in another
sample, and stacked images are three samples; GAN-train is left out, as its time is that of a
training.

The second is `frechet_distance` of 2,048 features, as Inception-v3 has, against the usual route:

    d^2 = ||m_1 - m_2||^2 + tr(C_1 + C_2 - 2 (C_1 C_2)^(1/2)),   the root by scipy.linalg.sqrtm

on the covariances of correlated random features; the claim is at least three times faster, with
the same number. Both take turns.

Beside other work, the CPU seconds say what the seconds do not; better leave the machine alone
meanwhile. It takes a few minutes on two cores.
"""

import os
import pathlib
import platform
import time

import keras
import numpy as np
import scipy.linalg
import tensorflow as tf
import tyro

from keras_gen import data, evaluation, metrics, saved_models

SEED = 1
FEATURES = 2048


def main(
    count: int = 10_000,
    rounds: int = 2,
    dataset: str = "mnist",
    output: pathlib.Path | None = None,
) -> None:
    """Times every metric, then the Frechet distance in two ways, and prints tables.

    Args:
        count: number of generated and of real images.
        rounds: how often each way to the Frechet distance is timed, in turn.
        dataset: TFDS set for which a DCGAN and a LeNet are shipped.
        output: Markdown file for the tables.
    """
    text = "\n\n".join([environment(), every_metric(dataset, count), frechet_routes(rounds)])
    print(text)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text + "\n")


def every_metric(dataset, count):
    """Seconds and value of each metric of generated against real images, as Markdown."""
    generator = saved_models.load(f"dcgan_{dataset}")
    value_range = saved_models.read_card(f"dcgan_{dataset}")["value_range"]
    extractor = evaluation.shipped_extractor(dataset)
    real = data.arrays(data.load(dataset, "test", value_range=value_range).take(count))
    samples = [generator.sample(count, seed).numpy() for seed in range(SEED, SEED + 3)]
    fake, stacked = samples[0], np.concatenate(samples, axis=-1)
    labels = extractor.probabilities(samples[1], value_range).argmax(axis=1)
    extractor.features(real[:1], value_range)  # compiles
    pairs = [
        metrics.FrechetDistance(extractor, value_range),
        metrics.KernelDistance(extractor, value_range),
        metrics.ManifoldPrecision(extractor, value_range),
        metrics.ManifoldRecall(extractor, value_range),
        metrics.SlicedWasserstein(value_range),
    ]
    jobs = {metric.name: lambda metric=metric: compared(metric, real, fake) for metric in pairs}
    score = metrics.InceptionScore(extractor, value_range)
    jobs[score.name] = lambda: (score.update_state(fake), score.result())[1]
    modes = metrics.StackedModes(extractor, value_range)
    jobs[modes.name] = lambda: compared(modes, None, stacked)
    jobs["gan_test"] = lambda: metrics.gan_test(extractor, fake, labels, value_range)
    jobs["nearest (mean distance)"] = lambda: metrics.nearest_neighbours(fake, real)[1].mean()
    rows = {name: timed(job) for name, job in jobs.items()}
    seconds, cpu = (sum(each) for each in list(zip(*rows.values(), strict=True))[:2])
    lines = [
        f"| metric of {len(fake)} against {len(real)} images | seconds | CPU seconds | value |",
        "| --- | --- | --- | --- |",
        *(f"| {name} | {row[0]:.1f} | {row[1]:.1f} | {row[2]:.4g} |" for name, row in rows.items()),
        f"| all together | {seconds:.1f} | {cpu:.1f} | |",
    ]
    return "\n".join(lines)


def compared(metric, real, fake):
    metric.update_state(real, fake)
    return metric.result()


def frechet_routes(rounds):
    """Seconds of `frechet_distance` and of the route by `sqrtm`, as Markdown."""
    moments = [random_moments(seed) for seed in (SEED, SEED + 1)]
    arguments = [each for pair in moments for each in pair]
    routes = {"frechet_distance": metrics.frechet_distance, "scipy.linalg.sqrtm": by_sqrtm}
    rows = {name: [] for name in routes}
    for _ in range(rounds):
        for name, route in routes.items():
            rows[name].append(timed(lambda route=route: route(*arguments)))
    lines = []
    for name, timings in rows.items():
        seconds, cpu, value = np.median(timings, axis=0)
        lines.append(f"| {name} | {seconds:.1f} | {cpu:.1f} | {value:.10g} |")
    ours, usual = (np.array(timings)[:, 0] for timings in rows.values())
    ratio = usual / ours
    head = [
        f"| {FEATURES} features, {rounds} rounds | seconds | CPU seconds | value |",
        "| --- | --- | --- | --- |",
    ]
    tail = (
        f"sqrtm / frechet_distance: {np.median(ratio):.1f} ({ratio.min():.1f} to {ratio.max():.1f})"
    )
    return "\n".join([*head, *lines, "", tail])


def random_moments(seed):
    """Mean and covariance of features whose variances fall over four orders of magnitude."""
    random = np.random.default_rng(seed)
    features = random.standard_normal((2 * FEATURES, FEATURES)) * np.logspace(0, -2, FEATURES)
    mixed = features @ random.standard_normal((FEATURES, FEATURES))
    return mixed.mean(axis=0), np.cov(mixed, rowvar=False)


def by_sqrtm(mean_1, cov_1, mean_2, cov_2):
    root = scipy.linalg.sqrtm(cov_1 @ cov_2)
    difference = mean_1 - mean_2
    return difference @ difference + np.trace(cov_1 + cov_2) - 2 * np.trace(root).real


def timed(function):
    """Seconds, seconds of all cores together, and the function's value."""
    start, cpu_start = time.perf_counter(), time.process_time()
    value = function()
    return time.perf_counter() - start, time.process_time() - cpu_start, value


def environment():
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, NumPy {np.__version__}, SciPy "
        f"{scipy.__version__}, Keras {keras.__version__}, TensorFlow {tf.__version__}"
    )


if __name__ == "__main__":
    tyro.cli(main)
