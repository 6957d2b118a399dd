/// Reads scenario files: text, `extends`, overrides, schema, values.
public struct ScenarioLoader: Sendable {
  /// Changes from the command line, in order.
  public var overrides: [Override]
  /// A kernel file that replaces the scenario's own.
  public var kernelFile: String?

  /// A log file that a scenario expects and that is not there yet reads as empty.
  public var toleratesMissingLog: Bool

  public init(
    overrides: [Override] = [], kernelFile: String? = nil, toleratesMissingLog: Bool = false
  ) {
    self.overrides = overrides
    self.kernelFile = kernelFile
    self.toleratesMissingLog = toleratesMissingLog
  }

  /// - Throws: `InputError` at the first thing that is not as it should be.
  public func load(_ path: String) throws -> ScenarioDescription {
    var resolver = ExtensionResolver()
    var root = try resolver.load(path)
    if let kernelFile { root = try replaceKernel(of: root, by: kernelFile, &resolver) }
    for override in overrides { root = try override.applied(to: root) }
    try ScenarioSchema.type.check(root, as: "the scenario")
    return try ScenarioDecoder.scenario(
      from: CheckedValue(root), file: path, toleratesMissingLog: toleratesMissingLog)
  }

  private func replaceKernel(
    of root: YAMLValue, by path: String, _ resolver: inout ExtensionResolver
  ) throws -> YAMLValue {
    let kernel = try resolver.load(path)
    guard var entries = root.entries else { return root }
    entries.removeAll { $0.key == "kernel" }
    entries.append(YAMLValue.Entry(key: "kernel", keyPlace: kernel.place, value: kernel))
    return YAMLValue(.mapping(entries), at: root.place)
  }

  /// The JSON Schema of scenario files.
  public static var jsonSchema: String {
    SchemaJSON.document(title: "dmar scenario", type: ScenarioSchema.type)
  }
}
