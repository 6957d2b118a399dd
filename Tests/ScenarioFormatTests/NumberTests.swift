import TestSupport
import Testing

@testable import ScenarioFormat

/// Numbers at the ends of what a program can hold, and behind them, in every way in which a file may say
/// them; the declarations tell where.
@Suite("A number of a file")
struct NumberTests {
  static let words =
    """
    -0 -1 +1 0x0 0X10 0x 0o17 010 1_000 _1 1__0 "7" 1.5 1e400 .inf "" ~ 1KiB 16777216TiB
    0xffffffff 0x100000000 0x200000000000001 9223372036854775807 9223372036854775808
    18446744073709551615 18446744073709551616 18446744073709.551615 18446744073709551615.999999
    """.split { $0.isWhitespace }.map(String.init)

  /// The ways to put a scalar where a type stands.
  private static func places(of type: SchemaType) -> [(type: SchemaType, wrap: (String) -> String)]
  {
    switch type {
    case .list(let element):
      places(of: element).map { inner in (inner.type, { "[\(inner.wrap($0))]" }) }
    case .table(_, _, let value):
      places(of: value).map { inner in (inner.type, { "{\(0): \(inner.wrap($0))}" }) }
        + [(.text, { "{\($0): 1}" })]
    case .either(let simple, let structured): places(of: simple) + places(of: structured)
    case .section: []
    default: [(type, { $0 })]
    }
  }

  /// Whether a value of the type may be as large as the number that the word says.
  private static func isInRange(_ word: String, _ type: SchemaType) -> Bool {
    let text = word.filter { $0 != "\"" && $0 != "'" && $0 != " " }
    return switch type {
    case .integer(let range): Scalars.integer(text).map(range.contains) ?? false
    case .size(let most): Scalars.size(text).map { $0 <= most } ?? false
    case .seconds: Scalars.microseconds(text) != nil
    default: true
    }
  }

  @Test("is read or refused with its place, and never traps", arguments: FileKind.allCases)
  func extremes(_ kind: FileKind) throws {
    for placed in PlacedSection.all(of: kind) {
      for field in placed.section.fields {
        for place in Self.places(of: field.type) {
          for word in Self.words {
            let text = placed.text(["\(field.key): \(place.wrap(word))"], without: field.key)
            do {
              _ = try placed.read(text)
              #expect(Self.isInRange(word, place.type), "\(text)")
            } catch let error as InputError {
              #expect(error.place.line == 1, "\(text)")
            }
          }
        }
      }
    }
  }
}
