"""How long a training step takes: keras_gen side by side with plain PyTorch, on the CPU.

These steps are timed, each against the same networks, batch, losses and optimizers written
plainly in PyTorch:

    dcgan     GAN on 28x28x1, batches of 128, Adam(2e-4, 0.5) twice
    wgan_gp   WGANGP on 28x28x1: 5 critic steps of 64 images and a generator step
    vae       VAE 784-200-200-50, Bernoulli, tanh, batches of 100, Adam(1e-3), twenty steps in a
              call of the compiled function, as in chapters/04_autoencoders/variational.py
    vae_single   the same, one step in a call

The PyTorch networks get a copy of the Keras networks' weights, and the benchmark stops unless both
have the same number of parameters and the same outputs. Everything that is compared is timed in
turn, a block of some steps each, for many rounds of one run, so that a slow minute of the machine
hits all of them; a ratio is the median of the rounds' ratios.

Parts:

    pytorch   the function that `fit()` calls, on a batch that is ready, against PyTorch's step
    peers     that of PyTorch against itself with channels last, with torch.compile, and with
              autocast to bfloat16; a form that PyTorch refuses is left out
    fit       an epoch of `fit()` over `data.batches` against as many of those steps
    bfloat16  that step under the policy mixed_bfloat16 against float32
"""

import dataclasses
import functools
import json
import math
import os
import pathlib
import platform
import time
from collections.abc import Callable
from typing import Literal

import keras
import numpy as np
import tensorflow as tf
import tyro
from keras import layers

from keras_gen import data, models, networks, optimizers

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError:
    torch = None

SEED = 1
IMAGE_SHAPE, LATENT_DIM, FILTERS = (28, 28, 1), 100, 64
SMALL = (7, 7, 2 * FILTERS)  # the image between the generator's dense layer and its convolutions
EPSILON = 1e-7  # Keras's default in Adam; PyTorch's is 1e-8
NORMALIZATION_EPSILON = 1e-3  # Keras's default in batch normalization; PyTorch's is 1e-5
LEAKY_SLOPE = 0.2
CRITIC_STEPS, CRITIC_BATCH, PENALTY = 5, 64, 10.0
PIXELS, UNITS, CODE = 784, 200, 50
PRODUCT_SIZE, PRODUCTS = 2048, 3  # of the matrix products that measure what the machine can do
OUTPUT_TOLERANCE = 1e-4  # float32 sums of some hundred terms, in another order

Name = Literal["dcgan", "wgan_gp", "vae", "vae_single"]
Part = Literal["pytorch", "peers", "fit", "bfloat16"]


def main(
    rounds: int = 10,
    steps: int = 10,
    threads: int | None = None,
    only: tuple[Name, ...] = ("dcgan", "wgan_gp", "vae", "vae_single"),
    parts: tuple[Part, ...] = ("pytorch", "peers", "fit", "bfloat16"),
    output: pathlib.Path | None = None,
) -> None:
    """Times training steps and prints tables.

    Args:
        rounds: how often everything is timed, in turn; a third as often for epochs of `fit()`.
        steps: steps per block; ten times as many for the VAE, whose steps are short.
        threads: threads (and cores) for both frameworks; by default all cores.
        only: the steps to time.
        parts: what to compare them with.
        output: JSON file for all numbers.
    """
    if {"pytorch", "peers"} & {*parts} and torch is None:
        raise SystemExit(
            "The comparison needs PyTorch, the extra `bench`: pip install -e '.[bench]'\n"
            "Without it: --parts fit bfloat16"
        )
    threads = limit_threads(threads)
    keras.utils.set_random_seed(SEED)
    report = {"machine": machine(threads), "rounds": rounds, "steps": steps, "results": {}}
    for name in only:
        print(f"timing {name} ...", flush=True)
        report["results"][name] = measure(CASES[name], rounds, steps, parts)
    show(report, tables(report, parts), output)


# What is timed: the three models ...


def dcgan(**options):
    generator = networks.dcgan_generator(IMAGE_SHAPE, LATENT_DIM, FILTERS, smallest_side=7)
    discriminator = networks.dcgan_discriminator(IMAGE_SHAPE, FILTERS, smallest_side=7)
    gan = models.GAN(generator, discriminator, seed=SEED)
    players = [optimizers.FusedAdam(2e-4, 0.5) for _ in range(2)]
    gan.compile(*players, **options)
    return gan


