internal import Text
internal import VTdFormats

/// What goes through the fields of a section: it describes, reads or writes them.
package struct Fields {
  package enum Work {
    case describing, reading, writing
  }

  /// A field to be written; nil for one without a value.
  struct Write {
    let key: String
    let value: Written?
    let isAlways: Bool
  }

  private let work: Work
  private(set) var described: [FieldDescription] = []
  private(set) var writes: [Write] = []
  private(set) var notes = Notes()

  // Reading:

  /// What the section is called.
  private let name: String
  /// The keys of the fields so far.
  private var keys: [String] = []
  private let entries: [YAMLValue.Entry]
  /// Where the section begins.
  package let place: Place
  /// The entries that belong to a field.
  private var isKnown: [Bool]
  /// The first thing that is wrong, with the number of its entry.
  private var fault: (entry: Int, error: InputError)?
  /// The first required key that is not there.
  private var missing: (key: String, type: SchemaType)?
  /// The first thing that is wrong with the fields together.
  private var conflict: InputError?
  /// The choices that are given.
  private var choices: [String] = []

  /// The fields of a section that is read.
  ///
  /// - Parameter type: what was expected, for the message.
  /// - Throws: `InputError` where no section stands there.
  init(
    reading value: YAMLValue, as name: String, _ type: () -> SchemaType
  ) throws(InputError) {
    guard let entries = value.entries else { throw InputError.mismatch(value, name, type()) }
    self.init(.reading, name: name, entries: entries, place: value.place)
  }

  init(
    _ work: Work, name: String = "", entries: [YAMLValue.Entry] = [],
    place: Place = Place(file: "")
  ) {
    self.work = work
    self.name = name
    self.entries = entries
    self.place = place
    isKnown = Array(repeating: false, count: entries.count)
  }

  // Some three hundred fields go through the next four. Put into each `visit`, their code would be the
  // largest part of the program.

  /// A key that may be left out; then the property keeps what a new section holds.
  ///
  /// - Parameters:
  ///   - always: it is written even where it holds the default.
  ///   - example: a value for the reference, as it is written.
  @inline(never)
  package mutating func callAsFunction<Value>(
    _ key: String, _ value: inout Value, _ form: @autoclosure () -> Form<Value>,
    always: Bool = false, _ meaning: String, example: String = ""
  ) {
    switch work {
    case .describing:
      let form = form()
      describe(key, form.type, default: form.write(value), meaning, example)
    case .reading:
      if let found: Value = read(key, form) { value = found }
    case .writing:
      writes.append(Write(key: key, value: form().write(value), isAlways: always))
    }
  }

  /// A key that may be left out, which then says that there is no such value.
  @inline(never)
  package mutating func callAsFunction<Value>(
    _ key: String, _ value: inout Value?, _ form: @autoclosure () -> Form<Value>,
    _ meaning: String, example: String = ""
  ) {
    switch work {
    case .describing:
      describe(key, form().type, default: nil, meaning, example)
    case .reading:
      if let found: Value = read(key, form) { value = found }
    case .writing:
      writes.append(Write(key: key, value: value.map { form().write($0) }, isAlways: true))
    }
  }

  /// A key that must be there.
  ///
  /// - Parameter isExcused: this file need not have it after all.
  @inline(never)
  package mutating func required<Value>(
    _ key: String, _ value: inout Value, _ form: @autoclosure () -> Form<Value>, _ meaning: String,
    example: String = "", unless isExcused: Bool = false
  ) {
    switch work {
    case .describing:
      describe(key, form().type, isRequired: true, default: nil, meaning, example)
    case .reading:
      if let found: Value = read(key, form) {
        value = found
      } else if missing == nil, !isExcused, !has(key) {
        missing = (key, form().type())
      }
    case .writing:
      writes.append(Write(key: key, value: form().write(value), isAlways: true))
    }
  }

  /// One of several keys of which exactly one is given: a case of an enumeration.
  ///
  /// - Parameters:
  ///   - make: the case, of what stands under the key.
  ///   - content: what it holds; nil for another case.
  @inline(never)
  package mutating func choice<Whole, Value>(
    _ key: String, _ whole: inout Whole?, _ make: (Value) -> Whole, _ content: (Whole) -> Value?,
    _ form: @autoclosure () -> Form<Value>, _ meaning: String, example: String = ""
  ) {
    switch work {
    case .describing:
      describe(key, form().type, isChoice: true, default: nil, meaning, example)
    case .reading:
      if has(key) { choices.append(key) }
      if let found: Value = read(key, form) { whole = make(found) }
    case .writing:
      let content = whole.flatMap(content)
      writes.append(Write(key: key, value: content.map { form().write($0) }, isAlways: true))
    }
  }

  /// Demands that exactly one choice was given.
  package mutating func oneChoice(_ message: ((Int) -> String)? = nil) {
    let (count, name, keys) = (choices.count, name, keys)
    check(
      count == 1,
      message?(count) ?? "\(name) has \(count) keys; exactly one of \(keys.joined(separator: ", "))"
        + " was expected")
  }

  /// The choice that was given.
  package var givenKey: String { choices.first ?? "" }

  /// Whether the fields are written: only then do their values come from somewhere.
  package var isWriting: Bool { work == .writing }

  /// Comments of the section, which are written and never read.
  package mutating func comments(_ notes: Notes) {
    if work == .writing { self.notes = notes }
  }

  /// Notes where the section stands.
  package func note(_ place: inout Place) {
    if work == .reading { place = self.place }
  }

  /// Demands something of the fields together, once each is right by itself.
  ///
  /// - Parameter key: whose value the message points to; the section unless given.
  package mutating func check(
    _ condition: @autoclosure () -> Bool, at key: String, _ message: @autoclosure () -> String
  ) {
    check(condition(), at: place(of: key), message())
  }

  package mutating func check(
    _ condition: @autoclosure () -> Bool, at place: Place? = nil,
    _ message: @autoclosure () -> String
  ) {
    guard work == .reading, fault == nil, missing == nil, conflict == nil, !condition() else {
      return
    }
    conflict = InputError(at: place ?? self.place, message())
  }

  /// Demands that a range of addresses ends within the address space.
  ///
  /// - Parameter key: the key of its size.
  package mutating func checkEnd(of start: UInt64, size: UInt64, at key: String) {
    check(
      start.lastPage(ofBytes: size) != nil, at: key,
      "\(size) bytes from 0x\(hex(start)) on end beyond the address space; a range that ends"
        + " within it was expected")
  }

  /// Demands that an address is the first of a page: the kernel maps and unmaps whole pages, and refuses
  /// any other address (`iommu_map`, `iommu_unmap`).
  package mutating func checkPage(_ address: UInt64, at key: String) {
    check(
      address.pageOffset == 0, at: key,
      "\"\(key)\" is 0x\(hex(address)), which lies in the middle of a page; a multiple of 0x1000 was"
        + " expected")
  }

  /// Whether the file has `key`.
  package func has(_ key: String) -> Bool { index(of: key) != nil }

  /// Where the value of `key` stands; the section's place for one that is not there.
  package func place(of key: String) -> Place {
    index(of: key).map { entries[$0].value.place } ?? place
  }

  /// Where the value of each key of the file stands.
  package var places: [String: Place] {
    entries.reduce(into: [:]) { $0[$1.key] = $1.value.place }
  }

  // MARK: The works

  private mutating func describe(
    _ key: String, _ type: () -> SchemaType, isRequired: Bool = false, isChoice: Bool = false,
    default defaultValue: Written?, _ meaning: String, _ example: String
  ) {
    described.append(
      FieldDescription(
        key: key, type: type(), isRequired: isRequired, isChoice: isChoice,
        defaultValue: defaultValue?.isEmpty == false ? defaultValue : nil, meaning: meaning,
        example: example))
  }

  private func index(of key: String) -> Int? {
    entries.firstIndex { $0.key == key }
  }

  private mutating func read<Value>(_ key: String, _ form: () -> Form<Value>) -> Value? {
    keys.append(key)
    guard let index = index(of: key) else { return nil }
    isKnown[index] = true
    do throws(InputError) {
      return try form().read(entries[index].value, key)
    } catch {
      report(error, index)
      return nil
    }
  }

  private mutating func report(_ error: InputError, _ entry: Int) {
    if let fault, fault.entry <= entry { return }
    fault = (entry, error)
  }

  /// - Throws: what is wrong with the section: of several things the one that stands first in the file,
  ///   then what is missing, then what does not go together.
  mutating func finish() throws(InputError) {
    if let unknown = isKnown.firstIndex(of: false) {
      let key = entries[unknown].key
      let advice =
        nearest(to: key, in: keys).map { "did you mean \"\($0)\"?" }
        ?? "one of \(keys.joined(separator: ", ")) was expected"
      report(
        InputError(
          at: entries[unknown].keyPlace, "unknown key \"\(key)\" in \(name); \(advice)"), unknown)
    }
    if let fault { throw fault.error }
    if let missing {
      throw InputError(
        at: place, "\(name) has no \(missing.key); \(missing.type.summary) was expected")
    }
    if let conflict { throw conflict }
  }

  /// The section that was described.
  func section(named name: String) -> SectionDescription {
    SectionDescription(
      name: name, fields: described, hasChoices: described.contains { $0.isChoice })
  }

  /// What was written, without what stands in a new section as well.
  func written(over fresh: Fields, isFlow: Bool) -> Written {
    var mapping = Written.Mapping(isFlow: isFlow, notes: notes)
    for (field, untouched) in zip(writes, fresh.writes) {
      // A key that has a comment, were it an empty one, is written even where it holds the default.
      let notes = notes.above[field.key]
      guard let value = field.value, field.isAlways || notes != nil || value != untouched.value
      else { continue }
      mapping.entries.append(Written.Entry(key: field.key, notes: notes ?? [], value: value))
    }
    return .mapping(mapping)
  }
}

extension UInt64 {
  /// The page of the last of `size` bytes from this address on; nil where the range has none, or ends
  /// with the last page of all, behind which there is no address.
  func lastPage(ofBytes size: UInt64) -> UInt64? {
    guard let last = last(ofBytes: size), last < UInt64.max - 0x1000 else { return nil }
    return last.pageStart
  }
}
