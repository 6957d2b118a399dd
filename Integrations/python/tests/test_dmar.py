"""Tests of the package as it is installed: run them with pytest where the wheel is."""

import subprocess
import sys
from pathlib import Path

import pytest

import dmar

LOG = """\
[    1.000000] DMAR: DRHD: handling fault status reg 3
[    1.000001] DMAR: [DMA Write NO_PASID] Request device [00:1a.0] fault addr 0x0 [fault reason 0x05] PTE Write access is not set
"""


def test_text_and_path_give_the_same_findings(tmp_path: Path) -> None:
    path = tmp_path / "kern.log"
    path.write_text(LOG)
    by_text, by_bytes, by_path = dmar.explain(LOG), dmar.explain(LOG.encode()), dmar.explain(path)
    assert by_text.faults == by_bytes.faults
    assert [fault.cause for fault in by_path.faults] == [fault.cause for fault in by_text.faults]
    assert dmar.explain(str(path)).files == [str(path)]


def test_a_fault_is_a_typed_value() -> None:
    explanation = dmar.explain(LOG)
    fault = explanation.faults[0]
    assert (fault.device, fault.kind, fault.address, fault.reason) == (
        "0000:00:1a.0", "dma_write", "0x0", "0x05")
    assert fault.cause_number > 0 and 0 < fault.confidence <= 100
    assert fault.first is not None and fault.first.line == 2
    assert all(isinstance(each, dmar.Evidence) for each in fault.why)
    assert isinstance(fault, dmar.Finding)
    assert explanation.summary.fault_records == 1
    assert explanation and explanation.severity == "serious"
    assert explanation.raw["schema"] == explanation.schema


def test_every_member_of_the_document_has_a_field() -> None:
    explanation = dmar.explain(LOG)
    known = {each.metadata.get("member", each.name)
             for each in dmar.Fault.__dataclass_fields__.values()}
    assert set(explanation.raw["faults"][0]) <= known
    assert set(explanation.raw) <= set(dmar.Explanation.__dataclass_fields__)
    assert set(explanation.raw["summary"]) <= set(dmar.Summary.__dataclass_fields__)


def test_a_lock_report_has_its_locks() -> None:
    log = "\n".join(dmar.run("klist-splat/report").log) + "\n"
    report = dmar.explain(log).lock_reports[0]
    assert report.title == "inconsistent lock state in klist_next"
    assert report.wanted is not None and report.wanted.name == "&k->k_lock"


def test_a_log_in_which_nothing_happened_is_empty() -> None:
    explanation = dmar.explain("[    0.000000] Linux version 6.12.0 (x@y) #1 SMP\n")
    assert not explanation and explanation.severity is None


def test_an_input_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(dmar.DmarError) as caught:
        dmar.explain(tmp_path / "nowhere.log")
    assert caught.value.status == 66
    assert "nowhere.log" in caught.value.message


def test_text_stands_alone(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        dmar.explain(LOG, LOG)
    with pytest.raises(ValueError):
        dmar.explain()


def test_a_path_that_begins_with_a_dash_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-x.log").write_text(LOG)
    assert len(dmar.explain("-x.log").faults) == 1


def test_lines_are_explained_as_they_come() -> None:
    def lines():
        for line in LOG.splitlines():
            yield line
        yield "[    2.000000] usb 1-1: new device"

    events = list(dmar.explain_follow(lines()))
    assert [each.device for each in events if isinstance(each, dmar.Fault)] == ["0000:00:1a.0"]
    assert isinstance(events[-1], dmar.Summary)


def test_a_growing_file_is_followed_until_the_iterator_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "kern.log"
    path.write_text(LOG)
    events = dmar.explain_follow(path)
    with path.open("a") as log:
        log.write("[    9.000000] usb 1-1: new device\n")
    assert isinstance(next(events), dmar.Fault)
    events.close()


def test_following_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(dmar.DmarError) as caught:
        list(dmar.explain_follow(tmp_path / "nowhere.log"))
    assert caught.value.status == 66


def test_a_scenario_that_came_with_the_program_runs() -> None:
    run = dmar.run("klist-splat/report")
    assert run.passed and len(run.log) == 84
    assert run.splats == ["inconsistent lock state"]
    assert run.faults == [dmar.ScenarioFault("00:1a.0", "write", "0x0", None, None, 5)]


def test_kernel_and_settings_change_the_run() -> None:
    assert dmar.run("klist-splat/report", kernel="4.19").splats == []
    changed = dmar.run("klist-splat/report", settings={"steps[0].dma.access": "read"})
    assert changed.faults[0].access == "read" and not changed.passed


def test_a_scenario_may_be_text() -> None:
    new = subprocess.run([dmar.program(), "new", "fault"], capture_output=True, text=True, check=True)
    run = dmar.run(new.stdout)
    assert run.passed and run.faults[0].device == "00:03.0"


def test_a_scenario_that_is_wrong_is_an_error(tmp_path: Path) -> None:
    for scenario, status in (("steps: 1\n", 65), (tmp_path / "nowhere.yaml", 66)):
        with pytest.raises(dmar.DmarError) as caught:
            dmar.run(scenario)
        assert caught.value.status == status


def test_the_command_is_the_program() -> None:
    done = subprocess.run([sys.executable, "-m", "dmar", "--version"], capture_output=True, text=True,
                          check=True)
    assert done.stdout.strip() == dmar.version()
    assert subprocess.run([sys.executable, "-m", "dmar", "frobnicate"], check=False,
                          capture_output=True).returncode == 64


def test_the_package_is_typed() -> None:
    assert (Path(dmar.__file__).parent / "py.typed").exists()
