"""How long a training step of a growing GAN takes, at each stage and beside plain PyTorch.

    stages     a step of each stage of a ProGAN, while the stage is faded in, against that of a GAN
               of the same layers which has had this resolution from the start
    progan     the last step of that growth, without a fade, against plain PyTorch
    stylegan   the same of a StyleGAN with mixed styles

All images are grey, 32x32 pixels at the last stage, in batches of 16. The PyTorch networks are made
of the Keras networks' weights, and the benchmark stops unless both have the same number of
parameters and the same outputs. Everything is timed in turn, a block of some steps each, for many
rounds of one run; a ratio is the median of the rounds' ratios. In bfloat16, keras_gen has the
policy mixed_bfloat16 and PyTorch runs its forward passes under `torch.autocast`.

Leave the machine alone meanwhile.
"""

import contextlib
import copy
import functools
import json
import math
import pathlib
from typing import Literal

import keras
import numpy as np
import train_step as base
import tyro

from keras_gen import data, losses, models, networks, optimizers

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError:
    torch = None

SEED = base.SEED
FILTERS, CHANNELS, LATENT_DIM, BATCH_SIZE = (128, 128, 128, 64), 1, 128, 16
ADAM = 1e-3, 0.0, 0.99, 1e-8
HALF_LIFE, GAMMA, MIXING = 10_000, 1.0, 0.9
PENALTY, DRIFT = 10.0, 1e-3  # of ProGAN's default losses
LONG = 10**9  # images: no phase ends while steps are timed

Part = Literal["stages", "progan", "stylegan"]


def main(
    rounds: int = 10,
    steps: int = 10,
    threads: int | None = None,
    only: tuple[Part, ...] = ("stages", "progan", "stylegan"),
    output: pathlib.Path | None = None,
) -> None:
    """Times training steps and prints tables.

    Args:
        rounds: how often everything is timed, in turn.
        steps: steps per block.
        threads: threads (and cores) for both frameworks; by default all cores.
        only: the parts to time. All but `stages` need PyTorch, the extra `bench`.
        output: JSON file for all numbers.
    """
    if torch is None and set(only) != {"stages"}:
        raise SystemExit("The comparison needs PyTorch: pip install -e '.[bench]'")
    threads = base.limit_threads(threads)
    keras.utils.set_random_seed(SEED)
    report = {"machine": base.machine(threads), "rounds": rounds, "steps": steps, "results": {}}
    for part in only:
        print(f"timing {part} ...", flush=True)
        report["results"][part] = PARTS[part](rounds, steps)
    print("\n" + tables(report))
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(report, indent=2) + "\n")
        print(f"\nall numbers: {output}")


# What is timed: the two models ...


def shape_of(filters):
    side = 4 * 2 ** (len(filters) - 1)
    return side, side, CHANNELS


def progan(filters=FILTERS, phase=0):
    shape = shape_of(filters)
    model = models.ProGAN(
        networks.progressive_generator(shape, filters, LATENT_DIM),
        networks.progressive_discriminator(shape, filters),
        stabilize=phase,
        fade=phase,
        ema_half_life=HALF_LIFE,
        seed=SEED,
    )
    model.compile(optimizers.FusedAdam(*ADAM), optimizers.FusedAdam(*ADAM))
    return model


def stylegan():
    shape = shape_of(FILTERS)
    model = models.StyleGAN(
        networks.style_generator(shape, FILTERS, LATENT_DIM),
        networks.style_discriminator(shape, FILTERS),
        stabilize=0,
        fade=0,
        ema_half_life=HALF_LIFE,
        mixing=MIXING,
        seed=SEED,
    )
    players = [optimizers.FusedAdam(*ADAM) for _ in range(2)]
    model.compile(*players, penalty=losses.R1(GAMMA))
    return model


def batches_for(model):
    numbers = np.random.default_rng(SEED).uniform(-1, 1, (BATCH_SIZE, *model.image_shape))
    return data.batches(numbers.astype("float32"), BATCH_SIZE)


# ... and the same in PyTorch, made of the Keras layers' weights: networks ...


def parameter(array):
    return nn.Parameter(torch.from_numpy(np.array(array)))


def blank(network):
    """A Keras layer without weights as a function."""
    kinds = {
        "FusedLeakyReLU": lambda x: functional.leaky_relu(x, 0.2),
        "PixelNorm": lambda x: x * torch.rsqrt(x.float().square().mean(1, keepdim=True) + 1e-8),
        "MinibatchStdDev": with_deviation,
        "Blur2D": blurred,
        "AveragePooling2D": halved,
        "Flatten": lambda x: x.permute(0, 2, 3, 1).flatten(1),
    }
    return kinds[type(network).__name__]


