internal import LogReading

/// The list of what a bundle holds, with the reasons why a file may be missing.
struct CollectPlan {
  /// A file, a folder with all below it, or the files of that name in each folder of a folder.
  enum Source {
    case file(String)
    case folder(String, depth: Int)
    case each(folder: String, names: [String])
  }

  struct Row {
    var source: Source
    /// What the files contain, for a reader of the list.
    var words: String
    /// Why the files may be missing even for root.
    var absent: String
  }

  static let rows: [Row] = [
    Row(source: .file("/proc/version"), words: "the kernel", absent: "no /proc"),
    Row(source: .file("/proc/cmdline"), words: "its command line", absent: "no /proc"),
    Row(source: .file("/dev/kmsg"), words: "the kernel's log", absent: "no device files"),
    Row(
      source: .file("/proc/interrupts"), words: "how often fault interrupts came",
      absent: "no /proc"),
    Row(source: .file("/proc/iomem"), words: "the memory map", absent: "no /proc"),
    Row(source: .file("/proc/modules"), words: "drivers", absent: "no modules"),
    Row(
      source: .file(MissingFile.table), words: "the firmware's table",
      absent: MissingFile.noTable + ": no VT-d, or it is off in the firmware's set-up"),
    Row(
      source: .each(
        folder: "/sys/class/iommu",
        names: [
          "intel-iommu/address", "intel-iommu/cap", "intel-iommu/ecap", "intel-iommu/version",
          "intel-iommu/domains_supported", "intel-iommu/domains_used",
        ]), words: "the units", absent: "no unit is in use (intel_iommu=on?)"),
    Row(
      source: .each(folder: "/sys/kernel/iommu_groups", names: ["type", "reserved_regions"]),
      words: "groups and their regions", absent: "no IOMMU groups"),
    Row(
      source: .folder("/sys/kernel/debug/iommu/intel", depth: 3), words: "registers and tables",
      absent: "a kernel without CONFIG_INTEL_IOMMU_DEBUGFS, or debugfs is not mounted"),
    Row(
      source: .folder("/sys/kernel/debug/dma-api", depth: 1), words: "live DMA mappings",
      absent: "a kernel without CONFIG_DMA_API_DEBUG, or debugfs is not mounted"),
    Row(
      source: .file("/sys/kernel/tracing/trace"), words: "a trace that was already running",
      absent: "tracefs is not mounted"),
    Row(source: .file("/sys/class/dmi/id/sys_vendor"), words: "the maker", absent: "no DMI"),
    Row(source: .file("/sys/class/dmi/id/product_name"), words: "the machine", absent: "no DMI"),
    Row(source: .file("/sys/class/dmi/id/board_name"), words: "the board", absent: "no DMI"),
    Row(source: .file("/sys/class/dmi/id/bios_version"), words: "its firmware", absent: "no DMI"),
    Row(source: .file("/sys/class/dmi/id/bios_date"), words: "its firmware", absent: "no DMI"),
  ]

  /// The files of a source that are there.
  static func files(_ source: Source, _ system: SystemFiles) -> [String] {
    switch source {
    case .file(let path): return [path]
    case .folder(let path, let depth): return walk(path, depth, system)
    case .each(let folder, let names):
      return (system.names(in: folder) ?? []).flatMap { entry in
        names.map { "\(folder)/\(entry)/\($0)" }.filter(system.exists)
      }
    }
  }

  private static func walk(_ path: String, _ depth: Int, _ system: SystemFiles) -> [String] {
    (system.names(in: path) ?? []).flatMap { name -> [String] in
      let inner = "\(path)/\(name)"
      if system.isFolder(inner) { return depth > 0 ? walk(inner, depth - 1, system) : [] }
      return [inner]
    }
  }
}
