"""How long a training step of image translation takes: keras_gen side by side with plain PyTorch.

These steps are timed on the CPU, on 64x64x3, each against the same networks, batch, losses and
optimizers written plainly in PyTorch:

    pix2pix       Pix2Pix, U-Net and PatchGAN of 32 filters, batches of 8
    cyclegan      CycleGAN, residual networks of 24 filters and 6 blocks, batches of 4, pools of 50
    cyclegan_1    the same, single images, as the authors have them

Both players of a step use the fakes that were made once. The PyTorch networks get a copy of the
Keras networks' weights, and the benchmark stops unless both have the same number of parameters and,
dropout apart, the same outputs. Everything is timed in turn, a block of some steps each, for many
rounds of one run; a ratio is the median of the rounds' ratios. In bfloat16, keras_gen has the
policy mixed_bfloat16 and PyTorch runs its forward passes under `torch.autocast`.

Leave the machine alone meanwhile.
"""

import contextlib
import dataclasses
import functools
import pathlib
import random
from typing import Literal

import keras
import numpy as np
import train_step as base
import tyro

from keras_gen import data, models, networks, optimizers

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError:
    torch = None

SEED = base.SEED
IMAGE_SHAPE = (64, 64, 3)
UNET_FILTERS, TRANSLATOR_FILTERS, BLOCKS, PATCH_LAYERS = 32, 24, 6, 2
DEPTH = 6  # halvings of the U-Net, from 64 pixels to one
RATE, BETAS = 2e-4, (0.5, 0.999)
L1_WEIGHT, CYCLE_WEIGHT, POOL, DROPOUT = 100.0, 10.0, 50, 0.5
NORMALIZATION_EPSILON, LEAKY_SLOPE = 1e-5, 0.2

Name = Literal["pix2pix", "cyclegan", "cyclegan_1"]


def main(
    rounds: int = 10,
    steps: int = 10,
    threads: int | None = None,
    only: tuple[Name, ...] = ("pix2pix", "cyclegan", "cyclegan_1"),
    output: pathlib.Path | None = None,
) -> None:
    """Times training steps and prints a table.

    Args:
        rounds: how often everything is timed, in turn.
        steps: steps per block; four times as many of single images.
        threads: threads (and cores) for both frameworks; by default all cores.
        only: the steps to time.
        output: JSON file for all numbers.
    """
    if torch is None:
        raise SystemExit(
            "The comparison needs PyTorch, the extra `bench`: pip install -e '.[bench]'"
        )
    threads = base.limit_threads(threads)
    keras.utils.set_random_seed(SEED)
    random.seed(SEED)
    report = {"machine": base.machine(threads), "rounds": rounds, "steps": steps, "results": {}}
    for name in only:
        print(f"timing {name} ...", flush=True)
        report["results"][name] = measure(CASES[name], rounds, steps)
    base.show(report, table(report), output)


# What is timed: the two models ...


def pix2pix(**options):
    generator = networks.unet(IMAGE_SHAPE, filters=UNET_FILTERS, depth=DEPTH, dropout=DROPOUT)
    discriminator = networks.patchgan(IMAGE_SHAPE, IMAGE_SHAPE, PATCH_LAYERS, UNET_FILTERS)
    model = models.Pix2Pix(generator, discriminator, l1_weight=L1_WEIGHT, seed=SEED)
    model.compile(*[optimizers.FusedAdam(RATE, *BETAS) for _ in range(2)], **options)
    return model


def cyclegan(**options):
    translators = [
        networks.resnet_translator(IMAGE_SHAPE, None, TRANSLATOR_FILTERS, BLOCKS) for _ in "xy"
    ]
    discriminators = [
        networks.patchgan(IMAGE_SHAPE, None, PATCH_LAYERS, TRANSLATOR_FILTERS, affine=False)
        for _ in "xy"
    ]
    weights = {"cycle_weight": CYCLE_WEIGHT, "pool": POOL}
    model = models.CycleGAN(*translators, *discriminators, **weights, seed=SEED)
    model.compile(*[optimizers.FusedAdam(RATE, *BETAS) for _ in range(2)], **options)
    return model


