"""What two objects could compare, they compare when they meet: before the first step."""

import keras
import pytest
import small_models
from keras import layers
from small_models import IMAGE

from keras_gen import layers as own_layers
from keras_gen import losses, models, networks

SHAPE = (6,)


def ended(units, *last, inputs=SHAPE):
    """A network whose last layers are given."""
    x = keras.Input(inputs)
    flat = layers.Flatten()(x) if len(inputs) > 1 else x
    h = layers.Dense(units)(layers.Dense(5, "relu")(flat))
    for layer in last:
        h = layer(h)
    return keras.Model(x, h)


def nested(units, activation, inputs=SHAPE):
    inside = keras.Sequential([keras.Input((units,)), layers.Dense(units, activation)])
    behind = keras.Sequential([keras.Input((units,)), layers.Dropout(0.1), layers.Flatten()])
    return ended(units, inside, behind, inputs=inputs)


PROBABILITIES = {
    "Activation": lambda units: ended(units, layers.Activation("sigmoid")),
    "Dense": lambda units: ended(units, layers.Dense(units, "sigmoid")),
    "Softmax": lambda units: ended(units, layers.Softmax()),
    "ReLU": lambda units: ended(units, layers.ReLU()),
    "nested": lambda units: nested(units, "softmax"),
    "Reshape": lambda units: ended(units, layers.Activation("softmax"), layers.Reshape((units,))),
    "linear": lambda units: ended(units, layers.Softmax(), layers.Activation("linear")),
    "ops": lambda units: ended(units, keras.ops.sigmoid),
    "copy": lambda units: keras.models.clone_model(nested(units, "sigmoid")),
    "spectral": lambda u: ended(u, layers.SpectralNormalization(layers.Dense(u, "sigmoid"))),
    "sequential": lambda u: keras.Sequential([keras.Input(SHAPE), layers.Dense(u, "sigmoid")]),
}
LOGITS = {
    "Dense": lambda units: ended(units),
    "linear": lambda units: ended(units, layers.Activation("linear")),
    "leaky": lambda units: ended(units, layers.LeakyReLU(0.2)),
    "own function": lambda units: ended(units, layers.Dense(units, activation=lambda x: x)),
    "Rescaling": lambda units: ended(units, layers.Rescaling(2.0)),
    "nested": lambda units: nested(units, None),
}


def gan(discriminator, loss=None):
    model = models.GAN(ended(6), discriminator, value_range=None)
    model.compile("adam", "adam", loss)


def vae(decoder):
    models.VAE(networks.gaussian_encoder(3, [4], 6), decoder)


def semi_supervised(discriminator):
    models.SemiSupervisedGAN(
        ended(6), discriminator, features=discriminator.layers[-1].name, value_range=None
    )


TAKERS = {
    "discriminator": (gan, 1),
    "decoder": (vae, 3),
    "semi-supervised discriminator": (semi_supervised, 3),
    "classifier": (lambda n: models.AdversarialTraining(n, 0.1), 3),
    "label_classifier": (lambda n: models.DomainAdversarial(ended(6), n, ended(1), 3), 3),
    "domain_classifier": (lambda n: models.DomainAdversarial(ended(6), ended(3), n, 3), 1),
}


@pytest.mark.parametrize("kind", PROBABILITIES)
@pytest.mark.parametrize("name", TAKERS)
def test_probabilities_are_refused_where_logits_are_expected(name, kind):
    take, units = TAKERS[name]
    network = PROBABILITIES[kind](units)
    with pytest.raises(ValueError, match=f"`{name.split()[-1]}`.*remove the last activation"):
        take(network)


@pytest.mark.parametrize("kind", LOGITS)
@pytest.mark.parametrize("name", TAKERS)
def test_logits_and_what_cannot_be_known_are_taken(name, kind):
    take, units = TAKERS[name]
    take(LOGITS[kind](units))


def test_a_loss_says_what_scores_it_needs():
    gan(PROBABILITIES["Dense"](1), losses.LeastSquares())  # its labels are 0 and 1
    for loss in (losses.Hinge(), losses.Wasserstein(), losses.Minimax()):
        with pytest.raises(ValueError, match=type(loss).__name__):
            gan(PROBABILITIES["Dense"](1), loss)


REACHED = [
    ((-1, 1), ["tanh", "softsign", None], ["sigmoid", "relu", "softplus", "softmax"]),
    ((0, 1), ["sigmoid", "relu", "softplus", None], ["tanh", "softsign"]),
    ((0, 255), ["relu", None], ["sigmoid", "tanh", "relu6"]),
    (None, ["sigmoid", "tanh", "relu", None], []),
]


@pytest.mark.parametrize("value_range, right, wrong", REACHED, ids=str)
def test_examples_reach_the_declared_range_and_do_not_leave_it(value_range, right, wrong):
    options = {"value_range": value_range}
    for activation in right:
        network = ended(6, layers.Activation(activation))
        models.GAN(network, ended(1), **options)
        models.Autoencoder(ended(6), network, **options)
        models.VAE(networks.gaussian_encoder(6, [4], 6), network, losses.Gaussian(), **options)
    for activation in wrong:
        network = ended(6, layers.Activation(activation), layers.Reshape((6,)))
        with pytest.raises(ValueError, match=f"`generator`.*value_range.*{activation}"):
            models.GAN(network, ended(1), **options)
        with pytest.raises(ValueError, match="`decoder`.*value_range"):
            models.Autoencoder(ended(6), network, **options)
        encoder = networks.gaussian_encoder(6, [4], 6)
        with pytest.raises(ValueError, match="`decoder`.*value_range"):
            models.VAE(encoder, network, losses.Gaussian(), **options)


