"""Explaining stored logs on Spark: each host's boots by themselves.

``explain(df)`` takes a data frame with a row a line and gives one with a row a finding. A log is what has
the same values in the key columns (host and boot unless given); its lines are brought together and put in
order, and each log is explained by a process of its own, so a log that cannot be read fails alone.
"""

import json
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from ._program import DmarError, call

#: The columns that the result has behind the key's.
RESULT = "type string, id string, severity string, device string, verdict string, confidence int, json string"


def explain(df: Any, key: Sequence[str] = ("host", "boot"), order: str = "line", text: str = "text",
            partitions: int = 0) -> Any:
    """The findings of many logs.

    Args:
        df: a data frame with a row a line.
        key: the columns that tell logs apart.
        order: the column by which a log's lines are put in order.
        text: the column of the lines.
        partitions: how many tasks there are; 0 for Spark's own choice.

    Returns:
        A data frame with the key's columns and those of ``RESULT``: a row a fault, finding, dump, lock
        report and remark, and a ``summary`` for each log; a log that cannot be read has one row of type
        ``error`` with the program's message.
    """
    names = list(key)
    columns = [*names, order, text]
    picked = df.select(*columns)
    spread = picked.repartition(partitions, *names) if partitions else picked.repartition(*names)
    sorted_lines = spread.sortWithinPartitions(*names, order)
    fields = ", ".join(f"`{name}` {df.schema[name].dataType.simpleString()}" for name in names)
    rows = sorted_lines.rdd.mapPartitions(lambda part: _partition(part, len(names)))
    return df.sparkSession.createDataFrame(rows, f"{fields}, {RESULT}")


def _partition(rows: Iterator[Any], width: int) -> Iterator[Tuple[Any, ...]]:
    """The findings of a partition's logs, whose rows stand together."""
    current: Tuple[Any, ...] = ()
    lines: List[str] = []
    for row in rows:
        key = tuple(row[:width])
        if lines and key != current:
            yield from _log(current, lines)
            lines = []
        current = key
        lines.append("" if row[width + 1] is None else str(row[width + 1]))
    if lines:
        yield from _log(current, lines)


def _log(key: Tuple[Any, ...], lines: List[str]) -> Iterator[Tuple[Any, ...]]:
    """The findings of one log."""
    given = "\n".join(lines).encode("utf-8", "surrogateescape") + b"\n"
    try:
        output = call(["explain", "--format", "ndjson", "-"], input=given)
    except DmarError as error:
        yield (*key, "error", None, None, None, error.message, None, None)
        return
    for line in output.splitlines():
        value: Dict[str, Any] = json.loads(line)
        yield (*key, value.get("type"), value.get("id"), value.get("severity"), value.get("device"),
               value.get("verdict") or value.get("title"), value.get("confidence"), line)