def with_deviation(x, group=4):
    groups = x.float().unflatten(0, (-1, group))
    deviation = torch.sqrt(groups.var(1, unbiased=False) + 1e-8).mean((1, 2, 3))
    feature = deviation.repeat_interleave(group)[:, None, None, None]
    return torch.cat([x, feature.expand(-1, 1, *x.shape[2:]).to(x.dtype)], 1)


def blurred(x):
    line = torch.tensor([0.25, 0.5, 0.25], dtype=x.dtype)
    kernel = (line[:, None] * line).expand(x.shape[1], 1, 3, 3)
    return functional.conv2d(x, kernel, padding=1, groups=x.shape[1])


def halved(x):
    return functional.avg_pool2d(x, 2)


def doubled(x):
    return functional.interpolate(x, scale_factor=2)


class Equalized(nn.Module):
    """An `EqualizedConv2D` or `EqualizedDense`."""

    def __init__(self, layer):
        super().__init__()
        kernel = layer.kernel.numpy()
        self.weight = parameter(kernel.transpose(3, 2, 0, 1) if kernel.ndim == 4 else kernel.T)
        self.bias = None if layer.bias is None else parameter(layer.bias.numpy())
        self.scale, self.bias_scale = layer.scale, layer.lr_multiplier
        self.padding = kernel.shape[0] // 2

    def forward(self, x):
        weight = self.weight * self.scale
        bias = None if self.bias is None else self.bias * self.bias_scale
        if x.ndim == 4:
            return functional.conv2d(x, weight, bias, padding=self.padding)
        return functional.linear(x, weight, bias)


class Chain(nn.Module):
    """Layers one after the other, those with weights and those without."""

    def __init__(self, layers):
        super().__init__()
        self.parts = [
            Equalized(part) if hasattr(part, "kernel") else blank(part) for part in layers
        ]
        self.weighted = nn.ModuleList(part for part in self.parts if isinstance(part, nn.Module))

    def forward(self, x):
        for part in self.parts:
            x = part(x)
        return x


class TorchGenerator(nn.Module):
    """A `ProgressiveGenerator` at its last stage."""

    def __init__(self, network):
        super().__init__()
        self.normalization = blank(network.normalization)
        self.dense, self.bias = Equalized(network.dense), parameter(network.bias.numpy())
        self.blocks = nn.ModuleList(Chain(block.layers) for block in network.blocks)
        self.to_image = Equalized(network.pixel_layers[-1])

    def forward(self, z):
        h = self.dense(self.normalization(z)).unflatten(1, (4, 4, -1)).permute(0, 3, 1, 2)
        h = self.blocks[0](h + self.bias[:, None, None])
        for block in self.blocks[1:]:
            h = block(doubled(h))
        return self.to_image(h)


class TorchDiscriminator(nn.Module):
    """A `ProgressiveDiscriminator`, or the one that blurs, at its last stage."""

    def __init__(self, network):
        super().__init__()
        self.from_image = Chain(network.pixel_layers[-1].layers)
        self.blocks = nn.ModuleList(Chain(block.layers) for block in network.blocks)
        self.pools = not isinstance(network, networks.style.StyleDiscriminator)

    def forward(self, images):
        h = self.from_image(images)
        for block in list(self.blocks)[:0:-1]:
            h = halved(block(h)) if self.pools else block(h)
        return self.blocks[0](h)


class TorchStyled(nn.Module):
    """A `StyledLayer`, whose noise is new each time."""

    def __init__(self, layer):
        super().__init__()
        self.constant = parameter(layer.parts[0].constant.numpy()) if starts(layer) else None
        self.body = Chain(layer.parts[1 if starts(layer) else 0 :])
        self.strength, self.bias = (
            parameter(weight.numpy()) for weight in (layer.noise.strength, layer.bias)
        )
        self.affine = Equalized(layer.modulation.affine)

    def forward(self, x, style, noise=None):
        if self.constant is not None:
            x = self.constant.permute(2, 0, 1).expand(len(style), -1, -1, -1)
        x = self.body(x)
        noise = torch.randn(len(x), 1, *x.shape[2:]) if noise is None else noise
        x = x + self.strength[:, None, None] * noise + self.bias[:, None, None]
        x = functional.instance_norm(functional.leaky_relu(x, 0.2).float(), eps=1e-8)
        scale, shift = self.affine(style)[:, :, None, None].chunk(2, 1)
        return (1 + scale) * x + shift