# ... the same in PyTorch: networks ...


def norm(width, affine):
    return nn.InstanceNorm2d(width, NORMALIZATION_EPSILON, affine=affine)


class TorchUNet(nn.Module):
    def __init__(self, filters=UNET_FILTERS):
        super().__init__()
        widths = [filters * min(2**level, 8) for level in range(DEPTH)]
        self.encoder, self.decoder = nn.ModuleList(), nn.ModuleList()
        for level, width in enumerate(widths):
            before = [] if level == 0 else [nn.LeakyReLU(LEAKY_SLOPE)]
            normalized = 0 < level < DEPTH - 1
            channels = widths[level - 1] if level else IMAGE_SHAPE[-1]
            convolution = nn.Conv2d(channels, width, 4, 2, 1, bias=not normalized)
            after = [norm(width, True)] if normalized else []
            self.encoder.append(nn.Sequential(*before, convolution, *after))
        for level in reversed(range(1, DEPTH)):
            channels = widths[level] * (1 if level == DEPTH - 1 else 2)
            width = widths[level - 1]
            convolution = nn.ConvTranspose2d(channels, width, 4, 2, 1, bias=False)
            after = [nn.Dropout(DROPOUT)] if DEPTH - level <= 3 else []
            self.decoder.append(nn.Sequential(nn.ReLU(), convolution, norm(width, True), *after))
        self.last = nn.ConvTranspose2d(2 * widths[0], IMAGE_SHAPE[-1], 4, 2, 1)

    def forward(self, x):
        encoded = []
        for layer in self.encoder:
            x = layer(x)
            encoded.append(x)
        for layer, skipped in zip(self.decoder, encoded[-2::-1]):
            x = torch.cat([layer(x), skipped], 1)
        return torch.tanh(self.last(torch.relu(x)))


def torch_patchgan(filters, channels, affine):
    layers = [nn.Conv2d(channels, filters, 4, 2, 1), nn.LeakyReLU(LEAKY_SLOPE)]
    width = filters
    for level in range(1, PATCH_LAYERS + 1):
        stride = 2 if level < PATCH_LAYERS else 1
        layers += [nn.Conv2d(width, 2 * width, 4, stride, 1, bias=False)]
        layers += [norm(2 * width, affine), nn.LeakyReLU(LEAKY_SLOPE)]
        width *= 2
    return nn.Sequential(*layers, nn.Conv2d(width, 1, 4, 1, 1))


