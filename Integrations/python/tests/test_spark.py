"""Stored logs of many hosts on Spark local[2], against a process a log.

Needs PySpark 3.4 or later and Java 17: ``pip install 'pyspark==3.5.*'``, and ``JAVA_HOME`` or ``java`` on PATH.
``DMAR_TEST_HOSTS`` says how many hosts there are (1000).
"""

import json
import os
import time
from typing import Dict, Iterator, List, Tuple

import pytest

pytest.importorskip("pyspark")

import dmar.spark  # noqa: E402
from dmar._program import call  # noqa: E402

HOSTS = int(os.environ.get("DMAR_TEST_HOSTS", "1000"))
FAULT = ("[   20.{us:06d}] DMAR: DRHD: handling fault status reg 2\n"
         "[   20.{us:06d}] DMAR: [DMA Write NO_PASID] Request device [00:1a.0] fault addr 0x{page:x}000 "
         "[fault reason 0x05] PTE Write access is not set\n")


def log(host: int) -> str:
    """The log of a host: every tenth has faults; that of host 7 is not a log at all."""
    if host == 7:
        return "\x00\x01\x02 nothing that a kernel prints\n"
    text = f"[    0.000000] Linux version 6.1.{host} (build@host) (gcc 12.2.0) #1 SMP\n"
    if host % 10 == 0:
        text += "".join(FAULT.format(us=each, page=0x1000 + host) for each in range(1 + host % 3))
    return text + "[   30.000000] usb 1-1: new high-speed USB device number 2 using xhci_hcd\n"


@pytest.fixture(scope="module")
def spark() -> Iterator[object]:
    from pyspark.sql import SparkSession
    session = (SparkSession.builder.master("local[2]").appName("dmar")
               .config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "4")
               .getOrCreate())
    yield session
    session.stop()


def rows() -> List[Tuple[str, str, int, str]]:
    """The lines of all hosts, out of order: those of a host far from each other."""
    lines = [(f"host{host:04d}", "boot0", number, line)
             for host in range(HOSTS) for number, line in enumerate(log(host).splitlines())]
    return lines[1::2] + lines[0::2]


def test_each_host_is_explained_as_by_itself(spark) -> None:
    frame = spark.createDataFrame(rows(), "host string, boot string, line int, text string").cache()
    frame.count()
    start = time.monotonic()
    found = dmar.spark.explain(frame, partitions=4).collect()
    together = time.monotonic() - start

    by_host: Dict[str, List[object]] = {}
    for row in found:
        by_host.setdefault(row.host, []).append(row)
    assert len(by_host) == HOSTS

    start = time.monotonic()
    for host in range(HOSTS):
        results = by_host[f"host{host:04d}"]
        if host == 7:
            assert [row.type for row in results] == ["error"]
            continue
        single = call(["explain", "--format", "ndjson", "-"], input=log(host).encode())
        assert [json.loads(row.json) for row in results] == [json.loads(each) for each in single.splitlines()]
    alone = time.monotonic() - start
    faulty = {row.host for row in found if row.type == "fault"}
    assert faulty == {f"host{host:04d}" for host in range(0, HOSTS, 10)}
    print(f"\n{HOSTS} hosts: {together:.1f} s on Spark local[2], {alone:.1f} s one by one")
    assert together < 1.5 * alone + 10
