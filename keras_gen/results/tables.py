"""Tables of the published results, in Markdown, and the blocks of the READMEs that hold them.

A block lies between `<!-- results: KEY -->` and `<!-- end -->`, where KEY is `headline` (a row
per script), a chapter's folder (all measures with a reference of their own) or a result's name (a
row per variant). `<!-- differs: CHAPTER -->` has what must be known before comparing.
"""

import ast
import re

from keras_gen.results.archive import chapters, published, reference_of, references
from keras_gen.results.checks import error
from keras_gen.results.readers import disagreements

BLOCK = re.compile(r"(<!-- (results|differs): (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
MEASURED = ("system", "measure", "result", "target", "source", "time")
COURSE = ("script", "what it teaches", "data", "time", "measure", "result", "target")


def number(value, unit):
    """A number with four digits and its unit; shares in per cent."""
    return f"{_digits(value, unit)} {'%' if unit == 'share' else unit}".rstrip()


def duration(seconds):
    """A duration in seconds, minutes or hours; nothing if it is not known."""
    if seconds is None:
        return ""
    size, unit = (1, "s") if seconds < 120 else (60, "min") if seconds < 7200 else (3600, "h")
    return f"{round(seconds / size, 1 if size > 1 else 0):g} {unit}"


def markdown(header, rows, aligned=False):
    """A table in Markdown; `aligned` pads the cells for a terminal."""
    lines = [[cell.replace("|", "\\|") for cell in line] for line in [header, *rows]]
    widths = [max(len(line[k]) for line in lines) if aligned else 0 for k in range(len(header))]
    rule = ["-" * max(width, 3) for width in widths]
    lines.insert(1, rule)
    cells = [[cell.ljust(width) for cell, width in zip(line, widths)] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def chapter_tables(name=None, source=None):
    """All measures of a chapter, of a result or of the whole course, and how protocols differ.

    Args:
        name: a chapter's folder, a result's name, or `None` for everything.
        source: root of the source tree.

    Raises:
        ValueError: if there is no such chapter or result; the message lists what there is.
    """
    results, found = published(source), references(source)
    folders = [folder.name for folder in chapters(source)]
    if name not in (None, *folders, *results):
        raise error("chapter", f"the name of a published result, or one of {folders}", name)
    texts = []
    for folder in folders:
        chosen = [
            each
            for each in results.values()
            if each.chapter == folder and name in (None, folder, each.name)
        ]
        if chosen:
            rows = [
                [each.name, *row]
                for each in chosen
                for row in _rows(each, found, list(each.measures))
            ]
            table = markdown(("name", *MEASURED), rows, aligned=True)
            differences = _differences(chosen, found)
            texts.append("\n\n".join(filter(None, [folder, table, differences])))
    if name in results:
        result = results[name]
        texts.append(f"{result.command}\nseed {result.seed}, {result.processor}. {result.notes}")
    return "\n\n".join(texts)


def fill(text, source=None):
    """The page with its blocks as the results say today."""
    return BLOCK.sub(lambda block: block[1] + _block(block[2], block[3], source) + block[4], text)


def pages(source=None):
    """The pages of the course that have blocks, sorted."""
    course = chapters(source)[0].parent
    return sorted(path for path in course.rglob("*.md") if BLOCK.search(path.read_text("utf-8")))


def _block(kind, key, source):
    results, found = published(source), references(source)
    if key == "headline" and kind == "results":
        return _course(results, found, source) + "\n"
    chosen = [each for each in results.values() if each.chapter == key]
    if kind == "differs" and chosen:
        lines = [_differences(chosen, found), *disagreements(chosen, list(results.values()))]
        return "\n".join(filter(None, lines)) + "\n"
    if kind == "results" and key in results:
        return _variants(results[key]) + "\n"
    if kind == "results" and chosen:
        rows = []
        for each in chosen:
            own = [(each.name, measure) for measure in each.measures]
            shown = [key[1] for key in own if key in found and found[key].shown]
            rows += _rows(each, found, shown, link=f"results/{each.name}.json")
        return markdown(MEASURED, rows) + "\n"
    raise error(kind, f"headline, a chapter with results or one of {list(results)}", key)


def _rows(result, found, shown, link=None):
    """A row per measure, and one more for every further target; what repeats is left out."""
    rows = []
    for name in shown:
        measure, reference = result.measures[name], reference_of(found, result.name, name)
        cells = [_title(name, measure), _value(measure)]
        for target in reference.targets or [None]:
            rows.append(["", *cells, *_target(target, reference, result, measure), ""])
            cells = ["", ""]
    if rows:
        rows[0][0] = f"[{result.system}]({link})" if link else result.system
        rows[0][-1] = duration(result.seconds)
    return rows


def _course(results, found, source):
    """A row per script: what it teaches, from its docstring, and its headline."""
    headlines = {
        _script(result): (result, measure)
        for name, result in results.items()
        for measure in result.measures
        if (name, measure) in found and found[name, measure].headline
    }
    rows = []
    for folder in chapters(source):
        scripts = {f"{folder.name}/{path.name}": path for path in folder.glob("*.py")}
        measured = [script for script in headlines if script in scripts]
        for script in [*measured, *sorted(set(scripts) - set(measured))]:
            row = [f"[{scripts[script].name}]({script})", _lesson(scripts[script])]
            rows.append([*row, *_headline(*headlines.get(script, ()), found=found)])
    return markdown(COURSE, rows)


def _headline(result=None, name=None, *, found):
    """The cells of a script's main number; empty ones if it has none."""
    if result is None:
        return [""] * 5
    measure, reference = result.measures[name], found[result.name, name]
    target = reference.targets[0] if reference.targets else None
    cells = [result.data, duration(result.seconds), _title(name, measure), _value(measure)]
    return [*cells, _target(target, reference, result, measure)[0]]


def _variants(result):
    """A table with a row per variant and a column per kind of measure."""
    variants, kinds = [], []
    for measure in result.measures.values():
        variants += [measure.get("of", "")] if measure.get("of", "") not in variants else []
        kinds += [measure.get("what", "")] if measure.get("what", "") not in kinds else []
    cells = {
        (measure.get("of", ""), measure.get("what", "")): _value(measure)
        for measure in result.measures.values()
    }
    rows = [[of, *(cells.get((of, what), "") for what in kinds)] for of in variants]
    return markdown(("", *kinds), rows)


def _differences(chosen, found):
    """A line per result: what must be known before its numbers are compared."""
    lines = []
    for result in chosen:
        texts = [
            found[result.name, m].differs for m in result.measures if (result.name, m) in found
        ]
        texts = dict.fromkeys(filter(None, texts))
        lines += [f"- {result.system}: {text}" for text in texts]
    return "\n".join(lines)


def _title(name, measure):
    title = measure.get("what") or name
    return f"{measure['of']}: {title}" if measure.get("of") else title


def _value(measure):
    """The value and, for several draws, their range."""
    unit = measure.get("unit", "")
    text = number(measure["value"], unit)
    if "low" not in measure:
        return text
    low, high = (_digits(measure[key], unit) for key in ("low", "high"))
    return f"{text} ({low} to {high})"


def _digits(value, unit):
    value = 100 * value if unit == "share" else value
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e9 else f"{value:.4g}"


def _target(target, reference, result, measure):
    """The cells of a target: the number to be reached, or the floor, and where it is from."""
    if target is None:
        return "", ""
    other = result.measures[target["measure"]] if "measure" in target else measure
    value = number(target.get("value", other["value"]), measure.get("unit", ""))
    if target.get("floor"):
        return f"floor {value}", target["source"]
    sign = {"lower": "≤ ", "higher": "≥ ", None: ""}[reference.better]
    return f"{sign}{value}", target["source"]


def _script(result):
    """The script that a command runs last, such as `05_gans/dcgan.py`."""
    return re.findall(r"chapters/(\S+\.py)", result.command)[-1]


def _lesson(path):
    """The first sentence of a script's docstring, without the full stop."""
    paragraph = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n\n")[0]
    return " ".join(paragraph.split()).rstrip(".")