def starts(layer):
    return type(layer.parts[0]).__name__ == "LearnedConstant"


class TorchStyleGenerator(nn.Module):
    """A `StyleGenerator` at its last stage: `map`, then `synthesize`."""

    def __init__(self, network):
        super().__init__()
        self.map = Chain(network.mapping)
        self.layers = nn.ModuleList(
            TorchStyled(layer) for block in network.blocks for layer in (block.first, block.second)
        )
        self.to_image = Equalized(network.pixel_layers[-1])

    def synthesize(self, styles, noise=None):
        h = None
        for number, layer in enumerate(self.layers):
            h = doubled(h) if number > 1 and number % 2 == 0 else h
            h = layer(h, styles[:, number], noise)
        return self.to_image(h)

    def forward(self, z):
        styles = self.map(z)[:, None].expand(-1, len(self.layers), -1)
        return self.synthesize(styles, 0.0)  # the stored noise is not compared


# ... and training steps. `backward(inputs=...)` spares the gradients that nobody asks for.


def same_networks(model, generator, discriminator):
    """The PyTorch players, after a check that they are the same as the Keras ones."""
    g, d = generator(model.generator), discriminator(model.discriminator)
    last = model.generator.stages - 1
    for network, module in ((model.generator, g), (model.discriminator, d)):
        expected = sum(math.prod(v.shape) for v in network.variables_at(last, fading=False))
        received = sum(weight.numel() for weight in module.parameters())
        if received != expected:
            raise ValueError(f"{network.name} has {expected} parameters, PyTorch's {received}")
    random = np.random.default_rng(SEED)
    z = random.normal(size=(8, LATENT_DIM)).astype("float32")
    x = random.normal(size=(8, *model.image_shape)).astype("float32")
    with torch.no_grad():
        pairs = [
            (quiet(model)(z), g(torch.from_numpy(z)).permute(0, 2, 3, 1)),
            (model.discriminator(x), d(base.to_torch(x))),
        ]
    for ours, theirs in pairs:
        error = np.abs(ours.numpy() - theirs.numpy()).max()
        if not error < 10 * base.OUTPUT_TOLERANCE:
            raise ValueError(f"a network and its copy in PyTorch differ by {error}")
    return g, d


def quiet(model):
    """The Keras generator without its noise."""
    if not hasattr(model.generator, "noise_dim"):
        return model.generator
    none = np.zeros((1, model.generator.noise_dim()), "float32")
    return lambda z: model.generator.synthesize(model.generator.map(z), none)


class Average:
    """The moving average of a module's weights."""

    def __init__(self, module):
        self.module, self.copy = module, copy.deepcopy(module)
        self.keep = 0.5 ** (BATCH_SIZE / HALF_LIFE)

    @torch.no_grad()
    def update(self):
        averages, weights = list(self.copy.parameters()), list(self.module.parameters())
        torch._foreach_lerp_(averages, weights, 1 - self.keep)


def adam(module):
    weights, (rate, *betas, epsilon) = list(module.parameters()), ADAM
    return weights, torch.optim.Adam(weights, rate, betas, epsilon)


def descend(loss, weights, optimizer):
    optimizer.zero_grad()
    loss.backward(inputs=weights)
    optimizer.step()


def slopes(score, images):
    """The squared norm of the gradient of each image's score."""
    images = images.detach().requires_grad_()
    (slope,) = torch.autograd.grad(score(images).sum(), images, create_graph=True)
    return slope.float().square().sum((1, 2, 3))


def torch_progan(model):
    g, d = same_networks(model, TorchGenerator, TorchDiscriminator)
    average, (g_weights, g_optimizer), (d_weights, d_optimizer) = Average(g), adam(g), adam(d)

    def step(real, precision):
        with precision():
            with torch.no_grad():
                fake = g(torch.randn(len(real), LATENT_DIM)).float()
            real_score, fake_score = d(real).float(), d(fake).float()
            loss = fake_score.mean() - real_score.mean() + DRIFT * real_score.square().mean()
            u = torch.rand(len(real), 1, 1, 1)
            norms = torch.sqrt(slopes(d, u * real + (1 - u) * fake) + 1e-12)
            loss = loss + PENALTY * (norms - 1).square().mean()
        descend(loss, d_weights, d_optimizer)
        with precision():
            loss = -d(g(torch.randn(len(real), LATENT_DIM))).float().mean()
        descend(loss, g_weights, g_optimizer)
        average.update()

    return step


