internal import Text

/// A question to the module, read member by member.
struct Request {
  private let members: [(String, JSONValue)]
  /// How deep JSON may stand in JSON: a document's values are 200 deep at most, and each takes two
  /// levels of a node's form.
  private static let depth = 512

  /// - Throws: `Failure` where the bytes are not a JSON object.
  init(_ bytes: [UInt8]) throws(Failure) {
    let value: JSONValue
    do throws(JSONReader.Failure) {
      value = try JSONReader.value(bytes, depth: Self.depth)
    } catch {
      throw Failure(
        "the question is not JSON: at byte \(error.offset), \(error.expected) was expected")
    }
    guard case .object(let members) = value else {
      throw Failure("the question is not a JSON object; one was expected")
    }
    self.members = members
  }

  /// A member as it stands; nil where it is not there, or null.
  func value(_ name: String) -> JSONValue? {
    guard let member = members.first(where: { $0.0 == name }) else { return nil }
    if case .null = member.1 { return nil }
    return member.1
  }

  /// A text; nil where the member is not there.
  func text(_ name: String) throws(Failure) -> String? {
    guard let value = value(name) else { return nil }
    guard case .string(let text) = value else { throw Failure("\"\(name)\" is not text") }
    return text
  }

  /// A text that has to be there.
  func wanted(_ name: String) throws(Failure) -> String {
    guard let text = try text(name) else { throw Failure("\"\(name)\" is missing") }
    return text
  }

  /// A truth value; false where the member is not there, unless it says otherwise.
  func flag(_ name: String, otherwise: Bool = false) throws(Failure) -> Bool {
    guard let value = value(name) else { return otherwise }
    guard case .boolean(let isSet) = value else {
      throw Failure("\"\(name)\" is neither true nor false")
    }
    return isSet
  }

  /// A number that is not negative; nil where the member is not there.
  func number(_ name: String) throws(Failure) -> Int? {
    guard let value = value(name) else { return nil }
    guard case .unsigned(let number) = value, let count = Int(exactly: number) else {
      throw Failure("\"\(name)\" is not a whole number in range")
    }
    return count
  }

  /// Texts; none where the member is not there. One text stands for a list of one.
  func texts(_ name: String) throws(Failure) -> [String] {
    switch value(name) {
    case nil: return []
    case .string(let text): return [text]
    case .array(let values):
      var texts: [String] = []
      for value in values {
        guard case .string(let text) = value else {
          throw Failure("\"\(name)\" has something that is not text")
        }
        texts.append(text)
      }
      return texts
    default: throw Failure("\"\(name)\" is not a list of texts")
    }
  }
}
