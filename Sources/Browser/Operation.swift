internal import Text

/// What a page can ask.
enum Operation: String, CaseIterable {
  case operations
  case decode
  case profiles
  case words

  /// All names, for a message.
  static var names: String { allCases.map { $0.rawValue }.joined(separator: ", ") }

  /// - Throws: `Failure` where the question cannot be answered.
  func answer(_ request: Request) throws(Failure) -> Answer {
    switch self {
    case .operations:
      Answer([("operations", .array(Self.allCases.map { .string($0.rawValue) }))])
    case .decode: try DecodeOperation.answer(request)
    case .profiles: try ProfilesOperation.answer(request)
    case .words: try WordsOperation.answer(request)
    }
  }
}
