"""Copies of objects that hold what must not be copied."""

import copy


class SharingCopies:
    """Mixin of callbacks and metrics whose deep copies share what must not or cannot be copied.

    `shared` names these attributes: data, extractors, models. A search for hyper-parameters copies
    the callbacks for every trial.
    """

    shared = ()

    def __deepcopy__(self, memo):
        copied = type(self).__new__(type(self))
        memo[id(self)] = copied
        for name, value in vars(self).items():
            keep = name in self.shared or name == "_model"
            # Into the dict: a Keras metric cannot set attributes before it has its tracker.
            copied.__dict__[name] = value if keep else copy.deepcopy(value, memo)
        return copied
