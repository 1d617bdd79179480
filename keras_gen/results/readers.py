"""Where two readers of generated images disagree: one calls this generator the better, one that."""

import itertools
import re

FID = re.compile(r"fid_(.+_\d+)")


def distances(result):
    """The FIDs of a result, by reader and number of images."""
    found = {FID.fullmatch(name): measure for name, measure in result.measures.items()}
    return {match[1]: measure["value"] for match, measure in found.items() if match}


def disagreements(chosen, results):
    """A line for each pair of generators of the same data that two readers order differently.

    Args:
        chosen: list of results, one of which is in every pair.
        results: list of all results.
    """
    lines, seen = [], set()
    for one, other in itertools.product(chosen, results):
        pair = frozenset((one.name, other.name))
        if one.data != other.data or len(pair) == 1 or pair in seen:
            continue
        seen.add(pair)
        first, second = distances(one), distances(other)
        common = [reader for reader in first if reader in second]
        for a, b in itertools.combinations(common, 2):
            if (first[a] - second[a]) * (first[b] - second[b]) < 0:
                figures = " and ".join(f"{first[r]:.3g} to {second[r]:.3g} ({r})" for r in (a, b))
                lines.append(
                    f"- {one.system} and {other.system}: the readers disagree about which is the "
                    f"better, FID {figures}."
                )
    return lines
