import Diagnosis
import Testing

/// What QEMU and others say where a device may not be given to a guest.
@Suite("Refused pass-through")
struct RefusalTests {
  @Test(
    "each refusal says what is in the way",
    arguments: [
      (
        "qemu-system-x86_64: -device vfio-pci,host=08:00.0: vfio 0000:08:00.0: no iommu_group found: "
          + "No such file or directory", "vfio-no-group", "is in no IOMMU group"
      ),
      (
        "vfio 0000:01:00.1: group 1 used in multiple address spaces", "qemu-group-split",
        "host group 1"
      ),
      (
        "vfio 0000:01:00.0: failed to open /dev/vfio/13: Device or resource busy",
        "vfio-group-not-opened", "/dev/vfio/13 cannot be opened: Device or resource busy"
      ),
      (
        "vfio 0000:01:00.0: failed to setup container for group 13: Failed to set group container: "
          + "Invalid argument", "qemu-container-refused", "Invalid argument"
      ),
      (
        "EAL: 0000:04:00.0 cannot add VFIO group to container, error 22 (Invalid argument)",
        "qemu-container-refused", "given its tables: Invalid argument"
      ),
    ])
  func refusals(_ line: String, _ id: String, _ words: String) throws {
    let finding = try #require(explanation(of: line + "\n").findings.first, "\(line)")
    #expect(finding.id == id)
    #expect(finding.verdict.contains(words), "\(finding.verdict)")
    #expect(!finding.next.isEmpty)
  }
}
