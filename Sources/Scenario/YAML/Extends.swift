/// `extends:`, the way a scenario says only in what it differs from another.
///
/// Any mapping may have the key: what stands in the named file comes first, then the mapping's own
/// keys are laid over it. Mappings are merged key by key; lists and scalars are replaced; `~`
/// removes a key. A path is seen from the folder of the file in which it is written.
struct ExtensionResolver {
  static let key = "extends"

  /// Reads a file; given in so that tests need no disk.
  let read: (_ path: String, _ namedAt: Place?) throws -> String

  func load(_ path: String) throws -> YAMLValue {
    try load(path, namedAt: nil, through: [])
  }

  private func load(_ path: String, namedAt place: Place?, through chain: [String]) throws
    -> YAMLValue
  {
    if chain.contains(path) {
      let circle = (chain + [path]).joined(separator: " -> ")
      throw InputError(
        at: place ?? Place(file: path), "extends goes in a circle: \(circle); an end was expected")
    }
    let value = try YAMLReader.value(of: try read(path, place), file: path)
    return try resolve(value, through: chain + [path])
  }

  private func resolve(_ value: YAMLValue, through chain: [String]) throws -> YAMLValue {
    switch value.content {
    case .scalar:
      return value
    case .sequence(let elements):
      return YAMLValue(
        .sequence(try elements.map { try resolve($0, through: chain) }), at: value.place)
    case .mapping(let entries):
      var own: [YAMLValue.Entry] = []
      var base: YAMLValue?
      for entry in entries {
        guard entry.key == Self.key else {
          var resolved = entry
          resolved.value = try resolve(entry.value, through: chain)
          own.append(resolved)
          continue
        }
        guard let path = entry.value.scalar, !path.isEmpty else {
          throw InputError(
            at: entry.value.place, "extends is \(entry.value.kindName); a file name was expected")
        }
        base = try load(
          Files.resolve(path, from: value.place.file), namedAt: entry.value.place, through: chain)
      }
      let result = YAMLValue(.mapping(own), at: value.place)
      return base.map { Self.merge(result, over: $0) } ?? result
    }
  }

  /// `upper` laid over `lower`.
  static func merge(_ upper: YAMLValue, over lower: YAMLValue) -> YAMLValue {
    guard let over = upper.entries, var merged = lower.entries else { return upper }
    for entry in over {
      let index = merged.firstIndex { $0.key == entry.key }
      if entry.value.scalar == "" {
        if let index { merged.remove(at: index) }
      } else if let index {
        merged[index].value = merge(entry.value, over: merged[index].value)
        merged[index].keyPlace = entry.keyPlace
      } else {
        merged.append(entry)
      }
    }
    return YAMLValue(.mapping(merged), at: upper.place)
  }
}
