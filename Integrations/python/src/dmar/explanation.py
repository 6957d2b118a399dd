"""What a kernel log means: the explanation as values, and the two ways to get one."""

import json
import os
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Type, Union

from ._decode import decode
from ._program import DmarError, argument, call, command

Log = Union[str, bytes, "os.PathLike[str]"]


@dataclass(frozen=True)
class Place:
    """A line of an input: ``line`` is 0 for a whole file; the time since boot, or as it was printed."""

    line: int = 0
    file: Optional[str] = None
    time_us: Optional[int] = None
    time: Optional[str] = None


@dataclass(frozen=True)
class Evidence:
    """A sentence, and the lines that it rests on."""

    text: str = ""
    at: List[Place] = field(default_factory=list)


@dataclass(frozen=True)
class Decoded:
    """A raw value of the log, field by field, or what was repaired in a line."""

    text: str = ""
    at: Optional[Place] = None


@dataclass(frozen=True)
class Clue:
    """A part of a confidence: its name, and what it weighs."""

    clue: str = ""
    decibans: int = 0


@dataclass(frozen=True)
class Workaround:
    """An option that makes the fault go away, and what that costs."""

    option: str = ""
    price: str = ""


@dataclass(frozen=True)
class OtherCause:
    """A further cause that the log allows."""

    cause: str = ""
    confidence: int = 0
    verdict: str = ""


@dataclass(frozen=True)
class Finding:
    """What a message means: the cause with its number (0: a message, or open), how sure that is (0 to
    100), how bad, whose, in one line; why; what to do, and what would decide."""

    id: str = ""
    cause: str = ""
    cause_number: int = 0
    confidence: int = 0
    severity: str = ""
    culprit: str = ""
    verdict: str = ""
    why: List[Evidence] = field(default_factory=list)
    clues: List[Clue] = field(default_factory=list)
    next: List[str] = field(default_factory=list)
    missing: List[str] = field(default_factory=list)


@dataclass(frozen=True)
class Fault(Finding):
    """A fault record and what it means. ``kind`` is ``dma_read``, ``dma_write`` or ``interrupt``;
    addresses and reasons are texts such as ``0xfffe0000``, as the program prints them."""

    device: str = ""
    kind: str = ""
    pasid: Optional[int] = None
    address: Optional[str] = None
    index: Optional[int] = None
    reason: Optional[str] = None
    reason_text: Optional[str] = None
    format: Optional[str] = None
    count: int = 0
    suppressed: int = 0
    first: Optional[Place] = None
    last: Optional[Place] = None
    lines: List[int] = field(default_factory=list)
    device_words: str = ""
    #: What the log's traces tell of the address, event by event.
    history: List[Dict[str, Any]] = field(default_factory=list)
    danger: str = ""
    filter: Optional[str] = None
    workarounds: List[Workaround] = field(default_factory=list)
    kernels: List[str] = field(default_factory=list)
    others: List[OtherCause] = field(default_factory=list)
    contradictions: List[Evidence] = field(default_factory=list)
    decoded: List[Decoded] = field(default_factory=list)
    repaired: List[Decoded] = field(default_factory=list)


@dataclass(frozen=True)
class FaultCount:
    """How often a fault has come so far, of a log that is followed."""

    device: str = ""
    kind: str = ""
    pasid: Optional[int] = None
    address: Optional[str] = None
    index: Optional[int] = None
    reason: Optional[str] = None
    count: int = 0
    suppressed: int = 0


@dataclass(frozen=True)
class Dump:
    """A dump of table entries whose fault record is not in the log."""

    unit: Optional[str] = None
    stop: Optional[str] = None
    at: List[Place] = field(default_factory=list)
    contradictions: List[Evidence] = field(default_factory=list)
    decoded: List[Decoded] = field(default_factory=list)


@dataclass(frozen=True)
class Lock:
    """A lock of a lock report."""

    name: str = field(default="", metadata={"member": "class"})
    usage: str = ""
    wait_types: str = ""
    at: str = ""


@dataclass(frozen=True)
class LockReport:
    """A report of the kernel's lock validator."""

    kind: str = ""
    title: str = ""
    corrupted: Optional[str] = None
    at: Optional[Place] = None
    kernel: str = ""
    task: str = ""
    wanted: Optional[Lock] = None
    blocker: Optional[Lock] = None
    other: Optional[Lock] = None
    detail: str = ""
    held: List[Lock] = field(default_factory=list)
    old_state: str = ""
    new_state: str = ""
    registered_stack: List[str] = field(default_factory=list)
    stack: List[str] = field(default_factory=list)
    meaning: str = ""
    story: List[str] = field(default_factory=list)
    cure: str = ""


@dataclass(frozen=True)
class Unit:
    """A remapping unit that the log names."""

    name: str = ""
    base: str = ""
    cap: str = ""
    ecap: str = ""
    at: Optional[Place] = None


