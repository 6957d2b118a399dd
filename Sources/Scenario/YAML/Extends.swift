internal import ScenarioFormat
internal import YAMLNodes

/// `extends:`, the way a scenario says only in what it differs from another.
///
/// Any mapping may have the key: what stands in the named file comes first, then the mapping's own
/// keys are laid over it. Mappings are merged key by key; lists and scalars are replaced; `~`
/// removes a key. A path is seen from the folder of the file in which it is written; where nothing is
/// there, the scenarios that came with the program are looked through.
struct ExtensionResolver {
  static let key = "extends"
  /// A key that is about its file and is not taken over by those that extend it.
  static let ownKey = "abstract"

  private let source: ScenarioSource
  /// The folder of the scenarios that came with the program, which `Configs/` stands for as well; nil for
  /// none.
  let library: String?
  /// One for all files that this resolver reads, however often they name each other.
  private var budget = ReadingBudget()
  /// The files that were read, in the order in which they were.
  private(set) var files: [String] = []

  init(_ source: ScenarioSource, library: String? = nil) {
    self.source = source
    self.library = library
  }

  /// The file that `path` names at a place.
  private func locate(_ path: String, at place: Place) -> String {
    source.locate(path, from: place, library: library)
  }

  /// The file that a name without its suffix may stand for, as commands take it: `driver/base` for
  /// `Configs/driver/base.yaml`; nil where there is none.
  private func meant(by path: String, at place: Place) -> String? {
    guard !path.hasSuffix(".yaml"), path.first != "/", path.first != "." else { return nil }
    let whole = path + ".yaml"
    if source.isThere(source.resolve(whole, from: place)) { return whole }
    guard library != nil, source.isThere(locate(whole, at: place)) else { return nil }
    return whole.hasPrefix("Configs/") ? whole : "Configs/" + whole
  }

  mutating func load(_ path: String) throws(InputError) -> YAMLValue {
    try load(path, namedAt: nil, through: [], depth: 0)
  }

  private mutating func load(
    _ path: String, namedAt place: Place?, through chain: [String], depth: Int
  ) throws(InputError) -> YAMLValue {
    if chain.contains(path) {
      let circle = (chain + [path]).joined(separator: " -> ")
      throw InputError(
        at: place ?? Place(file: path), "extends goes in a circle: \(circle); an end was expected")
    }
    guard budget.spend(ReadingBudget.fileCost) else {
      throw InputError(at: place ?? Place(file: path), ReadingBudget.message)
    }
    var value = try source.value(
      of: try source.content(path, place), file: path, budget: &budget)
    if !files.contains(path) { files.append(path) }
    if !chain.isEmpty, var entries = value.entries {
      entries.removeAll { $0.key == Self.ownKey }
      value.content = .mapping(entries)
    }
    return try resolve(value, through: chain + [path], depth: depth + 1)
  }

  private mutating func resolve(_ value: YAMLValue, through chain: [String], depth: Int)
    throws(InputError) -> YAMLValue
  {
    guard depth <= ReadingBudget.depthLimit else {
      throw InputError(at: value.place, ReadingBudget.depthMessage)
    }
    switch value.content {
    case .scalar:
      return value
    case .sequence(let elements):
      var resolved: [YAMLValue] = []
      for element in elements {
        resolved.append(try resolve(element, through: chain, depth: depth + 1))
      }
      return YAMLValue(.sequence(resolved), at: value.place)
    case .mapping(let entries):
      var own: [YAMLValue.Entry] = []
      var base: YAMLValue?
      for entry in entries {
        guard entry.key == Self.key else {
          var resolved = entry
          resolved.value = try resolve(entry.value, through: chain, depth: depth + 1)
          own.append(resolved)
          continue
        }
        guard let path = entry.value.scalar, !path.isEmpty else {
          throw InputError(
            at: entry.value.place, "extends is \(entry.value.kindName); a file name was expected")
        }
        let file = locate(path, at: entry.value.place)
        if !source.isThere(file), let meant = meant(by: path, at: entry.value.place) {
          throw InputError(
            at: entry.value.place,
            "\(path): No such file or directory; did you mean \"\(meant)\"?")
        }
        base = try load(
          file, namedAt: entry.value.place, through: chain,
          depth: depth)
      }
      let result = YAMLValue(.mapping(own), at: value.place)
      return base.map { Self.merge(result, over: $0) } ?? result
    }
  }

  /// `upper` laid over `lower`.
  static func merge(_ upper: YAMLValue, over lower: YAMLValue) -> YAMLValue {
    guard let over = upper.entries, let under = lower.entries else { return upper }
    // A removed entry leaves a gap, so that positions stay right.
    var merged = under.map { Optional($0) }
    var positions: [String: Int] = [:]
    for (index, entry) in under.enumerated() { positions[entry.key] = index }
    for entry in over {
      let index = positions[entry.key]
      if entry.value.scalar == "" {
        if let index { merged[index] = nil }
      } else if let index, let below = merged[index] {
        merged[index] = YAMLValue.Entry(
          key: entry.key, keyPlace: entry.keyPlace, value: merge(entry.value, over: below.value))
      } else {
        merged.append(entry)
      }
    }
    return YAMLValue(.mapping(merged.compactMap { $0 }), at: upper.place)
  }
}
