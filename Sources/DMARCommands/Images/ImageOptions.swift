internal import ArgumentParser
internal import KernelLog
internal import LogReading
internal import MemoryImages
internal import PCI
internal import Scenario
import Text
internal import VTdFormats

/// An image of a machine's memory, and where its root table is.
struct ImageOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "RTADDR, or the root table's address: Root Table Address in debugfs, or RTADDR of iommu_regset.",
      valueName: "address"))
  var root: String?

  @Option(
    help: ArgumentHelp(
      "A log or debugfs file of the same moment that tells the root table.", valueName: "file"))
  var log: String?

  @Option(
    help: ArgumentHelp(
      "The address of a raw file's first byte; 0 without it.", valueName: "address"))
  var base: String?

  func validate() throws {
    for (name, value) in [("root", root), ("base", base)] {
      if let value, Numbers.unsigned(value) == nil {
        throw ValidationError("--\(name) is \"\(value)\"; a number such as 0x1000 was expected")
      }
    }
  }

  /// Opens the image.
  ///
  /// - Throws: `ExitCode` after saying what is wrong.
  func open(_ path: String) throws -> MemoryImage {
    do {
      return try MemoryImage(path, rawBase: base.flatMap(Numbers.unsigned) ?? 0)
    } catch {
      StandardError.print("dmar: \(error)")
      throw (error.isMissing ? ExitStatus.noInput : .badInput).code
    }
  }

  /// RTADDR, from the option or from the log.
  ///
  /// - Throws: `ExitCode` after saying that there is none.
  func rootAddress(_ image: String) throws -> UInt64 {
    if let root = root.flatMap(Numbers.unsigned) { return root }
    if let log {
      if let found = try Self.root(in: log) { return found }
      StandardError.print("dmar: \(log): tells no root table (Root Table Address, RTADDR)")
      throw ExitStatus.badInput.code
    }
    StandardError.print(
      "dmar: \(image): no image tells where the root table is; --root, --log or dmar tables --scan "
        + "was expected")
    throw ExitStatus.badInput.code
  }

  /// The first root table that a log names; its register, which tells the mode too, before others.
  private static func root(in path: String) throws -> UInt64? {
    let bytes: [UInt8]
    do {
      bytes = try Files.bytes(at: path)
    } catch {
      StandardError.print("dmar: \(error)")
      throw ExitStatus.noInput.code
    }
    var register: UInt64?
    var table: UInt64?
    var reader = LogReader()
    func take(_ event: LogEvent) {
      guard case .fact(.debugfs(let row)) = event.kind else { return }
      switch row {
      case .register(let name, _, let value) where name == "RTADDR": register = register ?? value
      case .rootTable(_, let address): table = table ?? address
      default: break
      }
    }
    bytes.withUnsafeBytes { reader.read($0, emit: take) }
    reader.finish(emit: take)
    return register ?? table
  }
}
