internal import Text
internal import VTdFormats

/// How a value stands in a file: what may stand there, how it is read, and how it is written.
package struct Form<Value> {
  /// What may stand there, as data.
  let type: () -> SchemaType
  /// The value, or an error that calls it by the given name.
  let read: (YAMLValue, _ name: String) throws(InputError) -> Value
  let write: (Value) -> Written

  package init(
    _ type: @escaping @autoclosure () -> SchemaType,
    read: @escaping (YAMLValue, _ name: String) throws(InputError) -> Value,
    write: @escaping (Value) -> Written
  ) {
    self.type = type
    self.read = read
    self.write = write
  }

  /// A value that is one scalar.
  ///
  /// - Parameter parse: nil for a text that is not of the type.
  package init(
    _ type: @escaping @autoclosure () -> SchemaType, parse: @escaping (String) -> Value?,
    print: @escaping (Value) -> String
  ) {
    self.init(
      type(),
      read: { (value, name) throws(InputError) in
        guard let text = value.scalar, let parsed = parse(text) else {
          throw InputError.mismatch(value, name, type())
        }
        return parsed
      },
      write: { .scalar(print($0)) })
  }

  /// The same in the file, another value in the program.
  package func map<Other>(
    _ make: @escaping (Value) -> Other, _ content: @escaping (Other) -> Value
  ) -> Form<Other> {
    Form<Other>(
      type(), read: { (value, name) throws(InputError) in make(try read(value, name)) },
      write: { write(content($0)) })
  }

  /// The same, with something more to be right.
  ///
  /// - Parameter fault: what is wrong; nil where nothing is.
  package func checked(_ fault: @escaping (Value) -> String?) -> Form {
    Form(
      type(),
      read: { (value, name) throws(InputError) in
        let result = try read(value, name)
        if let message = fault(result) { throw InputError(at: value.place, message) }
        return result
      }, write: write)
  }
}

// MARK: Scalars

extension Form where Value == Bool {
  package static var flag: Form {
    .init(
      .boolean,
      parse: {
        switch $0 {
        // The words of YAML 1.2's core schema.
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
      },
      print: { $0 ? "true" : "false" })
  }
}

extension Form where Value == String {
  /// Any text; it is written in quotation marks.
  package static var text: Form { .init(.text, parse: { $0 }, print: Escaping.yaml) }

  /// A name; it is written without quotation marks where it can be.
  package static var name: Form { .init(.text, parse: { $0 }, print: plainOrQuoted) }

  /// Text of a form.
  package static func form(_ form: TextForm) -> Form {
    .init(
      .form(form), parse: { form.isValid($0) ? $0 : nil },
      print: plainOrQuoted)
  }
}

/// How a number is written.
package enum Numeral {
  case decimal
  /// Hexadecimal with so many digits at least.
  case hex(Int)

  package static let hex = Numeral.hex(1)

  func text(_ number: UInt64) -> String {
    switch self {
    case .decimal: "\(number)"
    case .hex(let digits): "0x\(VTdFormats.hex(number, digits: digits))"
    }
  }
}

extension Form where Value: FixedWidthInteger {
  /// A number, decimal or `0x`, in a range.
  package static func number(
    _ range: ClosedRange<UInt64> = 0...UInt64(clamping: Value.max), _ numeral: Numeral = .decimal
  ) -> Form {
    .init(
      .integer(range),
      parse: { text in
        guard let number = Scalars.integer(text), range.contains(number) else { return nil }
        return Value(exactly: number)
      },
      print: { numeral.text(UInt64(clamping: $0)) })
  }
}

extension Form where Value: RawRepresentable, Value.RawValue: FixedWidthInteger {
  /// A number that has a type of its own.
  package static func number(
    _ range: ClosedRange<UInt64> = 0...UInt64(clamping: Value.RawValue.max),
    _ numeral: Numeral = .hex
  ) -> Form {
    .init(
      .integer(range),
      parse: { text in
        guard let number = Scalars.integer(text), range.contains(number) else { return nil }
        return Value.RawValue(exactly: number).flatMap { Value(rawValue: $0) }
      },
      print: { numeral.text(UInt64(clamping: $0.rawValue)) })
  }
}

extension Form where Value == UInt64 {
  /// The largest size that a scenario may name: all addresses of a five-level page table.
  package static let largestSize: UInt64 = 1 << 57

  /// Bytes, such as `64KiB`.
  package static func size(
    from least: UInt64 = 1, to most: UInt64 = largestSize, _ numeral: Numeral = .hex
  ) -> Form {
    Form(.size(most), parse: Scalars.size, print: numeral.text).checked { size in
      if size < least { return "a size of \(size) bytes; at least \(least) was expected" }
      return size <= most
        ? nil : "a size of \(size) bytes; at most \(most) were expected"
    }
  }

  /// Seconds in the file, microseconds in the program.
  package static var seconds: Form {
    .init(
      .seconds, parse: Scalars.microseconds,
      print: { time in
        let (whole, fraction) = (time / 1_000_000, "\(time % 1_000_000)")
        return fraction == "0"
          ? "\(whole)"
          : "\(whole).\(fraction.aligned(to: 6, with: "0"))"
      })
  }
}

extension Form where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
  /// One of the words of an enumeration.
  package static var word: Form {
    named(Value.allCases.map { (name: $0.rawValue, value: $0) }, { $0.rawValue == $1.rawValue })
  }
}