def wgan_gp(**options):
    generator = networks.dcgan_generator(IMAGE_SHAPE, LATENT_DIM, FILTERS, smallest_side=7)
    critic = networks.dcgan_discriminator(
        IMAGE_SHAPE, FILTERS, normalization=False, smallest_side=7
    )
    wgan = models.WGANGP(generator, critic, seed=SEED)
    players = [optimizers.FusedAdam(1e-4, 0.0, 0.9) for _ in range(2)]
    wgan.compile(*players, discriminator_steps=CRITIC_STEPS, **options)
    return wgan


def vae(**options):
    encoder = networks.gaussian_encoder(PIXELS, [UNITS, UNITS], CODE, "tanh")
    decoder = networks.mlp_decoder(CODE, [UNITS, UNITS], PIXELS, "tanh")
    vae = models.VAE(encoder, decoder, seed=SEED)
    vae.compile(optimizers.FusedAdam(1e-3), **options)
    return vae


# ... the same in PyTorch: networks ...


def torch_generator():
    return nn.Sequential(
        nn.Linear(LATENT_DIM, math.prod(SMALL), bias=False),
        nn.Unflatten(1, (2 * FILTERS, 7, 7)),
        nn.BatchNorm2d(2 * FILTERS, NORMALIZATION_EPSILON),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(2 * FILTERS, FILTERS, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(FILTERS, NORMALIZATION_EPSILON),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(FILTERS, 1, 4, stride=2, padding=1),
        nn.Tanh(),
    )


def torch_discriminator(normalization=True):
    norm = [nn.BatchNorm2d(2 * FILTERS, NORMALIZATION_EPSILON)] if normalization else []
    return nn.Sequential(
        nn.Conv2d(1, FILTERS, 4, stride=2, padding=1),
        nn.LeakyReLU(LEAKY_SLOPE, inplace=True),
        nn.Conv2d(FILTERS, 2 * FILTERS, 4, stride=2, padding=1, bias=not normalization),
        *norm,
        nn.LeakyReLU(LEAKY_SLOPE, inplace=True),
        nn.Flatten(),
        nn.Linear(math.prod(SMALL), 1),
    )


def torch_mlp(inputs, *heads):
    body = nn.Sequential(nn.Linear(inputs, UNITS), nn.Tanh(), nn.Linear(UNITS, UNITS), nn.Tanh())
    return nn.ModuleList([body, *(nn.Linear(UNITS, width) for width in heads)])


# ... the forms in which PyTorch runs a network ...


def plain(network):
    return network


def channels_last(network):
    """Images in the order (height, width, channels), which its convolutions may prefer."""
    return network.to(memory_format=torch.channels_last)


def compiled(network):
    return torch.compile(network)


def half(network):
    """Convolutions and products in bfloat16, what comes out in float32."""

    def call(x):
        with torch.autocast("cpu", torch.bfloat16):
            outputs = network(x)
        return tf.nest.map_structure(lambda each: each.float(), outputs)

    return call


PEERS = {"channels last": channels_last, "torch.compile": compiled, "autocast to bfloat16": half}


# ... and training steps. `backward(inputs=...)` spares the gradients that nobody asks for.


def torch_dcgan(gan, form=plain):
    generator = same_network(gan.generator, torch_generator())
    discriminator = same_network(gan.discriminator, torch_discriminator())
    g_weights, d_weights = list(generator.parameters()), list(discriminator.parameters())
    generator, discriminator = form(generator), form(discriminator)
    g_optimizer = torch.optim.Adam(g_weights, 2e-4, (0.5, 0.999), EPSILON)
    d_optimizer = torch.optim.Adam(d_weights, 2e-4, (0.5, 0.999), EPSILON)

    def step(real):
        with torch.no_grad():
            fake = generator(torch.randn(len(real), LATENT_DIM))
        loss = functional.softplus(-discriminator(real)).mean()
        loss = loss + functional.softplus(discriminator(fake)).mean()
        descend(loss, d_weights, d_optimizer)

        fake = generator(torch.randn(len(real), LATENT_DIM))
        loss = functional.softplus(-discriminator(fake)).mean()
        descend(loss, g_weights, g_optimizer)

    return step


def torch_wgan_gp(wgan, form=plain):
    generator = same_network(wgan.generator, torch_generator())
    critic = same_network(wgan.discriminator, torch_discriminator(normalization=False))
    g_weights, c_weights = list(generator.parameters()), list(critic.parameters())
    generator, critic = form(generator), form(critic)
    g_optimizer = torch.optim.Adam(g_weights, 1e-4, (0.0, 0.9), EPSILON)
    c_optimizer = torch.optim.Adam(c_weights, 1e-4, (0.0, 0.9), EPSILON)

    def penalty(real, fake):
        u = torch.rand(len(real), 1, 1, 1)
        between = (u * real + (1 - u) * fake).requires_grad_()
        total = critic(between).sum()
        (slope,) = torch.autograd.grad(total, between, create_graph=True)
        norms = torch.sqrt(slope.square().sum(dim=(1, 2, 3)) + 1e-12)
        return PENALTY * (norms - 1).square().mean()

    def step(batch):
        for real in batch.split(CRITIC_BATCH):
            with torch.no_grad():
                fake = generator(torch.randn(len(real), LATENT_DIM))
            loss = critic(fake).mean() - critic(real).mean() + penalty(real, fake)
            descend(loss, c_weights, c_optimizer)

        loss = -critic(generator(torch.randn(CRITIC_BATCH, LATENT_DIM))).mean()
        descend(loss, g_weights, g_optimizer)

    return step


def torch_vae(vae, form=plain):
    encoder, decoder = torch_mlp(PIXELS, CODE, CODE), torch_mlp(CODE, PIXELS)
    copy_weights(vae.encoder, encoder)
    copy_weights(vae.decoder, decoder)

    def encode(x):
        body, mean, log_var = encoder
        hidden = body(x)
        return mean(hidden), log_var(hidden)

    def decode(z):
        body, logits = decoder
        return logits(body(z))

    check_outputs(vae.encoder, encode)
    check_outputs(vae.decoder, decode)
    encode, decode = form(encode), form(decode)
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], 1e-3, eps=EPSILON)

    def step(x):
        mean, log_var = encode(x)
        logits = decode(mean + torch.exp(0.5 * log_var) * torch.randn_like(mean))
        surprise = functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        latent_loss = -0.5 * (1 + log_var - mean.square() - log_var.exp()).sum()
        loss = (surprise + latent_loss) / len(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def descend(loss, weights, optimizer):
    """A step of the optimizer down the gradient of the loss with respect to these weights only."""
    optimizer.zero_grad()
    loss.backward(inputs=weights)
    optimizer.step()


def same_network(network, module):
    """The module with the Keras network's weights, after a check that both do the same."""
    copy_weights(network, module)
    check_outputs(network, module)
    return module


def copy_weights(network, module):
    """Copies a Keras network's weights into a PyTorch module of the same layers.

    Kernels (height, width, a, b) become (b, a, height, width). PyTorch puts channels before the
    pixels, also in the vectors on either side of a flattening.
    """
    sources = [layer for layer in network.layers if layer.weights]
    targets = [part for part in module.modules() if list(part.parameters(recurse=False))]
    for layer, target in zip(sources, targets, strict=True):
        first, *rest = layer.get_weights()
        if first.ndim == 4:
            first = first.transpose(3, 2, 0, 1)
        elif first.ndim == 2:
            if math.prod(SMALL) == first.shape[0]:
                first = first.reshape(*SMALL, -1).transpose(2, 0, 1, 3).reshape(first.shape)
            elif math.prod(SMALL) == first.shape[1]:
                first = first.reshape(-1, *SMALL).transpose(0, 3, 1, 2).reshape(first.shape)
            first = first.T
        state = [value for value in target.state_dict().values() if value.ndim]
        for value, new in zip(state, [first, *rest], strict=True):
            value.copy_(torch.from_numpy(np.ascontiguousarray(new)))
    received = sum(weight.numel() for weight in module.parameters())
    if received != parameter_count(network):
        raise ValueError(
            f"{network.name} has {parameter_count(network)} parameters, PyTorch's {received}"
        )


def check_outputs(network, function):
    """Raises a ValueError unless both give the same outputs in training."""
    shape = network.inputs[0].shape[1:]
    x = np.random.default_rng(SEED).normal(size=(8, *shape)).astype("float32")
    ours = tf.nest.flatten(network(x, training=True))
    with torch.no_grad():
        theirs = tf.nest.flatten(function(to_torch(x)))
    for expected, received in zip(ours, theirs, strict=True):
        error = np.max(np.abs(to_torch(expected.numpy()).numpy() - received.numpy()))
        if not error < OUTPUT_TOLERANCE:
            raise ValueError(f"{network.name} and its copy in PyTorch differ by {error}")


def to_torch(array):
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(array, -1, 1)))


