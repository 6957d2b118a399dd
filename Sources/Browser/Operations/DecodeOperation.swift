internal import Text
internal import Wording

/// `decode`: raw values field by field, as `dmar decode` prints them.
enum DecodeOperation {
  static func answer(_ request: Request) throws(Failure) -> ModuleAnswer {
    guard let name = try request.text("kind") else {
      // As --list.
      return ModuleAnswer([
        (
          "kinds",
          .array(
            DecodeKind.list.map { kind, what in
              .object([("kind", .string(kind)), ("what", .string(what))])
            })
        )
      ])
    }
    let values = try request.texts("value")
    let decoded: [DecodedValue]
    do throws(DecodeFailure) {
      decoded = try DecodeKind.named(name).decode(values)
    } catch {
      throw Failure(error.description)
    }
    var answer = ModuleAnswer([("values", .array(decoded.map { $0.json }))])
    answer.add("lines", lines: decoded.flatMap { $0.lines })
    return answer
  }
}
