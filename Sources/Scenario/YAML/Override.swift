package import ScenarioFormat

/// `--set PATH=VALUE`: one key of a scenario, changed from the command line.
///
/// PATH is keys joined with dots, with `[n]` for the n-th element (from 0) of a list; a key that
/// holds a dot or a bracket, such as a device address, is put in quotes:
/// `machine.pci."00:1a.0".vendor`. VALUE is YAML.
public struct Override: Hashable, Sendable {
  enum Step: Hashable, Sendable {
    case key(String)
    case index(Int)
  }

  let path: [Step]
  let value: YAMLValue

  /// - Parameters:
  ///   - argument: `PATH=VALUE`.
  ///   - parse: reads the value, whose places name the file that is given.
  /// - Throws: `InputError` for a path or a value that cannot be read.
  package init(
    _ argument: String,
    reading parse: (_ text: String, _ file: String) throws(InputError) -> YAMLValue
  ) throws(InputError) {
    let place = Place(whole: "--set \(argument)")
    func wrong(_ message: String) -> InputError {
      InputError(at: place, "\(message); PATH=VALUE was expected, such as steps[0].dma.access=read")
    }
    var steps: [Step] = []
    var rest = Substring(argument)
    while true {
      if rest.first == "\"" {
        let name = rest.dropFirst().prefix { $0 != "\"" }
        rest = rest.dropFirst(name.count + 2)
        steps.append(.key(String(name)))
      } else if rest.first == "[" {
        let digits = rest.dropFirst().prefix { $0 != "]" }
        rest = rest.dropFirst(digits.count + 2)
        guard let index = Int(digits), index >= 0 else {
          throw wrong("[\(digits)] is not an index")
        }
        steps.append(.index(index))
      } else {
        let name = rest.prefix { $0 != "." && $0 != "[" && $0 != "=" }
        guard !name.isEmpty else { throw wrong("a key is missing") }
        rest = rest.dropFirst(name.count)
        steps.append(.key(String(name)))
      }
      if rest.first == "=" { break }
      if rest.first == "." {
        rest = rest.dropFirst()
      } else if rest.first != "[" {
        throw wrong("there is no =")
      }
    }
    path = steps
    let text = String(rest.dropFirst())
    do throws(InputError) {
      value =
        text.isEmpty
        ? YAMLValue(.scalar(""), at: place)
        : try parse(text, place.file).moved(to: place)
    } catch {
      throw InputError(at: place, error.message)
    }
  }

  /// `root` with the change made.
  ///
  /// - Throws: `InputError` where the path meets a list that is too short or a value of another kind.
  func applied(to root: YAMLValue) throws(InputError) -> YAMLValue {
    try apply(to: root, path[...])
  }

  private func apply(to target: YAMLValue?, _ path: ArraySlice<Step>)
    throws(InputError) -> YAMLValue
  {
    guard let step = path.first else { return value }
    let place = value.place
    switch step {
    case .key(let key):
      guard var entries = target.map({ $0.entries }) ?? [] else {
        throw InputError(
          at: place, "\"\(key)\" would stand in \(target?.kindName ?? ""); a mapping was expected")
      }
      let index = entries.firstIndex { $0.key == key }
      if path.count == 1, value.scalar == "" {
        // As in a file that extends another, `~` removes the key.
        if let index { entries.remove(at: index) }
        return YAMLValue(.mapping(entries), at: target?.place ?? place)
      }
      let changed = try apply(to: index.map { entries[$0].value }, path.dropFirst())
      if let index {
        entries[index].value = changed
      } else {
        entries.append(YAMLValue.Entry(key: key, keyPlace: place, value: changed))
      }
      return YAMLValue(.mapping(entries), at: target?.place ?? place)
    case .index(let index):
      guard let target, var elements = target.elements else {
        throw InputError(at: place, "[\(index)] is not in a list; a list was expected there")
      }
      guard index < elements.count else {
        throw InputError(
          at: place, "[\(index)] is beyond the list; an index below \(elements.count) was expected")
      }
      elements[index] = try apply(to: elements[index], path.dropFirst())
      return YAMLValue(.sequence(elements), at: target.place)
    }
  }
}