@dataclass(frozen=True)
class Summary:
    """The counts of a log, and the machine as far as the log tells."""

    fault_records: int = 0
    distinct_faults: int = 0
    incidents: int = 0
    suppressed: int = 0
    lock_reports: int = 0
    kernel: Optional[str] = None
    machine: Optional[str] = None
    units: List[Unit] = field(default_factory=list)


@dataclass(frozen=True)
class Explanation:
    """Everything that a log tells. ``severity`` is the worst: ``serious``, ``unclear``, ``harmless``, or
    None where nothing happened; ``raw`` is the document as the program printed it."""

    schema: str = ""
    files: List[str] = field(default_factory=list)
    severity: Optional[str] = None
    faults: List[Fault] = field(default_factory=list)
    findings: List[Finding] = field(default_factory=list)
    dumps: List[Dump] = field(default_factory=list)
    lock_reports: List[LockReport] = field(default_factory=list)
    remarks: List[Evidence] = field(default_factory=list)
    summary: Summary = field(default_factory=Summary)
    raw: Dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __bool__(self) -> bool:
        """Whether anything happened."""
        return bool(self.faults or self.findings or self.dumps or self.lock_reports)


Event = Union[Fault, FaultCount, Finding, Dump, LockReport, Evidence, Summary]
_KINDS: Dict[str, Type[Any]] = {
    "fault": Fault, "count": FaultCount, "finding": Finding, "dump": Dump, "lock_report": LockReport, "summary": Summary,
}


def _is_text(log: Log) -> bool:
    """Whether a value is a log itself, and not the path of one: a path has no line end."""
    if isinstance(log, bytes):
        return True
    return isinstance(log, str) and ("\n" in log or not Path(log).exists())


def explain(*logs: Log, timeout: Optional[float] = None) -> Explanation:
    """What the faults, lock reports and other messages of a kernel log mean.

    Args:
        logs: a log as text or bytes, or the path of one; with paths, several: what else tells of the same
            machine (debugfs files, a DMAR table, a bus) goes beside the log.
        timeout: seconds to wait at most.

    Raises:
        DmarError: a path is not there (status 66), or what is there is no input (65).
        ValueError: text, and more than one of it.

    A ``str`` is text where it has a line end or names no file; ``pathlib.Path`` is always a path.
    """
    if not logs:
        raise ValueError("a log was expected")
    texts = [each for each in logs if _is_text(each)]
    if texts and len(logs) > 1:
        raise ValueError("text stands alone; several logs are given as paths")
    if texts:
        text = texts[0]
        given = text if isinstance(text, bytes) else str(text).encode("utf-8", "surrogateescape")
        output = call(["explain", "--format", "json", "-"], input=given, timeout=timeout)
    else:
        paths = [argument(each) for each in logs]  # type: ignore[arg-type]
        output = call(["explain", "--format", "json", *paths], timeout=timeout)
    document = json.loads(output)
    values = decode(Explanation, document)
    object.__setattr__(values, "raw", document)
    return values


def explain_follow(log: Union["os.PathLike[str]", str, Iterable[Union[str, bytes]]]) -> Iterator[Event]:
    """Findings as their lines come: those of a file that grows, or those of an iterable of lines.

    Args:
        log: the path of a log, which is followed for as long as the iterator is used; or lines, such as the
            standard output of ``journalctl -kf``, which end when the iterable does.

    Yields:
        ``Fault``, ``FaultCount``, ``Finding``, ``Dump``, ``LockReport``, ``Evidence`` (a remark) and, where the input
        ends, the ``Summary``.

    Raises:
        DmarError: the input is not there or cannot be read.

    The program ends with the iterator: closing it (or leaving the loop) is enough.
    """
    is_path = isinstance(log, (str, os.PathLike))
    path = argument(log) if is_path else "-"  # type: ignore[arg-type]
    process = subprocess.Popen(command(["explain", "--follow", "--format", "ndjson", path]),
                               stdin=subprocess.DEVNULL if is_path else subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    errors: List[bytes] = []
    threads = [threading.Thread(target=lambda: errors.extend(process.stderr or []), daemon=True)]
    if not is_path:
        threads.append(threading.Thread(target=_feed, args=(process, log), daemon=True))
    for thread in threads:
        thread.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            value = json.loads(line)
            kind = value.get("type")
            if kind == "remark":
                yield decode(Evidence, value["remark"])
            elif kind in _KINDS:
                yield decode(_KINDS[kind], value)
        status = process.wait()
        threads[0].join()
        if status != 0:
            raise DmarError(status, b"".join(errors).decode("utf-8", "replace").strip())
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _feed(process: "subprocess.Popen[bytes]", lines: Any) -> None:
    """Writes lines to the program as they come; a program that went away is not an error."""
    assert process.stdin is not None
    try:
        for line in lines:
            data = line if isinstance(line, bytes) else line.encode("utf-8", "surrogateescape")
            process.stdin.write(data if data.endswith(b"\n") else data + b"\n")
            process.stdin.flush()
    except (BrokenPipeError, ValueError):
        pass
    finally:
        try:
            process.stdin.close()
        except OSError:
            pass
