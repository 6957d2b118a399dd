import KernelLog

/// The lines in which other systems print a fault record, as data.
///
/// A blank stands for any white space, also for the end of a line. Holes: `{bus}`, `{dev}`, `{fn}`,
/// `{seg}`, `{sid}`, `{why}`, `{addr}`, `{high}`, `{frame}` and `{index}` are hexadecimal with or without
/// `0x`; `{Bus}`, `{Dev}`, `{Fn}` and `{Why}` are decimal; `{frame}` is an address without its lowest 12
/// bits, `{high}` the upper half of the address whose lower half follows. `{read}` and `{write}` are 1
/// for that access and 0 for the other, `{rw}` the word `read` or `write`. `{words}` is the rest of
/// the line: the reason as text. `{_}` is a number or a word that says nothing here, `{...}` anything
/// before the words that follow.
enum OtherSystemForms {
  struct Row {
    var system: OtherSystem
    /// The access, where the form's own words tell it.
    var access: FaultLine.Access?
    /// Begins with at least four characters that are not a hole.
    var form: String

    init(_ system: OtherSystem, _ form: String, _ access: FaultLine.Access? = nil) {
      self.system = system
      self.form = form
      self.access = access
    }
  }

  /// Longer forms first where one begins like another.
  static let rows: [Row] = [
    // sys/x86/iommu/intel_fault.c
    Row(
      .freeBSD,
      "DMAR{_}: {...}pci{Bus}:{Dev}:{Fn} sid {sid} fault acc {read} adt {_} reason {why} addr {addr}"
    ),
    // sys/dev/acpi/acpidmar.c
    Row(.openBSD, "fri{_}: dmar: {bus}:{dev}.{fn} {rw} error at {addr} fr:{Why}"),
    // uts/i86pc/io/immu_intrmap.c
    Row(
      .illumos,
      "generated a fault event when translating DMA {rw} on address {addr} for PCI({Bus}, {Dev}, {Fn}),"
        + " the reason is: {words}"),
    Row(
      .illumos,
      "generated a fault event when translating interrupt request on index {index} for PCI({Bus}, {Dev},"
        + " {Fn}), the reason is: {words}"),
    // src/plat/pc99/machine/intel-vtd.c
    Row(
      .seL4,
      "IOMMU: DMA {rw} page fault from {_} (bus: {bus}/dev: {dev}/fun: {fn}) on address {high}:{addr}"
        + " with reason code {why}"),
    // hypervisor/arch/x86/vtd.c
    Row(.acrn, "Read/Atomic, Reason: {why}, SID: {bus}.{dev}.{fn} @{addr}", .read),
    Row(.acrn, "Write, Reason: {why}, SID: {bus}.{dev}.{fn} @{addr}", .write),
    // hypervisor/arch/x86/vtd.c
    Row(
      .jailhouse,
      "VT-d fault event reported by IOMMU {_}: Source Identifier (bus:dev.func): {bus}:{dev}.{fn}"
        + " Fault Reason: {why} Fault Info: {frame} Type {read}"),
    Row(.macOS, "vtd[{_}] fault: device {bus}:{dev}:{fn} reason {why} R:{addr}", .read),
    Row(.macOS, "vtd[{_}] fault: device {bus}:{dev}:{fn} reason {why} W:{addr}", .write),
    // The numbers are hexadecimal in the one public line; a device above 1f can only be decimal.
    Row(.macOS, "vtd[{_}] fault: device {Bus}:{Dev}:{Fn} reason {why} R:{addr}", .read),
    Row(.macOS, "vtd[{_}] fault: device {Bus}:{Dev}:{Fn} reason {why} W:{addr}", .write),
    // The vendor's knowledge base.
    Row(
      .esxi,
      "IOMMU Fault detected for {seg}:{bus}:{dev}.{fn} ({_} IOaddr: {addr} Mask: {_} Domain: {_}"
        + " {...}IOMMU Fault detected for ({_} Reason: {why}"),
    Row(.esxi, "IOMMU Fault detected for {seg}:{bus}:{dev}.{fn} ({_} IOaddr: {addr}"),
    Row(
      .esxi,
      "PCI passthru device {seg}:{bus}:{dev}.{fn} caused an IOMMU fault type {Why} at address {addr}"
    ),
    // xen/drivers/passthrough/vtd/iommu.c: a reason that is neither of DMA nor of interrupts. Its other
    // lines are Linux's of long ago.
    Row(
      .xen,
      "VT-D]UNKNOWN: Request device [{seg}:{bus}:{dev}.{fn}] fault addr {addr} {...}UNKNOWN: reason {why}"
    ),
    Row(.xen, "VT-D]UNKNOWN: Request device [{seg}:{bus}:{dev}.{fn}] fault addr {addr}"),
    // hw/i386/trace-events
    Row(.qemu, "vtd_dmar_fault sid {sid} fault {Why} addr {addr} write {write}"),
  ]

  /// What illumos calls the reasons, by words that only one of its texts has.
  static let illumosReasons: [(words: [String], reason: UInt8)] = [
    (["present field", "root-entry"], 1), (["present field", "context-entry"], 2),
    (["invalid programming"], 3), (["beyond max"], 4), (["write field"], 5),
    (["write permission"], 5), (["read field"], 6), (["read permission"], 6),
    (["next level page table"], 7), (["access the root-entry"], 8),
    (["access the context-entry"], 9), (["reserved field", "root-entry"], 10),
    (["reserved field", "context-entry"], 11), (["reserved field", "page-table"], 12),
    (["translation type"], 13), (["interrupt_index"], 0x21), (["present field", "irte"], 0x22),
    (["hardware access"], 0x23), (["reserved field", "include"], 0x24),
    (["reserved field", "irte"], 0x20), (["compatibility"], 0x25),
    (["verification failure"], 0x26),
  ]
}
