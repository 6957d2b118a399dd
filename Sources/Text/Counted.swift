/// A number with what it counts: `1 column`, `3 columns`, `2 entries`.
///
/// - Parameters:
///   - number: how many there are.
///   - one: the word for one of them.
///   - many: the word for several; `one` with an s unless given.
package func counted(_ number: Int, _ one: String, many: String? = nil) -> String {
  "\(number) \(number == 1 ? one : many ?? one + "s")"
}
