/// Reads what stands in `SET[…]` and `EXPECT(…)`: a field of a ww_mutex or of a ww context.
struct WoundWaitParser {
  private let argument: LockWord.Argument

  init(_ argument: LockWord.Argument) {
    self.argument = argument
  }

  private func fail(_ expected: String) -> LockProgramError {
    LockProgramError(
      column: argument.column, problem: "`\(argument.text)` is not understood", expected: expected)
  }

  /// `t.stamp--`, `o.ctx=t2`, `t2=t`.
  func poke() throws(LockProgramError) -> WoundWaitPoke {
    let text = argument.text
    if text.hasSuffix("--") { return .add(try place(text.dropLast(2)), -1) }
    if text.hasSuffix("++") { return .add(try place(text.dropLast(2)), 1) }
    let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
      throw fail("`object.field=value`, `object.field--` or `context=context`")
    }
    if !sides[0].contains(".") { return .copy(String(sides[0]), from: String(sides[1])) }
    return .assign(try place(sides[0]), value(sides[1]))
  }

  /// `o.ctx==~0`.
  func expectation() throws(LockProgramError) -> WoundWaitOperation {
    let text = argument.text
    let sides = text.split(separator: "=", omittingEmptySubsequences: false)
    guard sides.count == 3, sides[1].isEmpty, !sides[2].isEmpty else {
      throw fail("`object.field==value`")
    }
    return .expect(try place(sides[0]), value(sides[2]))
  }

  private func place(_ text: Substring) throws(LockProgramError) -> WoundWaitPlace {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty,
      WoundWaitWorld.fields.contains(String(parts[1]))
    else {
      throw fail("`object.field` with one of \(WoundWaitWorld.fields.joined(separator: ", "))")
    }
    return WoundWaitPlace(object: String(parts[0]), field: String(parts[1]))
  }

  private func value(_ text: Substring) -> WoundWaitValue {
    switch text {
    case "NULL": .number(0)
    case "~0": .number(-1)
    default: Int(text).map { .number($0) } ?? .object(String(text))
    }
  }
}
