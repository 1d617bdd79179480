"""Two readers of generated images, and where they disagree."""

from keras_gen import results
from keras_gen.results.readers import disagreements


def result(name, data="Fashion", **measures):
    measures = {key: {"value": value} for key, value in measures.items()}
    return results.Result(name, "", f"system {name}", "", 1, data, measures, None)


def test_a_pair_that_two_readers_order_differently_is_named_once():
    one = result("one", fid_lenet_10=2.6, fid_pca_64_10=0.8, fid_lenet_10_training_images=9.0)
    two = result("two", fid_lenet_10=4.4, fid_pca_64_10=0.39)
    both = result("both", fid_lenet_10=5.0, fid_pca_64_10=0.9)
    digits = result("digits", "MNIST", fid_lenet_10=4.4, fid_pca_64_10=0.39)
    fewer = result("fewer", fid_lenet_9=4.4, fid_pca_64_9=0.39)
    alone = result("alone", fid_pca_64_10=0.1)
    every = [one, two, both, digits, fewer, alone]
    (line,) = disagreements(every, every)
    assert "system one" in line and "system two" in line
    assert "2.6 to 4.4 (lenet_10)" in line and "0.8 to 0.39 (pca_64_10)" in line
    assert disagreements([two], every) and not disagreements([both], every)
