"""Several trainings of one script, and the table of what they measured."""

import statistics


class Comparison:
    """What variants measured, over their seeds.

    Example:
        table = runs.Comparison("loss")
        for name, loss, part in run.compare(LOSSES, seeds):
            ...
            table.add(name, fid=fid, gradient=gradient)
        print(table)

    Args:
        kind: heading of the first column, what the variants are.
    """

    def __init__(self, kind):
        self.kind = kind
        self.rows = {}

    def add(self, name, **measures):
        """Adds what one training of the variant `name` measured: numbers by name."""
        row = self.rows.setdefault(name, {})
        for measure, value in measures.items():
            row.setdefault(measure, []).append(float(value))

    def mean(self, name, measure):
        """The mean of a measure over a variant's trainings."""
        return statistics.fmean(self.rows[name][measure])

    def best(self, measure, higher=False):
        """The variant with the lowest mean of a measure, or the highest."""
        choose = max if higher else min
        return choose(self.rows, key=lambda name: self.mean(name, measure))

    def measures(self):
        """Mean, range and number of draws, by names such as `fid_least_squares`."""
        return {
            f"{measure}_{name.replace(',', '').replace(' ', '_')}": {
                "value": statistics.fmean(values),
                "low": min(values),
                "high": max(values),
                "draws": len(values),
            }
            for name, row in self.rows.items()
            for measure, values in row.items()
        }

    def __str__(self):
        columns = list(dict.fromkeys(measure for row in self.rows.values() for measure in row))
        lines = [[self.kind, *(column.replace("_", " ") for column in columns)]]
        for name, row in self.rows.items():
            lines.append([name, *(_cell(row.get(column)) for column in columns)])
        widths = [max(len(line[i]) for line in lines) for i in range(len(columns) + 1)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
            for line in lines
        )


def _cell(values):
    if not values:
        return ""
    mean = f"{statistics.fmean(values):.4g}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.4g} to {max(values):.4g})"
