"""A shipped generator that is measured again: its card and its published result."""

import json

import pytest

from keras_gen.evaluation import Evaluation, remeasure
from keras_gen.results import Result

FOUND = Evaluation(
    "small",
    "mnist",
    3,
    {"fid_lenet_10": 5.0, "fid_pca_4_10": 0.5, "diversity_pca_4_10": 2.0, "kid_lenet_10": 0.1},
    {"fid_lenet_10": 1.0, "fid_pca_4_10": 0.1, "diversity_pca_4_10": 3.0, "kid_lenet_10": 0.0},
    {"fid_lenet_10": [4.0, 6.0], "fid_pca_4_10": [0.4, 0.6]},
)
CARD = {
    **{"what": "a generator", "data": "mnist", "value_range": [-1, 1], "command": "python x.py"},
    **{"seed": 3, "metrics": {"fid_lenet_10": 4.5, "sharpness": 1.0}, "versions": {}},
    **{"date": "2026-01-01", "endpoints": ["sample", "serve"]},
}


OLD = Result(
    name="small",
    chapter="05_gans",
    system="A GAN",
    command="python x.py",
    seed=3,
    data="mnist",
    measures={
        "fid_lenet_10": {"value": 4.5, "unit": "", "what": "FID of ours"},
        "step": {"value": 2.0, "unit": "s", "what": "time of a step"},
    },
    seconds=9.0,
)


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A shipped model that was measured once before, and the folder of its chapter."""
    shipped, chapter = tmp_path / "small", tmp_path / "chapters" / "05_gans"
    shipped.mkdir()
    (chapter / "results").mkdir(parents=True)
    (shipped / "saved_model.pb").touch()
    (shipped / "card.json").write_text(json.dumps(CARD))
    monkeypatch.setattr(remeasure, "chapters", lambda: [chapter])
    monkeypatch.setattr(remeasure, "evaluate", lambda *args, **options: FOUND)
    monkeypatch.setattr("keras_gen.results.published", lambda: {str(shipped): OLD})
    return shipped, chapter / "results"


def test_the_card_keeps_what_is_not_measured_again(tree):
    shipped, _ = tree
    assert remeasure.remeasure(str(shipped)) is FOUND
    card = json.loads((shipped / "card.json").read_text())
    new = {"fid_lenet_10": 5.0, "fid_pca_4_10": 0.5, "diversity_pca_4_10": 2.0}
    assert card == {**CARD, "metrics": {"sharpness": 1.0, **new}}


def test_the_published_result_has_mean_draws_and_floor(tree):
    shipped, results = tree
    remeasure.remeasure(str(shipped))
    measures = Result.read(results / "small.json").measures
    assert measures["step"] == OLD.measures["step"]
    fid = measures["fid_lenet_10"]
    assert (fid["value"], fid["values"], fid["what"]) == (5.0, [4.0, 6.0], "FID of ours")
    assert measures["fid_lenet_10_training_images"]["value"] == 1.0
    assert measures["fid_pca_4_10"]["what"] == "FID, pixel components"
    assert measures["diversity_pca_4_10"]["value"] == 2.0
    assert "kid_lenet_10" not in measures
