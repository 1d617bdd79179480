"""Directions: attributes and principal directions recovered where they are known, edits, files."""

import json

import numpy as np
import pytest

from keras_gen import editing

rng = np.random.default_rng(2)


def unit(*numbers):
    return np.array(numbers) / np.linalg.norm(numbers)


def cosine(a, b):
    return float(np.sum(a * b) / np.linalg.norm(a) / np.linalg.norm(b))


def correlated(count, mixing):
    return rng.normal(size=(count, len(mixing))) @ mixing


NORMAL = unit(3, -1, 2, 0, 0.5)
MIXING = np.diag([1.0, 2.0, 0.5, 3.0, 1.0]) / 40  # as small as the styles of a new mapping network
POINTS = correlated(4000, MIXING)
LINEAR = editing.attribute_direction(POINTS, POINTS @ NORMAL, "bright", "w")


# Attributes


def test_the_direction_of_a_linear_generator_is_recovered():
    assert cosine(LINEAR.vector, NORMAL) > 0.99
    assert LINEAR.measures["accuracy"] > 0.98
    assert LINEAR.measures["examples"] == 800
    assert (LINEAR.name, LINEAR.space) == ("bright", "w")


def test_a_direction_is_as_long_as_the_deviation_of_the_space_along_it():
    expected = np.std(POINTS @ LINEAR.normal)
    np.testing.assert_allclose(np.linalg.norm(LINEAR.vector), expected, rtol=1e-5)


def test_it_points_to_higher_scores():
    opposite = editing.attribute_direction(POINTS, POINTS @ -NORMAL, "dark", "w")
    assert cosine(opposite.vector, NORMAL) < -0.99


def test_only_the_clearest_points_count():
    scores = POINTS @ NORMAL
    between = (scores > np.quantile(scores, 0.2)) & (scores < np.quantile(scores, 0.8))
    shuffled = scores.copy()
    shuffled[between] = rng.permutation(scores[between])
    same = editing.attribute_direction(POINTS, shuffled, "bright", "w")
    np.testing.assert_array_equal(same.vector, LINEAR.vector)


def test_an_attribute_of_chance_has_the_accuracy_of_chance():
    points = rng.normal(size=(4000, 5))
    found = editing.attribute_direction(points, rng.normal(size=4000), "chance", "z")
    assert abs(found.measures["accuracy"] - 0.5) < 0.12


def test_a_conditional_direction_is_orthogonal_to_all_others_and_otherwise_the_same():
    vectors = rng.normal(size=(3, 5))
    first, *others = (
        editing.attribute_direction(POINTS, POINTS @ vector, str(i), "w")
        for i, vector in enumerate(vectors)
    )
    held = editing.conditional(first, others, POINTS)
    for other in others:
        assert abs(cosine(held.vector, other.vector)) < 1e-6
    # What was taken away lies in the span of the others.
    rest = first.normal - held.normal * (first.normal @ held.normal)
    normals = np.stack([other.normal for other in others], axis=1)
    solution = np.linalg.lstsq(normals, rest, rcond=None)[0]
    np.testing.assert_allclose(normals @ solution, rest, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(held.vector), np.std(POINTS @ held.normal), rtol=1e-5)
    assert held.name == "0"
    np.testing.assert_allclose(held.measures["kept"], first.normal @ held.normal, rtol=1e-5)


# Principal directions


def test_principal_directions_are_those_of_a_known_covariance():
    first, second = editing.principal_directions(POINTS, 2, "w")
    assert abs(first.normal[3]) > 0.999 and abs(second.normal[1]) > 0.999
    np.testing.assert_allclose(first.measures["share"], 9 / 15.25, atol=0.02)
    np.testing.assert_allclose(np.linalg.norm(first.vector), 3 / 40, rtol=0.05)
    assert first.vector[3] > 0


def test_weight_directions_are_the_eigenvectors_of_weights_of_equal_length():
    # Without the normalization the first direction would be the third axis.
    weights = np.array([[2.0, 0, 0], [5.0, 0, 0], [1.0, 0.0, 0], [0, 3, 0], [0, 4, 0], [0, 0, 90]])
    points = correlated(500, np.diag([1.0, 2.0, 3.0]))
    first, second, third = editing.weight_directions(weights, points, 3)
    for axis, found in enumerate((first, second, third)):
        np.testing.assert_allclose(found.normal, np.eye(3)[axis], atol=1e-6)
        np.testing.assert_allclose(found.measures["share"], (3 - axis) / 6, rtol=1e-6)
        np.testing.assert_allclose(found.vector[axis], np.std(points[:, axis]), rtol=1e-5)


def test_feature_directions_are_those_of_z_that_move_features_most():
    latents = rng.normal(size=(20_000, 4))
    features = latents @ np.diag([0.1, 5.0, 1.0, 0.0]) @ np.linalg.qr(rng.normal(size=(4, 4)))[0]
    first, second = editing.feature_directions(latents, features.reshape(-1, 2, 2), 2)
    assert abs(first.normal[1]) > 0.999 and abs(second.normal[2]) > 0.999
    np.testing.assert_allclose(first.measures["share"], 25 / 26.01, atol=0.01)
    np.testing.assert_allclose(np.linalg.norm(first.vector), 1, rtol=0.03)
    assert first.space == "z"