def torch_stylegan(model):
    g, d = same_networks(model, TorchStyleGenerator, TorchDiscriminator)
    average, (g_weights, g_optimizer), (d_weights, d_optimizer) = Average(g), adam(g), adam(d)
    layers, mean_style = len(g.layers), torch.zeros(LATENT_DIM)

    def fakes(count):
        first, second = (g.map(torch.randn(count, LATENT_DIM))[:, None] for _ in range(2))
        cuts = 1 + torch.floor((layers - 1) * torch.rand(count) / MIXING)
        before = torch.arange(layers) < cuts[:, None]
        return g.synthesize(torch.where(before[..., None], first, second)).float()

    def step(real, precision):
        with precision():
            with torch.no_grad():
                fake = fakes(len(real))
            loss = functional.softplus(-d(real).float()).mean()
            loss = loss + functional.softplus(d(fake).float()).mean()
            loss = loss + GAMMA / 2 * slopes(d, real).mean()
        descend(loss, d_weights, d_optimizer)
        with precision():
            loss = functional.softplus(-d(fakes(len(real))).float()).mean()
        descend(loss, g_weights, g_optimizer)
        average.update()
        with torch.no_grad():
            new = average.copy.map(torch.randn(len(real), LATENT_DIM)).mean(0)
            mean_style.lerp_(new, 0.005)

    return step


# Timing


def stages(rounds, steps):
    """Seconds per step of each stage, grown and alone: stage -> name -> list."""
    found = {}
    for stage in range(len(FILTERS)):
        grown, alone = progan(phase=LONG), progan(FILTERS[: stage + 1])
        begun = next(row.start for row in grown.schedule() if row.stage == stage)
        grown.images_seen.assign(begun + LONG // 2)
        turns = {
            "grown": (base.compiled_steps(grown, batches_for(grown)), 1),
            "alone": (base.compiled_steps(alone, batches_for(alone)), 1),
        }
        repeat = 4 ** (len(FILTERS) - 1 - stage)  # small steps are short
        found[grown.phase.resolution] = base.alternate(turns, rounds, steps * min(repeat, 8))
    return found


def against_torch(build, torch_step, rounds, steps):
    """Seconds per step of both libraries in both precisions: name -> list."""
    model = build()
    batch = base.to_torch(np.concatenate(list(batches_for(model))))
    step = torch_step(model)
    half = functools.partial(torch.autocast, "cpu", torch.bfloat16)
    turns = {
        "keras_gen": base.compiled_steps(model, batches_for(model)),
        "pytorch": functools.partial(step, batch, contextlib.nullcontext),
        "keras_gen_bfloat16": bfloat16_steps(build),
        "pytorch_bfloat16": functools.partial(step, batch, half),
    }
    return base.alternate({name: (turn, 1) for name, turn in turns.items()}, rounds, steps)


def bfloat16_steps(build):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = build()
    steps = base.compiled_steps(model, batches_for(model))
    keras.config.set_dtype_policy(policy)
    return steps


PARTS = {
    "stages": stages,
    "progan": functools.partial(against_torch, progan, torch_progan),
    "stylegan": functools.partial(against_torch, stylegan, torch_stylegan),
}


def tables(report):
    """Markdown: what was compared, a table of stages and one of both libraries."""
    versions = ", ".join(f"{name} {value}" for name, value in report["machine"].items() if value)
    text = [f"{versions}; {report['rounds']} rounds of {report['steps']} steps", ""]
    results = dict(report["results"])
    if "stages" in results:
        rows = [
            [f"{side}x{side}", base.milliseconds(times["grown"]), base.milliseconds(times["alone"])]
            + [base.ratio(times["grown"], times["alone"])]
            for side, times in results.pop("stages").items()
        ]
        text += [*base.table(["stage", "grown", "alone", "grown / alone"], rows), ""]
    rows = [
        [name, precision, base.milliseconds(times[f"keras_gen{suffix}"])]
        + [base.milliseconds(times[f"pytorch{suffix}"])]
        + [base.ratio(times[f"keras_gen{suffix}"], times[f"pytorch{suffix}"])]
        for name, times in results.items()
        for precision, suffix in (("float32", ""), ("bfloat16", "_bfloat16"))
    ]
    head = ["step", "precision", "keras_gen", "PyTorch", "keras_gen / PyTorch"]
    return "\n".join(text + base.table(head, rows))


if __name__ == "__main__":
    tyro.cli(main)