extension Form {
  /// One of the names of a table.
  package static func named(
    _ rows: [(name: String, value: Value)], _ isSame: @escaping (Value, Value) -> Bool
  ) -> Form {
    Form(
      .oneOf(rows.map { $0.name }),
      read: { (value, name) throws(InputError) in
        if let found = rows.first(where: { $0.name == value.scalar }) { return found.value }
        let names = rows.map { $0.name }
        throw InputError.mismatch(
          value, name, .oneOf(names), hint: value.scalar.flatMap { nearest(to: $0, in: names) })
      },
      write: { value in .scalar(rows.first { isSame($0.value, value) }?.name ?? "") })
  }
}

extension Form where Value: Equatable {
  /// One of the names of a table.
  package static func named(_ rows: [(name: String, value: Value)]) -> Form {
    named(rows, ==)
  }

  /// What this form takes, or one of the names of a table. It is written in this form.
  package func orName(_ rows: [(name: String, value: Value)]) -> Form {
    let both = SchemaType.either(type(), .oneOf(rows.map { $0.name }))
    return Form(
      both,
      read: { (value, name) throws(InputError) in
        guard let text = value.scalar, let first = text.utf8.first, !ASCII.isDigit(first) else {
          return try read(value, name)
        }
        if let found = rows.first(where: { $0.name == text }) { return found.value }
        // Beside the name that was meant, all the others would be in the way.
        let hint = nearest(to: text, in: rows.map { $0.name })
        throw InputError.mismatch(value, name, hint == nil ? both : type(), hint: hint)
      },
      write: write)
  }
}

// MARK: Structures

extension Form where Value: Section {
  package static var section: Form {
    .init(
      .section(Value.self),
      read: { (value, name) throws(InputError) in try Value(reading: value, as: name) },
      write: { $0.written })
  }
}

extension Form {
  /// A list, with its elements in one line or one below the other.
  package static func list<Element>(_ element: Form<Element>, isFlow: Bool = true) -> Form
  where Value == [Element] {
    .init(
      .list(element.type()),
      read: { (value, name) throws(InputError) in
        guard let elements = value.elements else {
          throw InputError.mismatch(value, name, .list(element.type()))
        }
        var list: [Element] = []
        list.reserveCapacity(elements.count)
        for (index, each) in elements.enumerated() {
          list.append(try element.read(each, "\(name)[\(index)]"))
        }
        return list
      },
      write: { .list($0.map { element.write($0) }, isFlow: isFlow) })
  }

  /// A mapping from names that the file chooses.
  package static func table<Element>(
    _ key: TextForm, _ element: Form<Element>,
    printKey: @escaping (String) -> String = plainOrQuoted, isFlow: Bool = false
  ) -> Form where Value == [Keyed<Element>] {
    .init(
      .table(key: key.name, pattern: key.pattern, value: element.type()),
      read: { (value, name) throws(InputError) in
        guard let entries = value.entries else {
          throw InputError.mismatch(
            value, name,
            .table(key: key.name, pattern: key.pattern, value: element.type()))
        }
        var table: [Keyed<Element>] = []
        for entry in entries {
          guard key.isValid(entry.key) else {
            throw InputError(
              at: entry.keyPlace, "\"\(entry.key)\" in \(name); \(key.name) was expected")
          }
          table.append(
            Keyed(entry.key, try element.read(entry.value, "\(name).\(entry.key)")))
        }
        return table
      },
      write: { table in
        .mapping(
          Written.Mapping(
            entries: table.map { keyed in
              Written.Entry(
                key: printKey(keyed.key), value: element.write(keyed.value))
            }, isFlow: isFlow))
      })
  }

  /// A scalar of the first form, or a structure of the second.
  package static func either(
    _ simple: Form, _ structured: Form, isSimple: @escaping (Value) -> Bool
  ) -> Form {
    .init(
      .either(simple.type(), structured.type()),
      read: { (value, name) throws(InputError) in
        try value.scalar == nil ? structured.read(value, name) : simple.read(value, name)
      },
      write: { isSimple($0) ? simple.write($0) : structured.write($0) })
  }
}

/// A value of a table with its key.
package struct Keyed<Value> {
  package var key: String
  package var value: Value

  package init(_ key: String, _ value: Value) {
    self.key = key
    self.value = value
  }
}

extension Keyed: Equatable where Value: Equatable {}
extension Keyed: Hashable where Value: Hashable {}
extension Keyed: Sendable where Value: Sendable {}

/// Text with a form of its own.
package struct TextForm: Sendable {
  package let name: String
  package let pattern: String
  /// Whether it may be digits alone, which YAML takes for a number where they are not quoted.
  package let takesNumbers: Bool
  package let isValid: @Sendable (String) -> Bool

  package init(
    name: String, pattern: String, takesNumbers: Bool = false,
    isValid: @escaping @Sendable (String) -> Bool
  ) {
    self.name = name
    self.pattern = pattern
    self.takesNumbers = takesNumbers
    self.isValid = isValid
  }
}
