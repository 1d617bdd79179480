"""What stands at a path before it is replaced."""

import pytest


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("old")
    return path


@pytest.fixture
def folder(tmp_path):
    """With a member that is replaced, one that is not written again, and other things."""
    path = tmp_path / "export"
    (path / "variables").mkdir(parents=True)
    (path / "notes" / "deep").mkdir(parents=True)
    for name in ("graph", "card", "variables/data"):
        (path / name).write_text("old")
    for name in ("thesis.tex", "notes/a", "notes/deep/b"):
        (path / name).write_text("precious")
    return path