# The arithmetic of a step


def macs(network):
    """Multiply-accumulates of a network's forward pass for one example.

        dense, convolution:       kernel size * positions of the output
        transposed convolution:   kernel size * positions of the input

    A position is a pixel (one for vectors); the kernel size counts all its numbers. Taps of a
    kernel on the padding are counted as well; everything else (biases, normalization,
    activations) is not.
    """
    total = 0
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            total += macs(layer)
        elif isinstance(layer, layers.Conv2DTranspose):
            total += math.prod(layer.kernel.shape) * math.prod(layer.input.shape[1:-1])
        elif isinstance(layer, (layers.Dense, layers.Conv2D)):
            total += math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:-1])
    return total


def adversarial_flops(model, batch_size, discriminator_steps=1, penalty=False):
    """Floating-point operations of one training step of a GAN: two per multiply-accumulate.

    A backward pass costs a forward pass for the gradient of the weights, and another one for that
    of the inputs. In forward passes per example:

        discriminator step:  generator 1 (forward), discriminator 3 on real and 3 on fake
        with a penalty:      discriminator 6 more: forward 1, backward to the inputs 1, and the
                             backward passes of both, to their weights and inputs: 2 + 2
        generator step:      generator 3, discriminator 2 (its weights get no gradient)
    """
    discriminator_passes = discriminator_steps * (12 if penalty else 6) + 2
    generator_passes = discriminator_steps + 3
    passes = generator_passes * macs(model.generator)
    passes += discriminator_passes * macs(model.discriminator)
    return 2 * batch_size * passes


