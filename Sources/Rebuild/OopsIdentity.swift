internal import Diagnosis
internal import LinuxIOMMU
internal import LogReading
internal import ScenarioFormat

/// What the oops of a log tells of the kernel's build and its machine. The machine of the scenario dies
/// where the log's did and prints the same heads; registers and stack are the compiler's, and no model's.
extension ScenarioBuilder {
  /// The oops of a dump that followed a wrong entry; nil where the log has none.
  private var oops: Noted<KernelStumble>? {
    log.contents.stumbles.first { $0.value.options != nil && !$0.value.build.isEmpty }
  }

  /// What the build calls itself behind its release, from the oops.
  var oopsIdentity: KernelDescription? {
    guard let oops, let release = log.contents.kernels.last?.value else { return nil }
    // `Not tainted 7.3.4 #2 PREEMPT(lazy)  `
    let parts = oops.value.build.split(separator: " ", omittingEmptySubsequences: false)
    guard let place = parts.firstIndex(of: Substring(release)), place + 1 < parts.count else {
      return nil
    }
    var kernel = KernelDescription()
    kernel.taint = parts[..<place].joined(separator: " ")
    kernel.version = String(parts[place + 1])
    kernel.notes.above["version"] = [
      "the oops of line \(oops.place.line) shows this; its registers and its stack are not reproduced"
    ]
    var rest = parts[(place + 2)...]
    if let model = rest.first, let preemption = Self.preemption(model) {
      kernel.configuration.values.preemption = preemption
      // The blank behind the model is the kernel's own.
      rest = rest.dropFirst()
      kernel.packageNote = rest.joined(separator: " ")
    } else {
      kernel.packageNote = rest.map { " " + $0 }.joined()
    }
    kernel.hardwareName = oops.value.hardware
    kernel.oopsOptions = oops.value.options ?? kernel.oopsOptions
    return kernel
  }

  /// `PREEMPT(lazy)`
  private static func preemption(_ word: Substring) -> PreemptionModel? {
    guard word.hasPrefix("PREEMPT("), word.last == ")" else { return nil }
    return PreemptionModel(rawValue: String(word.dropFirst("PREEMPT(".utf8.count).dropLast()))
  }

  /// The words of the kernel command line by which the lines behind the oops differ.
  var oopsCommandLine: [String]? {
    guard oops != nil else { return nil }
    let words = log.contents.commandLines.last?.value.split(separator: " ") ?? []
    let told = words.filter { $0.hasPrefix("panic=") }.map(String.init)
    return told.isEmpty ? nil : told
  }
}
