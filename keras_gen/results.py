"""What a run measured, as data."""

import dataclasses
import json
import pathlib


@dataclasses.dataclass(frozen=True)
class Result:
    """What a run measured."""

    name: str
    chapter: str
    system: str
    command: str
    seed: int
    data: str
    measures: dict
    seconds: float

    def write(self, path):
        """Writes the result as JSON."""
        path = pathlib.Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(dataclasses.asdict(self), indent=1))
