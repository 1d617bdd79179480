"""Modules that load when they are first used."""

import importlib.util
import sys
import types


class LaterModule(types.ModuleType):
    """A module that is executed when one of its names is first used."""

    def __getattr__(self, name):
        load(self)
        return getattr(self, name)


def load_later(*names):
    """Puts modules into `sys.modules` that load when first used; those already loaded stay.

    Args:
        *names: dotted names; a package comes before its modules.
    """
    for name in names:
        if name in sys.modules:
            continue
        module = importlib.util.module_from_spec(importlib.util.find_spec(name))
        module.__class__ = LaterModule
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)


def load(module):
    """Executes a module that `load_later` has put off."""
    module.__class__ = types.ModuleType
    try:
        module.__spec__.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(module.__name__, None)
        raise


def load_all():
    """Executes all modules that have not loaded yet."""
    for module in list(sys.modules.values()):
        if type(module) is LaterModule:
            load(module)
