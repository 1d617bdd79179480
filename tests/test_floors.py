"""The house has floors: whoever imports, imports from below."""

import ast
import pathlib
import subprocess
import sys

import pytest

import keras_gen

ROOT = pathlib.Path(keras_gen.__file__).parent
FLOORS = [  # from the ground up; the parts of one floor do not import each other
    {"arguments", "console", "copies", "state", "distances", "fused", "float32", "recurrence"},
    {"files", "images", "schedules", "fused_recurrent"},
    {"layers", "losses", "plotting", "results"},
    {"networks", "data", "metrics"},
    {"models"},
    {"callbacks", "optimizers"},
    {"greedy", "saved_models"},
    {"evaluation", "editing"},
    {"runs", "explorer"},
    {"__main__"},
]
HEIGHT = {part: height for height, floor in enumerate(FLOORS) for part in floor}
SHARED_BY_FAMILIES = {path.stem for path in (ROOT / "models").glob("*.py")}


def part_of(module):
    """The part of the house that a dotted name below keras_gen belongs to."""
    return module.split(".")[1] if "." in module else None


def imports(path):
    """Dotted names of what a file imports of the library, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "keras_gen":
            yield from (f"keras_gen.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("keras_gen."):
            for alias in node.names:
                yield f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("keras_gen."))


def files():
    return [path for path in sorted(ROOT.rglob("*.py")) if path != ROOT / "__init__.py"]


def part_of_file(path):
    return path.relative_to(ROOT).with_suffix("").parts[0]


def test_every_part_has_a_floor():
    assert {part_of_file(path) for path in files()} <= set(HEIGHT)


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_lead_to_lower_floors_only(path):
    own = part_of_file(path)
    for module in imports(path):
        part = part_of(module)
        if part in HEIGHT and part != own:
            assert HEIGHT[part] < HEIGHT[own], f"{own} imports {module}"


def test_no_family_of_models_imports_another():
    families = {path.name for path in (ROOT / "models").iterdir() if path.is_dir()}
    families -= {"__pycache__"}
    assert {"adversarial", "autoencoders", "boltzmann"} <= families
    for path in (ROOT / "models").rglob("*.py"):
        own = path.relative_to(ROOT / "models").parts[0]
        if own not in families:
            continue
        for module in imports(path):
            names = module.split(".")
            if names[1] == "models":
                assert names[2] == own or names[2] in SHARED_BY_FAMILIES, f"{path}: {module}"


def run(code):
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return process.stdout.strip()


def test_importing_the_models_loads_neither_matplotlib_nor_scikit_learn():
    code = """
import sys, tensorflow, keras
before = set(sys.modules)
import keras_gen.models
print(sorted({m.split(".")[0] for m in set(sys.modules) - before} & {"matplotlib", "sklearn"}))
"""
    assert run(code) == "[]"


def test_importing_the_models_registers_every_serializable_object():
    code = """
import importlib, pkgutil
import keras, keras_gen, keras_gen.models

def registered():
    names = keras.saving.get_custom_objects()
    return {name for name in names if name.startswith("keras_gen>")}

first = registered()
for module in pkgutil.walk_packages(keras_gen.__path__, "keras_gen."):
    if not module.name.endswith(("__main__", "explorer.page")):
        importlib.import_module(module.name)
print(len(first) > 40, sorted(registered() - first))
"""
    assert run(code) == "True []"