def test_a_sigmoid_that_is_rescaled_reaches_another_range():
    network = ended(6, layers.Activation("sigmoid"), layers.Rescaling(2.0, -1.0))
    models.GAN(network, ended(1), value_range=(-1, 1))
    with pytest.raises(ValueError, match=r"range is \[-1.0, 1.0\]"):
        models.GAN(network, ended(1), value_range=(0, 1))


def test_of_a_class_of_its_own_nothing_is_said():
    @keras.saving.register_keras_serializable("tests")
    class Own(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.dense = layers.Dense(1, "sigmoid")

        def call(self, x):
            return 8 * self.dense(x) - 4

    own = Own()
    own(keras.ops.zeros((1, 6)))
    gan(own)


@pytest.mark.parametrize("value_range", [(-1, 1), (0, 255), (0.0, 1.5), (-0.1, 1)])
def test_bernoulli_data_lie_in_the_unit_interval(value_range):
    encoder, decoder = networks.gaussian_encoder(6, [4], 3), networks.mlp_decoder(3, [4], 6)
    for likelihood in (None, losses.Bernoulli()):
        with pytest.raises(ValueError, match="`value_range`.*Gaussian"):
            models.VAE(encoder, decoder, likelihood, value_range=value_range)
    models.VAE(encoder, decoder, losses.Gaussian(), value_range=value_range)
    models.VAE(encoder, decoder, value_range=(0.25, 0.75))


def test_undeclared_data_of_a_bernoulli_are_checked_all_the_same():
    encoder, decoder = networks.gaussian_encoder(IMAGE, [4], 3), networks.mlp_decoder(3, [4], IMAGE)
    model = models.VAE(encoder, decoder, value_range=None)
    model.compile("sgd")
    with pytest.raises(ValueError, match="`x`"):
        model.fit(small_models.images(), verbose=0)
    model.fit(small_models.images(low=0.0), verbose=0)


@pytest.mark.parametrize("loss", ["binary_crossentropy", "bce", "BinaryCrossentropy"])
def test_a_binary_cross_entropy_needs_probabilities(loss):
    coder = models.Autoencoder(ended(6), ended(6, layers.Activation("tanh")), value_range=(-1, 1))
    with pytest.raises(ValueError, match="`loss`"):
        coder.compile("sgd", loss)
    with pytest.raises(ValueError, match="`loss`.*from_logits"):
        models.Autoencoder(ended(6), ended(6), value_range=(0, 1)).compile("sgd", loss)
    sigmoid = models.Autoencoder(ended(6), ended(6, layers.Activation("sigmoid")))
    sigmoid.compile("sgd", loss)
    with pytest.raises(ValueError, match="`decoder`"):
        sigmoid.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))


def normalized(layer):
    return ended(1, layer, layers.Dense(1))


BATCH = {
    "Keras": lambda: normalized(layers.BatchNormalization()),
    "fused": lambda: normalized(networks.FusedBatchNormalization()),
    "nested": lambda: normalized(
        keras.Sequential([keras.Input((1,)), layers.BatchNormalization(center=False)])
    ),
}
SINGLE = {
    "layer": lambda: normalized(layers.LayerNormalization()),
    "group": lambda: normalized(layers.GroupNormalization(1)),
    "deviation": lambda: ended(1, layers.Reshape((1, 1, 1)), own_layers.MinibatchStdDev()),
    "none": lambda: ended(1),
}
PENALTIES = {
    "WGANGP": (models.WGANGP, {}),
    "R1": (models.GAN, {"penalty": losses.R1()}),
    "R2": (models.GAN, {"penalty": losses.R2()}),
    "sum": (models.GAN, {"penalty": losses.R1() + losses.R2()}),
}


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_penalty_of_gradients_forbids_batch_normalization(penalty):
    kind, options = PENALTIES[penalty]
    for make in BATCH.values():
        model = kind(ended(6), make(), value_range=None)
        with pytest.raises(
            ValueError, match="`discriminator`.*batch normalization.*layer or group"
        ):
            model.compile("adam", "adam", **options)
        assert not model.compiled
    for make in SINGLE.values():
        kind(ended(6), make(), value_range=None).compile("adam", "adam", **options)


def test_without_a_penalty_batch_normalization_is_fine():
    models.WGAN(ended(6), BATCH["Keras"](), value_range=None).compile("adam", "adam")


@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_the_networks_know_all_classes(name):
    classes = {"generator": 3, "discriminator": 3} | {name: 2}
    generator = networks.dcgan_generator(IMAGE, 4, 4, num_classes=classes["generator"])
    critic = networks.dcgan_discriminator(IMAGE, 4, num_classes=classes["discriminator"])
    with pytest.raises(ValueError, match=f"`{name}`.*num_classes=3.*2 classes"):
        models.GAN(generator, critic, num_classes=3)
    models.GAN(generator, critic, num_classes=2)


def test_what_was_saved_before_a_check_still_loads_and_says_what_is_wrong(tmp_path):
    encoder, decoder = networks.gaussian_encoder(6, [4], 3), networks.mlp_decoder(3, [4], 6)
    model = models.VAE(encoder, decoder)
    config = model.get_config() | {"value_range": [-1.0, 1.0]}
    with pytest.warns(UserWarning, match="saved model.*`value_range`"):
        models.VAE.from_config(config)