def convolved(width_in, width_out, side):
    """A convolution of the size of its input, beyond whose borders is its mirror image."""
    return [nn.ReflectionPad2d(side // 2), nn.Conv2d(width_in, width_out, side, bias=False)]


def active(width):
    return [norm(width, False), nn.ReLU()]


class TorchBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        first, second = convolved(width, width, 3), convolved(width, width, 3)
        self.body = nn.Sequential(*first, *active(width), *second, norm(width, False))

    def forward(self, x):
        return x + self.body(x)


class TorchDoubled(nn.ConvTranspose2d):
    """Cut at its end, as TensorFlow cuts transposed convolutions of 3x3 pixels."""

    def forward(self, x):
        return super().forward(x)[..., :-1, :-1]


def torch_translator(filters=TRANSLATOR_FILTERS):
    layers = [*convolved(IMAGE_SHAPE[-1], filters, 7), *active(filters)]
    for width in (filters, 2 * filters):
        pad = nn.ZeroPad2d((0, 1, 0, 1))  # at the end, as TensorFlow pads for stride 2
        layers += [pad, nn.Conv2d(width, 2 * width, 3, 2, bias=False), *active(2 * width)]
    layers += [TorchBlock(4 * filters) for _ in range(BLOCKS)]
    for width in (4 * filters, 2 * filters):
        layers += [TorchDoubled(width, width // 2, 3, 2, bias=False), *active(width // 2)]
    last = nn.Conv2d(filters, IMAGE_SHAPE[-1], 7)
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), last, nn.Tanh())


class TorchPool:
    """Up to 50 older fakes, with which half of the new ones are exchanged."""

    def __init__(self):
        self.images = []

    def exchange(self, batch):
        shown = []
        for image in batch:
            if len(self.images) < POOL:
                self.images.append(image)
            elif random.random() < 0.5:
                place = random.randrange(POOL)
                image, self.images[place] = self.images[place], image
            shown.append(image)
        return torch.stack(shown)


# ... and training steps. `backward(inputs=...)` spares the gradients that nobody asks for.


def torch_pix2pix(model):
    generator = same_generator(model.generator, TorchUNet())
    discriminator = torch_patchgan(UNET_FILTERS, 2 * IMAGE_SHAPE[-1], affine=True)
    base.copy_weights(model.discriminator, discriminator)
    check_pairs(model.discriminator, discriminator)
    g_weights, g_optimizer = adam(generator)
    d_weights, d_optimizer = adam(discriminator)

    def score(images, source):
        return discriminator(torch.cat([images, source], 1)).float()

    def step(batch, precision):
        source, target = batch
        with precision():
            fake = generator(source).float()
            loss = functional.softplus(-score(target, source)).mean()
            loss = 0.5 * (loss + functional.softplus(score(fake.detach(), source)).mean())
        base.descend(loss, d_weights, d_optimizer)

        with precision():
            loss = functional.softplus(-score(fake, source)).mean()
        loss = loss + L1_WEIGHT * (target - fake).abs().mean()
        base.descend(loss, g_weights, g_optimizer)

    return step


def torch_cyclegan(model):
    there, back = (
        base.same_network(network, torch_translator())
        for network in (model.translator, model.translator_back)
    )
    critic_x, critic_y = (
        base.same_network(network, torch_patchgan(TRANSLATOR_FILTERS, IMAGE_SHAPE[-1], False))
        for network in (model.discriminator_x, model.discriminator_y)
    )
    g_weights, g_optimizer = adam(there, back)
    d_weights, d_optimizer = adam(critic_x, critic_y)
    pools = TorchPool(), TorchPool()

    def d_loss(critic, real, fake):
        real_score, fake_score = critic(real).float(), critic(fake).float()
        return 0.5 * ((real_score - 1).square().mean() + fake_score.square().mean())

    def step(batch, precision):
        x, y = batch
        with precision():
            fake_x, fake_y = back(y).float(), there(x).float()
            shown_x, shown_y = (
                pool.exchange(fake.detach()) for pool, fake in zip(pools, (fake_x, fake_y))
            )
            loss = d_loss(critic_x, x, shown_x) + d_loss(critic_y, y, shown_y)
        base.descend(loss, d_weights, d_optimizer)

        with precision():
            loss = (critic_x(fake_x).float() - 1).square().mean()
            loss = loss + (critic_y(fake_y).float() - 1).square().mean()
            cycle = (back(fake_y).float() - x).abs().mean()
            cycle = cycle + (there(fake_x).float() - y).abs().mean()
        base.descend(loss + CYCLE_WEIGHT * cycle, g_weights, g_optimizer)

    return step


def adam(*modules):
    """The weights of modules, and their optimizer."""
    weights = [weight for module in modules for weight in module.parameters()]
    return weights, torch.optim.Adam(weights, RATE, BETAS, base.EPSILON)


def same_generator(generator, module):
    """The module with the U-Net's weights, after a check that both do the same without dropout."""
    base.copy_weights(generator, module)
    calm = networks.unet(IMAGE_SHAPE, filters=UNET_FILTERS, depth=DEPTH, dropout=0.0)
    calm.set_weights(generator.get_weights())
    base.check_outputs(calm, module.eval())
    return module.train()


def check_pairs(discriminator, module):
    """Raises a ValueError unless both give pairs of images the same scores."""
    both = keras.Input((*IMAGE_SHAPE[:2], 2 * IMAGE_SHAPE[-1]))
    parts = keras.ops.split(both, 2, axis=-1)
    base.check_outputs(keras.Model(both, discriminator(parts)), module)


# The arithmetic of a step, and what is timed of it


def pix2pix_flops(model, batch_size):
    """Floating-point operations of one step, counted as in train_step.py.

    In forward passes per pair: generator 3 (one forward, its backward pass 2), discriminator 3 on
    the real image, 3 on the fake, and 2 for the generator.
    """
    passes = 3 * base.macs(model.generator) + 8 * base.macs(model.discriminator)
    return 2 * batch_size * passes


def cyclegan_flops(model, batch_size):
    """As of Pix2Pix, per image of each domain: each translator translates two images."""
    translators = base.macs(model.translator) + base.macs(model.translator_back)
    critics = base.macs(model.discriminator_x) + base.macs(model.discriminator_y)
    return 2 * batch_size * (6 * translators + 8 * critics)


@dataclasses.dataclass(frozen=True)
class PairCase(base.Case):
    """A training step on pairs of images."""

    def examples(self, count):
        numbers = np.random.default_rng(SEED).uniform(*self.value_range, (2, count, *self.shape))
        return tuple(numbers.astype("float32"))


def case(build, torch_step, flops, batch_size, **options):
    flops = functools.partial(flops, batch_size=batch_size)
    return PairCase(build, torch_step, flops, IMAGE_SHAPE, (-1.0, 1.0), batch_size, **options)


CASES = {
    "pix2pix": case(pix2pix, torch_pix2pix, pix2pix_flops, 8),
    "cyclegan": case(cyclegan, torch_cyclegan, cyclegan_flops, 4),
    "cyclegan_1": case(cyclegan, torch_cyclegan, cyclegan_flops, 1, repeat=4),
}


def measure(case, rounds, steps):
    """All numbers of one case; times are lists, seconds per step in each round."""
    examples = case.examples(case.batch_size)
    dataset = data.batches(examples, case.batch_size)
    model = case.build()
    step, batch = case.torch_step(model), tuple(base.to_torch(part) for part in examples)
    half = functools.partial(torch.autocast, "cpu", torch.bfloat16)
    turns = {
        "keras_gen": base.compiled_steps(model, dataset),
        "pytorch": functools.partial(step, batch, contextlib.nullcontext),
        "keras_gen_bfloat16": base.bfloat16_steps(case.build, dataset),
        "pytorch_bfloat16": functools.partial(step, batch, half),
    }
    seconds = base.alternate({n: (f, 1) for n, f in turns.items()}, rounds, steps * case.repeat)
    parameters = base.parameter_count(model)
    return {"parameters": parameters, "flops": case.flops(model), "seconds": seconds}


def table(report):
    """Markdown: what was compared, one row per step and precision."""
    versions = ", ".join(f"{name} {value}" for name, value in report["machine"].items() if value)
    head = ["step", "parameters", "GFLOP", "precision", "keras_gen", "PyTorch"]
    head += ["keras_gen / PyTorch", "share of the float32 matrix product"]
    rows = []
    for name, result in report["results"].items():
        times, flops = result["seconds"], result["flops"]
        rate = 2 * base.PRODUCT_SIZE**3 / np.median(times["matrix_product"])
        for precision, suffix in (("float32", ""), ("bfloat16", "_bfloat16")):
            ours, theirs = times[f"keras_gen{suffix}"], times[f"pytorch{suffix}"]
            share = flops / np.median(ours) / rate
            row = [name, f"{result['parameters']:,}", f"{flops / 1e9:.2f}", precision]
            row += [base.milliseconds(ours), base.milliseconds(theirs), base.ratio(ours, theirs)]
            rows.append([*row, f"{share:.0%} of {rate / 1e9:.0f} GFLOP/s"])
    settings = f"{versions}; {report['rounds']} rounds of {report['steps']} steps"
    return "\n".join([settings, "", *base.table(head, rows)])


if __name__ == "__main__":
    tyro.cli(main)