def vae_flops(model, batch_size):
    """Floating-point operations of one training step: 3 passes of both networks."""
    return 2 * batch_size * 3 * (macs(model.encoder) + macs(model.decoder))


@dataclasses.dataclass(frozen=True)
class Case:
    """A training step to time.

    Attributes:
        build: makes the compiled Keras model; takes options of `compile`.
        torch_step: from that model to a function that takes a batch.
        flops: from that model to the operations of one step.
        shape, value_range: of one example.
        batch_size: examples that one step consumes.
        repeat: a block has `steps * repeat` steps.
        epoch: steps in an epoch of `fit()`.
        steps_per_execution: steps in one call of the compiled function.
    """

    build: Callable
    torch_step: Callable
    flops: Callable
    shape: tuple[int, ...]
    value_range: tuple[float, float]
    batch_size: int
    repeat: int = 1
    epoch: int = 60
    steps_per_execution: int = 1

    def examples(self, count):
        random = np.random.default_rng(SEED)
        return random.uniform(*self.value_range, (count, *self.shape)).astype("float32")


CASES = {
    "dcgan": Case(
        dcgan,
        torch_dcgan,
        functools.partial(adversarial_flops, batch_size=128),
        IMAGE_SHAPE,
        (-1.0, 1.0),
        batch_size=128,
    ),
    "wgan_gp": Case(
        wgan_gp,
        torch_wgan_gp,
        functools.partial(
            adversarial_flops,
            batch_size=CRITIC_BATCH,
            discriminator_steps=CRITIC_STEPS,
            penalty=True,
        ),
        IMAGE_SHAPE,
        (-1.0, 1.0),
        batch_size=CRITIC_STEPS * CRITIC_BATCH,
    ),
    "vae": Case(
        vae,
        torch_vae,
        functools.partial(vae_flops, batch_size=100),
        (PIXELS,),
        (0.0, 1.0),
        batch_size=100,
        repeat=10,
        epoch=600,  # all of MNIST
        steps_per_execution=20,
    ),
}
CASES["vae_single"] = dataclasses.replace(CASES["vae"], steps_per_execution=1)


