import Testing

@testable import LinuxIOMMU

@Suite("The command line of the IOMMU driver")
struct IOMMUOptionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let line: String
    let change: @Sendable (inout IOMMUOptions) -> Void

    var testDescription: String { line }

    init(_ line: String, _ change: @escaping @Sendable (inout IOMMUOptions) -> Void) {
      self.line = line
      self.change = change
    }
  }

  @Test(
    "the command line says what the driver does",
    arguments: [
      Case("quiet ro") { _ in },
      Case("intel_iommu=off") {
        $0.isOn = false
        $0.isOffByWord = true
      },
      Case("intel_iommu=off intel_iommu=on") { $0.isOffByWord = true },
      Case("intel_iommu=tboot_noforce") { $0.sparesMeasuredLaunch = true },
      Case("intel_iommu=on,sm_on,sp_off") {
        $0.usesScalableMode = true
        $0.usesSuperpages = false
      },
      Case("intel_iommu=sm_on intel_iommu=sm_off") { _ in },
      Case("intel_iommu=strict") { $0.defaultDomain = .strict },
      Case("iommu.strict=1") { $0.defaultDomain = .strict },
      Case("iommu=pt") { $0.defaultDomain = .passthrough },
      Case("iommu=pt iommu.strict=1") { $0.defaultDomain = .passthrough },
      Case("iommu.passthrough=1 iommu.passthrough=0") { _ in },
      Case("intel_iommu=igfx_off,forcedac") {
        $0.sparesGraphics = true
        $0.forcesHighAddresses = true
      },
    ])
  func words(_ test: Case) {
    var expected = IOMMUOptions()
    test.change(&expected)
    let words = test.line.split(separator: " ").map(String.init)
    #expect(IOMMUOptions(KernelConfiguration(), commandLine: words) == expected)
  }

  @Test("the driver's mode is the build's choice where the command line is silent")
  func defaults() {
    var configuration = KernelConfiguration()
    configuration.defaultDomain = .passthrough
    configuration.isOnByDefault = false
    #expect(IOMMUOptions(configuration, commandLine: []).defaultDomain == .passthrough)
    #expect(!IOMMUOptions(configuration, commandLine: []).isOn)
    #expect(IOMMUOptions(configuration, commandLine: ["intel_iommu=on"]).isOn)
  }
}
