import KernelLog
import LogReading
import Testing

/// Lines that kernels and hypervisors printed, in the state in which public trackers and lists show
/// them.
@Suite("Lines found in the wild")
struct FoundInTheWildTests {
  struct Case: CustomTestStringConvertible {
    let what: String
    let log: String
    let faults: [String]
    var testDescription: String { what }
  }

  static let cases: [Case] = [
    Case(
      what: "Xen before 4.5, with the source's place and an h behind the reason",
      log: """
        (XEN) [VT-D]iommu.c:861: iommu_fault_status: Primary Pending Fault
        (XEN) [VT-D]iommu.c:839: DMAR:[DMA Read] Request device [00:02.0] fault addr 9d800000, iommu reg = ffff82c3ffd57000
        (XEN) DMAR:[fault reason 06h] PTE Read access is not set
        """, faults: ["Read 00:02.0 9d800000 0x06"]),
    Case(
      what: "Xen in a quoted mail, both lines wrapped twice",
      log: """
        > > > > Oct 14 18:41:49.056589 VM hypervisor: (XEN) [VT-D]DMAR:[DMA Read]
        > > > > Request device [0000:00:02.0] fault addr 39b5845000, iommu reg =3D
        > > > > ffff82c00021d000
        > > > > Oct 14 18:41:49.056594 VM hypervisor: (XEN) [VT-D]DMAR: reason 06 -
        > > > > PTE Read access is not set
        """, faults: ["Read 00:02.0 39b5845000 0x06"]),
    Case(
      what: "an old record whose halves a Markdown page put on one line",
      log:
        "    dmar: DMAR:[DMA Read] Request device [01:00.0] fault addr 37ae5000 DMAR:[fault reason 02] Present bit in context entry is clear ",
      faults: ["Read 01:00.0 37ae5000 0x02"]),
    Case(
      what: "an old record in the cells of a table",
      log: """
        |                   | | ``dmar: DRHD: handling fault status reg 2``                         |
        |                   | | ``dmar: DMAR:[DMA Read] Request device [02:00.0] fault addr a0c58000`` |
        |                   | | ``DMAR:[fault reason 02] Present bit in context entry is clear``    |
        """, faults: ["Read 02:00.0 a0c58000 0x02"]),
    Case(
      what: "quoted eleven deep and wrapped at another depth each time",
      log: """
        >>>>>>>>>>> DMAR: [DMA Write NO_PASID] Request device [20:00.0] fault
        >>>> addr
        >>>>>>>>> 0x1234600000
        >>>>>>>>>>> [fault reason 0x71] SM: Present bit in first-level paging entry is
        >>>>> clear
        """, faults: ["Write 20:00.0 1234600000 0x71"]),
    Case(
      what: "a soft break of quoted-printable inside a wrapped word",
      log: """
        [23560.957541] DMAR: [DMA Write NO_PASID] Request device [3e:00.0] fault ad=
        dr
        0x7efef4f08000 [fault reason 0x79] SM: Read/Write permission error in
        second-level paging entry
        """, faults: ["Write 3e:00.0 7efef4f08000 0x79"]),
    Case(
      what: "a blank line between any two",
      log: """
        kernel: dmar_fault: 812287 callbacks suppressed

        kernel: DMAR: DRHD: handling fault status reg 2

        kernel: DMAR: [DMA Write] Request device [99:00.0] fault addr 0 [fault reason 05] PTE Write access is not set

        kernel: DMAR: DRHD: handling fault status reg 2
        """, faults: ["Write 99:00.0 0 0x05"]),
    Case(
      what: "a dmesg -H that names the minute in another language",
      log: """
        [kwi27 22:04] DMAR: DRHD: handling fault status reg 2
        [  +0,000004] DMAR: [DMA Read NO_PASID] Request device [04:00.0] fault addr 0xfffca000 [fault reason 0x06] PTE Read access is not set
        """, faults: ["Read 04:00.0 fffca000 0x06"]),
    Case(
      what: "a typed reason that is another's than the text",
      log:
        "DMAR: [DMA Read NO_PASID] Request device [04:00.0] fault addr 0xfff01000 [fault reason 0x05] PTE Read access is not set",
      faults: ["Read 04:00.0 fff01000 0x06"]),
  ]

  @Test("the records come out", arguments: cases)
  func records(_ expected: Case) {
    #expect(faults(events(in: expected.log + "\n")).map(notation) == expected.faults)
  }

  @Test("a descriptor whose second word is cut off keeps its type and source")
  func cutDescriptor() {
    let found = events(
      in: "01:46:35 DMAR: QI PRIOR: Device-TLB Invalidation qw0 = 0x5300530000000003, ...\n")
    #expect(
      found.map(\.kind) == [
        .queueError(.descriptor(.prior, qw0: 0x5300_5300_0000_0003, qw1: 0))
      ])
  }

  @Test("the minute of dmesg -H is a time, and a device in brackets is not")
  func minute() {
    let found = events(in: "[Apr27 22:04] DMAR: DRHD: handling fault status reg 2\n")
    #expect(found.map(\.time?.wallClock) == ["Apr27 22:04"])
  }
}
