import KernelLog
import KernelProfiles
import LinuxIOMMU
import PCI
import Testing
import VTdFormats
import VTdUnit

@testable import Machine

@Suite("The driver's invalidation queue")
struct QueueErrorTests {
  let device = PCIAddress(bus: 0x3f, device: 0, function: 0)

  private func machine(configure: (inout KernelBuild) -> Void = { _ in }) throws -> Machine {
    var build = KernelBuild(release: "6.6.0")
    build.behaviour = try #require(KernelProfile.named("6.6")).behaviour
    configure(&build)
    return try .withOneUnit(
      Capability(rawValue: 0x1c0_000c_4066_0462), ExtendedCapability(rawValue: 0xf_0105f),
      build: build, device: device)
  }

  @Test("goes round the ring many times without a word")
  func wraps() throws {
    let machine = try machine()
    let tlb = try #require(machine.attachTLB(to: device))
    tlb.answersTwice = false
    for _ in 0..<400 {
      try machine.flushDeviceTLB(of: device, IOVA(rawValue: 0), order: 52, queueDepth: 0)
    }
    #expect(machine.lines.isEmpty)
    let unit = machine.units[0].hardware
    #expect(unit.read64(RegisterOffset.iqh) == unit.read64(RegisterOffset.iqt))
  }

  @Test(
    "the driver's invalidation queue shows the last lap's descriptor at the head, when the ring has been round once"
  )
  func head() throws {
    let machine = try machine()
    let tlb = try #require(machine.attachTLB(to: device))
    for _ in 0..<130 {
      try machine.flushDeviceTLB(of: device, IOVA(rawValue: 0), order: 0, queueDepth: 0)
    }
    tlb.unansweredInvalidations = 1
    try machine.flushDeviceTLB(of: device, IOVA(rawValue: 0x5000), order: 0, queueDepth: 0)
    let head = try #require(machine.lines.first { $0.contains("QI HEAD") })
    #expect(head == "DMAR: QI HEAD: Device-TLB Invalidation qw0 = 0x3f0000000003, qw1 = 0x0")
  }

  @Test(
    "the driver's invalidation queue of a device that never answers hangs, in three rounds of the same lines"
  )
  func hang() throws {
    let machine = try machine()
    try machine.flushDeviceTLB(of: device, IOVA(rawValue: 0), order: 0, queueDepth: 0)
    #expect(machine.lines.filter { $0.hasSuffix("Time-out Error: SID 3f00") }.count == 3)
    #expect(
      machine.events.contains { event in
        if case .hang(let unit) = event { unit == "dmar0" } else { false }
      })
  }

  @Test("the driver's invalidation queue says nothing of a time-out before 5.13")
  func silent() throws {
    let machine = try machine { $0.behaviour.queueErrors = .words }
    let tlb = try #require(machine.attachTLB(to: device))
    tlb.unansweredInvalidations = 1
    try machine.flushDeviceTLB(of: device, IOVA(rawValue: 0), order: 0, queueDepth: 0)
    #expect(machine.lines.isEmpty)
    #expect(machine.kernel.hangs.isEmpty)
  }

  @Test("whose wait stands at an even place never sees the time-out, unless all waits are aborted")
  func evenPlace() throws {
    // Two descriptors before the wait move the waits to even places.
    for (abort, hangs) in [(KernelValues.TimeOutAbort.oddWaits, 1), (.all, 0)] {
      let machine = try machine { $0.behaviour.timeOutAbort = abort }
      let tlb = try #require(machine.attachTLB(to: device))
      try machine.submit([[0x12, 0], [0x12, 0]], to: 0)
      tlb.unansweredInvalidations = 1
      try machine.flushDeviceTLB(of: device, IOVA(rawValue: 0), order: 0, queueDepth: 0)
      #expect(machine.kernel.hangs.count == hangs)
    }
  }

  @Test("goes on behind a refused descriptor")
  func refused() throws {
    let machine = try machine()
    try machine.submit([[0xf, 0]], to: 0)
    #expect(machine.lines.first == "DMAR: VT-d detected Invalidation Queue Error: Reason 3")
    #expect(machine.lines.last == "DMAR: Invalidation Queue Error (IQE) cleared")
    let unit = machine.units[0].hardware
    #expect(unit.read64(RegisterOffset.iqh) == unit.read64(RegisterOffset.iqt))
    #expect(unit.read32(RegisterOffset.fsts) == 0)
  }

  @Test("handler of 3.10, on another CPU, clears a time-out before its driver does")
  func clearedByHandler() throws {
    let machine = try machine { $0.behaviour = KernelProfile.named("3.10")?.behaviour ?? .oldest }
    let tlb = try #require(machine.attachTLB(to: device))
    tlb.unansweredInvalidations = 1
    try machine.flushDeviceTLB(of: device, IOVA(rawValue: 0), order: 0, queueDepth: 0)
    try machine.deliverInterrupts()
    #expect(machine.kernel.hangs.isEmpty)
    #expect(machine.units[0].hardware.read32(RegisterOffset.fsts) == 0)
  }
}
