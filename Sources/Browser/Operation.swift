internal import Text

/// What a page can ask without a scenario and without a log.
enum Operation: String, CaseIterable {
  case operations
  case decode
  case profiles
  case words

  /// The names of all operations that this module has.
  static var names: [String] {
    var names = allCases.map { $0.rawValue }
    #if !WITHOUT_RUNS
      names += Runs.Operation.allCases.map { $0.rawValue }
    #endif
    return names
  }

  /// - Throws: `Failure` where the question cannot be answered.
  func answer(_ request: Request) throws(Failure) -> ModuleAnswer {
    switch self {
    case .operations: ModuleAnswer([("operations", .array(Self.names.map { .string($0) }))])
    case .decode: try DecodeOperation.answer(request)
    case .profiles: try ProfilesOperation.answer(request)
    case .words: try WordsOperation.answer(request)
    }
  }
}
