import Testing
import VTdFormats

/// A layout under test, named by its kind.
struct LayoutCase: CustomTestStringConvertible, Sendable {
  let layout: any BitImage.Type
  var testDescription: String { layout.name }

  static let all =
    Layouts.all.map { LayoutCase(layout: $0.image) }
    + DescriptorType.allCases.map { LayoutCase(layout: Layouts.descriptor($0).image) }
}

@Suite("Layouts")
struct LayoutTests {
  @Test(
    "fields lie in order, in the structure, in one word, and do not overlap",
    arguments: LayoutCase.all)
  func fieldsAreDisjoint(_ layout: LayoutCase) { check(layout.layout) }

  private func check<Image: BitImage>(_: Image.Type) {
    var taken = [Bool](repeating: false, count: Image.bitWidth)
    for field in Image.fields {
      #expect(field.bits.upperBound <= Image.bitWidth, "\(field.name)")
      #expect(field.bits.lowerBound / 64 == (field.bits.upperBound - 1) / 64, "\(field.name)")
      for bit in field.bits where taken.indices.contains(bit) {
        #expect(!taken[bit], "\(field.name) bit \(bit)")
        taken[bit] = true
      }
    }
    for (index, word) in (0..<Image.wordCount).map({ ($0, Image.reservedMask(word: $0)) }) {
      for bit in 0..<min(Image.bitWidth - index * 64, 64) {
        #expect((word >> UInt64(bit) & 1 == 1) == !taken[index * 64 + bit])
      }
    }
  }

  @Test("setting a field changes its own bits only, and reads back", arguments: LayoutCase.all)
  func fieldsReadBack(_ layout: LayoutCase) { readBack(layout.layout) }

  @Test("A new descriptor has its type and nothing else", arguments: DescriptorType.allCases)
  func descriptorsAreBornWithTheirType(_ type: DescriptorType) {
    func check<Image: BitImage>(_: Image.Type) {
      #expect(Image().words == [type.header, 0])
      #expect(DescriptorHeader(rawValue: Image()[word: 0]).typeCode == type.rawValue)
    }
    check(Layouts.descriptor(type).image)
  }

  private func readBack<Image: BitImage>(_: Image.Type) {
    for field in Image.fields {
      var image = Image(words: [])
      image[field] = .max
      let ones: UInt64 = .max >> UInt64(64 - field.bits.count)
      #expect(image[field] == ones, "\(field.name)")
      for (word, value) in image.words.enumerated() {
        #expect(value == (word == field.word ? ones << UInt64(field.shift) : 0))
      }
      image[field] = 0
      #expect(image == Image(words: []))
    }
  }
}
