import KernelProfiles
import PCI
import Testing
import VTdFormats

@testable import KernelLog
@testable import LogReading

/// What is printed reads back to the same value: a law of the form, in every generation.
@Suite("Every form of a line")
struct FormLawTests {
  /// Kernels that differ in the shapes of their lines: two of each choice at least, and what the profiles
  /// of all releases have.
  static let kernels = Set(KernelProfile.all.map(\.behaviour.lines)).subtracting(choices) + choices

  private static let choices: [LineGenerations] = BootLineGeneration.allCases.flatMap { boot in
    [true, false].map { isLate in
      LineGenerations(
        faults: isLate ? .f7 : boot == .current ? .f3 : boot == .lowercase ? .f2 : .f1,
        dump: isLate ? .revised : .original, boot: boot, namesQueueWords: isLate,
        namesDeviceFirst: isLate, repeatsOops: isLate,
        panic: isLate
          ? .init(breaksLine: false) : .init(breaksLine: true, isClosed: boot == .current))
    }
  }

  /// Values for each place of a form, as far as the line can have them.
  static func values(_ form: LineForm) -> FormValues {
    form.words.withUTF8Buffer { bytes in
      var values = FormValues()
      if form.voice == .device || form.voice == .core {
        "hpsa".put(into: &values, at: 0)
        device.put(into: &values, at: 1)
      }
      var template = FormTemplate(bytes)
      while let piece = template.next() {
        guard case .hole(let hole) = piece else { continue }
        switch hole.letter {
        case UInt8(ascii: "d"): (hole.slot + 2).put(into: &values, at: hole.slot)
        case UInt8(ascii: "x"):
          let number: UInt64 = hole.width == 2 ? 0x5a : 0xfed9_1000 + UInt64(hole.slot)
          number.put(into: &values, at: hole.slot)
        case UInt8(ascii: "b"): device.sourceID.put(into: &values, at: hole.slot)
        case UInt8(ascii: "D"): device.put(into: &values, at: hole.slot)
        case UInt8(ascii: "u"): "dmar3".put(into: &values, at: hole.slot)
        case UInt8(ascii: "i"): "dmar_fault".put(into: &values, at: hole.slot)
        case UInt8(ascii: "F"):
          FirmwareName(vendor: "LENOVO", version: "JBET73WW (1.37 )", product: "ThinkPad T450s")
            .put(into: &values, at: hole.slot)
        // The one word that a form does not take as it comes is the name of a table's structure.
        default: "RMRR".put(into: &values, at: hole.slot)
        }
      }
      return values
    }
  }

  static let device = PCIAddress(bus: 0, device: 0x1f, function: 2)

  static func read(_ text: String) -> [LogEvent] {
    var reader = LogReader()
    var events: [LogEvent] = []
    Array((text + "\n").utf8).withUnsafeBytes { reader.read($0) { events.append($0) } }
    reader.finish { events.append($0) }
    return events
  }

  @Test("a line reads back to the value that it was printed from, in every kernel")
  func law() throws {
    var count = 0
    for form in DriverForms.all {
      let line = try #require(form.make(Self.values(form)), "\(form.words)")
      for kernel in Self.kernels where form.era.contains(kernel) {
        guard let text = line.text(kernel), FormTemplate.fill(form.words, Self.values(form)) != nil
        else {
          Issue.record("\(form.words) is not printed by its own kernel")
          continue
        }
        count += 1
        let events = Self.read(text)
        #expect(events.compactMap(\.kind.line) == [line], "\(text)")
      }
    }
    #expect(count > 900)
  }

  @Test("every kernel has a form for every line")
  func completeness() throws {
    for form in DriverForms.all {
      if case .never = form.era { continue }
      let line = try #require(form.make(Self.values(form)))
      for kernel in Self.kernels { #expect(line.text(kernel) != nil, "\(line) in \(kernel.boot)") }
    }
  }

  @Test("what a form prints and says has no row in the reading table as well")
  func once() throws {
    for form in DriverForms.all {
      let line = try #require(form.make(Self.values(form)))
      guard KernelMessage.Kind(line) != nil, let text = line.text(Self.kernels[0]) else { continue }
      let bytes = Array(text.utf8)
      for row in KernelMessageForms.rows {
        let reading = ReadingForm(row.form, isInside: true)
        let isRead = bytes.indices.contains {
          bytes[$0...].starts(with: reading.beginning.prefix(8))
            && reading.read(TextCursor(bytes, at: $0)) != nil
        }
        #expect(!isRead, "\(text): \(row.form)")
      }
    }
  }

  @Test("a form that only reports have is read as the line that it comes from")
  func reported() throws {
    for form in DriverForms.all {
      guard case .never = form.era else { continue }
      let values = Self.values(form)
      let words = try #require(FormTemplate.fill(form.words, values))
      let prefix = form.voice == .core ? "hpsa \(Self.device): " : ""
      #expect(
        Self.read(prefix + words).compactMap(\.kind.line) == [form.make(values)].compactMap { $0 },
        "\(words)")
    }
  }

  @Test("a fault record reads back in every generation, with every reason that it has a text for")
  func faults() {
    for reason in FaultReasonTable.codes {
      for generation in FaultLineGeneration.allCases {
        for (isRead, pasid) in [(true, nil), (false, PASID(rawValue: 2))] {
          let hasPASID = generation >= .f5 && !FaultReasonTable.isInterruptReason(reason)
          let line = FaultLine(
            reason: reason, isRead: isRead, pasid: hasPASID ? pasid : nil,
            source: Self.device.sourceID, faultInfo: 0x3b_0012_3456_7000)
          let text = line.text(generation)
          #expect(Self.read(text).compactMap(\.kind.line) == [.fault(line)], "\(text)")
          let kinds = Self.read(text).map(\.kind)
          for case .fault(let found) in kinds where pasid == nil || hasPASID {
            // F4 and F5 print interrupts alike, as do F6 and F7 all but the device.
            let isAlike = generation == .f5 && FaultReasonTable.isInterruptReason(reason)
            #expect(found.generation == (isAlike ? .f4 : generation), "\(text)")
          }
        }
      }
    }
  }
}
