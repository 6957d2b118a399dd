/// The module that a page holds: a question in, an answer out, both JSON in UTF-8.
///
/// docs/Browser.md lists the operations with what they take and give.
public struct Module {
  /// What pages say made them.
  static let producer = "dmar"

  #if !WITHOUT_RUNS
    private var runs = Runs()
  #endif

  /// A module that was asked nothing yet.
  public init() {}

  /// Answers a question.
  ///
  /// - Parameter question: `{"operation": "decode", …}`.
  /// - Returns: `{"ok":true,…}`, or `{"ok":false,"error":{…}}` where the question cannot be answered.
  public mutating func answer(_ question: [UInt8]) -> [UInt8] {
    let answer: ModuleAnswer
    do throws(Failure) {
      let request = try Request(question)
      answer = try self.answer(try request.wanted("operation"), request)
    } catch {
      answer = error.answer
    }
    return Array(answer.json.utf8)
  }

  private mutating func answer(_ name: String, _ request: Request) throws(Failure) -> ModuleAnswer {
    if let operation = Operation(rawValue: name) { return try operation.answer(request) }
    #if !WITHOUT_RUNS
      if let operation = Runs.Operation(rawValue: name) {
        return try runs.answer(operation, request)
      }
    #endif
    throw Failure(
      "no operation is called \"\(name)\"; one of \(Operation.names.joined(separator: ", ")) was "
        + "expected")
  }
}