# Edits


def direction(*vector):
    return editing.Direction("d", "w", np.array(vector, "float32"))


def test_an_edit_of_0_is_the_original_to_the_bit():
    latents = rng.normal(size=(6, 5)).astype("float32")
    latents[0] = -0.0
    edited = editing.edit(latents, LINEAR, [0, -3, 0.0])
    for column in (0, 2):
        assert edited[:, column].tobytes() == latents.tobytes()


def test_steps_are_multiples_of_the_direction():
    edited = editing.edit([[1.0, 2.0], [0.0, 0.0]], direction(1.0, -2.0), [-1, 3])
    np.testing.assert_array_equal(edited, [[[0, 4], [4, -4]], [[-1, 2], [3, -6]]])


def test_only_the_chosen_layers_move():
    styles = rng.normal(size=(2, 3, 2)).astype("float32")
    edited = editing.edit(styles, direction(1.0, 1.0), [2], layers=[1])
    assert edited.shape == (2, 1, 3, 2)
    np.testing.assert_array_equal(edited[:, 0, [0, 2]], styles[:, [0, 2]])
    np.testing.assert_array_equal(edited[:, 0, 1], styles[:, 1] + 2)
    everywhere = editing.edit(styles, direction(1.0, 1.0), [2])
    np.testing.assert_array_equal(everywhere[:, 0], styles + 2)


def test_a_direction_of_all_styles_moves_each_layer_by_its_own():
    vector = np.arange(6, dtype="float32").reshape(3, 2)
    edited = editing.edit(np.zeros((1, 3, 2)), direction(*vector), [1])
    np.testing.assert_array_equal(edited[0, 0], vector)


# Files


def test_saved_directions_are_loaded_again_to_the_bit(tmp_path):
    styles = editing.Direction("all", "w+", rng.normal(size=(3, 2)).astype("float32"))
    saved = [LINEAR, *editing.principal_directions(POINTS, 2, "w"), styles]
    editing.save_directions(tmp_path / "new" / "directions.json", saved)
    loaded = editing.load_directions(tmp_path / "new" / "directions.json")
    for before, after in zip(saved, loaded, strict=True):
        assert (after.name, after.space, after.measures) == (
            before.name,
            before.space,
            before.measures,
        )
        assert after.vector.dtype == "float32"
        np.testing.assert_array_equal(after.vector, before.vector)


@pytest.mark.parametrize("text", ["", "[]", '{"directions": [{"name": "a"}]}', '{"other": 1}'])
def test_a_file_of_something_else_is_refused(tmp_path, text):
    path = tmp_path / "directions.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="argument `path`.*file of directions"):
        editing.load_directions(path)


def test_vectors_with_bad_numbers_are_refused_in_files_too(tmp_path):
    path = tmp_path / "directions.json"
    entry = {"name": "a", "space": "w", "vector": [float("nan"), 1.0]}
    path.write_text(json.dumps({"directions": [entry]}))
    with pytest.raises(ValueError, match="argument `path`.*vector"):
        editing.load_directions(path)


# Errors

SCORES = POINTS @ NORMAL
CALLS = {
    "scores": lambda: editing.attribute_direction(POINTS, SCORES[:-1], "a", "w"),
    "clearest": lambda: editing.attribute_direction(POINTS, SCORES, "a", "w", clearest=0.6),
    "clearest ": lambda: editing.attribute_direction(POINTS[:30], SCORES[:30], "a", "w"),
    "scores ": lambda: editing.attribute_direction(POINTS, SCORES > 1e6, "a", "w"),
    "points": lambda: editing.attribute_direction(POINTS * np.nan, SCORES, "a", "w"),
    "direction": lambda: editing.conditional(LINEAR, [LINEAR], POINTS),
    "others": lambda: editing.conditional(LINEAR, [direction(1.0, 2.0)], POINTS),
    "others ": lambda: editing.conditional(LINEAR, [], POINTS),
    "count": lambda: editing.principal_directions(POINTS, 6, "w"),
    "weights": lambda: editing.weight_directions(np.ones((2, 4)), POINTS, 1),
    "features": lambda: editing.feature_directions(POINTS, POINTS[:-1], 1),
    "model": lambda: editing.style_weights("stylegan"),
    "direction ": lambda: editing.edit(POINTS[:, :4], LINEAR, [1]),
    "steps": lambda: editing.edit(POINTS, LINEAR, 1.0),
    "layers": lambda: editing.edit(POINTS, LINEAR, [1], layers=[0]),
    "layers ": lambda: editing.edit(np.zeros((1, 3, 5)), LINEAR, [1], layers=[3]),
    "vector": lambda: direction(0.0, 0.0),
    "directions": lambda: editing.save_directions("unwritten.json", [LINEAR, LINEAR]),
    "path": lambda: editing.load_directions("missing.json"),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_cannot_be_is_refused(name):
    with pytest.raises(ValueError, match=f"argument `{name.strip()}`.*Received"):
        CALLS[name]()