# Timing


def measure(case, rounds, steps, parts):
    """All numbers of one case; times are lists, seconds per step in each round."""
    block = steps * case.repeat
    epoch = data.batches(case.examples(case.batch_size * case.epoch), case.batch_size)
    model = case.build(steps_per_execution=case.steps_per_execution)
    step = compiled_steps(model, epoch)
    result = {"parameters": parameter_count(model), "flops": case.flops(model)}
    turns = {"keras_gen": (step, case.steps_per_execution)}
    if {"pytorch", "peers"} & {*parts}:
        torch_step, batch = case.torch_step(model), to_torch(case.examples(case.batch_size))
        turns["pytorch"] = functools.partial(torch_step, batch), 1
    if "peers" in parts:
        turns |= peers(case, model)
    if "bfloat16" in parts:
        build = functools.partial(case.build, steps_per_execution=case.steps_per_execution)
        turns["bfloat16"] = bfloat16_steps(build, epoch), case.steps_per_execution
    result["seconds"] = alternate(turns, rounds, block)
    if "fit" in parts:
        result["fit"] = fit_seconds(model, epoch, step, math.ceil(rounds / 3))
    return result


def peers(case, model):
    """The steps of those forms of PyTorch that can take one."""
    turns, forms = {}, {**PEERS}
    if len(case.shape) == 1:
        del forms["channels last"]  # which vectors have not
    for name, form in forms.items():
        batch = to_torch(case.examples(case.batch_size))
        if form is channels_last:
            batch = batch.to(memory_format=torch.channels_last)
        step = functools.partial(case.torch_step(model, form), batch)
        try:
            step()
        except (RuntimeError, NotImplementedError) as error:
            print(f"PyTorch takes no step with {name}: {str(error).splitlines()[0]}")
        else:
            turns[name] = step, 1
    return turns


def compiled_steps(model, dataset):
    """The function that `fit()` calls again and again, on the first batch each time."""
    model.make_train_function()
    batch = iter(dataset.take(1).cache().repeat())
    return lambda: model.train_function(batch)


def bfloat16_steps(build, dataset):
    """The compiled steps of a model that is built under the policy mixed_bfloat16."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    steps = compiled_steps(build(), dataset)
    keras.config.set_dtype_policy(policy)
    return steps


def alternate(turns, rounds, block):
    """Seconds per step of each function, one number per round, and those of a matrix product.

    The functions take turns. A block begins with a call that is not timed: it waits for the
    threads of the one before and warms the caches.

    Args:
        turns: dict from a name to a function and the number of steps that it takes.
        rounds: number of turns.
        block: steps in one turn.
    """
    matrix = tf.random.stateless_normal([PRODUCT_SIZE, PRODUCT_SIZE], [SEED, 0])
    seconds = {name: [] for name in [*turns, "matrix_product"]}
    for function, _ in turns.values():
        function()  # compiles
    for _ in range(rounds):
        for name, (function, size) in turns.items():
            function()
            seconds[name].append(seconds_per_step(function, size, block))
        seconds["matrix_product"].append(
            seconds_per_step(lambda: tf.matmul(matrix, matrix), 1, PRODUCTS)
        )
    return seconds


def seconds_per_step(function, size, steps):
    """Of a function that takes `size` steps in a call."""
    calls = math.ceil(steps / size)
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - start) / (calls * size)


def fit_seconds(model, dataset, function, rounds):
    """Seconds per step of epochs of `fit()`, and of the bare function behind each of them."""
    clock = EpochClock(function, model.steps_per_execution, len(dataset))
    model.fit(dataset, epochs=rounds + 1, shuffle=False, verbose=0, callbacks=[clock])
    # The first epoch compiles and fills caches.
    return {"steps": len(dataset), "fit": clock.fit[1:], "bare": clock.bare[1:]}


class EpochClock(keras.callbacks.Callback):
    """Times each epoch, and behind it as many bare steps."""

    def __init__(self, function, size, steps):
        super().__init__()
        self.function, self.size, self.steps = function, size, steps
        self.fit, self.bare = [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.fit.append((time.perf_counter() - self.start) / self.steps)
        self.bare.append(seconds_per_step(self.function, self.size, self.steps if epoch else 1))


def limit_threads(threads):
    """Gives both frameworks the same number of threads, on as many cores."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    available = os.cpu_count() if cores is None else len(cores)
    threads = available if threads is None else threads
    if not 1 <= threads <= available:
        raise SystemExit(f"--threads: expected 1 to {available}. Received: {threads}")
    if cores is not None:
        os.sched_setaffinity(0, cores[:threads])
    tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    if torch is not None:
        torch.set_num_threads(threads)
        torch.set_num_interop_threads(threads)
        torch.manual_seed(SEED)
    return threads


