internal import Text

/// A file that a scenario names.
public struct FileName: Hashable, Sendable {
  /// As it is written: seen from the folder of the file in which it is written.
  public var path: String
  /// Where it is written.
  public var place: Place

  /// A file, seen from the folder of the file that names it.
  public init(_ path: String, at place: Place = Place(file: "")) {
    self.path = path
    self.place = place
  }
}

extension Form where Value == FileName {
  /// The name of a file, which is seen from the folder of the file that names it.
  static var file: Form {
    .init(
      .text,
      read: { (value, name) throws(InputError) in
        FileName(try Form<String>.text.read(value, name), at: value.place)
      },
      write: { .scalar(Escaping.yaml($0.path)) })
  }
}