# The report


def show(report, text, output):
    """Prints a report as text, and writes its numbers as JSON if `output` is a path."""
    print("\n" + text)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(report, indent=2) + "\n")
        print(f"\nall numbers: {output}")


def machine(threads):
    return {
        "processor": processor(),
        "threads": threads,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "torch": None if torch is None else torch.__version__,
    }


def processor():
    info = pathlib.Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def parameter_count(network):
    return sum(math.prod(weight.shape) for weight in network.trainable_weights)


def tables(report, parts):
    """Markdown: what was compared, one table per part."""
    versions = ", ".join(f"{name} {value}" for name, value in report["machine"].items() if value)
    text = [f"{versions}; {report['rounds']} rounds of {report['steps']} steps", ""]
    results = report["results"].items()
    text += table(
        ["step", "parameters", "GFLOP", "keras_gen", "matrix product", "share of it"]
        + ["PyTorch", "keras_gen / PyTorch"] * bool({"pytorch", "peers"} & {*parts}),
        [step_row(name, result) for name, result in results],
    )
    if "bfloat16" in parts:
        rows = [
            [name, milliseconds(times["bfloat16"]), milliseconds(times["keras_gen"])]
            + [ratio(times["bfloat16"], times["keras_gen"])]
            for name, times in ((name, result["seconds"]) for name, result in results)
        ]
        text += ["", *table(["step", "mixed_bfloat16", "float32", "bfloat16 / float32"], rows)]
    if "peers" in parts:
        head = ["step", "PyTorch", "its step", "of the plain one", "keras_gen / it"]
        ours = {name: "bfloat16" if form is half else "keras_gen" for name, form in PEERS.items()}
        rows = [
            [step, name, milliseconds(times[name]), ratio(times[name], times["pytorch"])]
            + [ratio(times[ours[name]], times[name]) if ours[name] in times else ""]
            for step, times in ((step, result["seconds"]) for step, result in results)
            for name in PEERS
            if name in times
        ]
        text += ["", *table(head, rows)]
    if "fit" in parts:
        head = ["step", "steps per epoch", "fit()", "bare", "fit() / bare"]
        rows = [
            [name, str(times["steps"]), milliseconds(times["fit"])]
            + [milliseconds(times["bare"]), ratio(times["fit"], times["bare"])]
            for name, times in ((name, result["fit"]) for name, result in results)
        ]
        text += ["", *table(head, rows)]
    return "\n".join(text)


def step_row(name, result):
    times, flops = result["seconds"], result["flops"]
    rate = 2 * PRODUCT_SIZE**3 / np.median(times["matrix_product"])
    share = flops / np.median(times["keras_gen"]) / rate
    row = [name, f"{result['parameters']:,}", f"{flops / 1e9:.2f}"]
    row += [milliseconds(times["keras_gen"]), f"{rate / 1e9:.0f} GFLOP/s", f"{share:.0%}"]
    if "pytorch" in times:
        row += [milliseconds(times["pytorch"]), ratio(times["keras_gen"], times["pytorch"])]
    return row


def milliseconds(seconds):
    return f"{1e3 * np.median(seconds):.2f} ms"


def ratio(ours, theirs):
    """The median of the rounds' ratios, with the smallest and the largest."""
    ratios = np.array(ours) / np.array(theirs)
    return f"{np.median(ratios):.2f} ({ratios.min():.2f} to {ratios.max():.2f})"


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


if __name__ == "__main__":
    tyro.cli(main)
