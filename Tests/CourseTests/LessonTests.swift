@testable import Course
import ScenarioFormat
import Testing

@Suite("lessons")
struct LessonTests {
  private static let text = """
    # 4. Map a page

    Of an entry, bit 0 says that reads pass.

    ## A heading of the text
    ```
    ## Exercise: in a block of code this is text
    ```

    ## Exercise: build
    Map a page.
    Budget: 3

    ## Hints
    - The first
      of two.
    - The second.

    ## Misconceptions
    - reason 0x05: Bit 1: writes.
    """

  @Test("a lesson is read from its text")
  func reading() throws {
    let lesson = try Lesson(reading: Self.text, file: "lesson.md")
    #expect(lesson.number == 4 && lesson.title == "Map a page")
    #expect(lesson.text.count == 6 && lesson.text.last == "```")
    #expect(lesson.exercise == Exercise(kind: .build, task: ["Map a page."], budget: 3))
    #expect(lesson.hints == ["The first of two.", "The second."])
    #expect(
      lesson.misconceptions == [.init(sign: "reason 0x05", text: "Bit 1: writes.")])
  }

  /// A change of the text, and the line and words of the error.
  private static let wrong: [(old: String, new: String, line: Int, says: String)] = [
    ("# 4. Map", "# four. Map", 1, "NUMBER. TITLE"),
    ("## Exercise: build", "## Exercise: guess", 10, "predict NAME, build, repair or break"),
    ("## Exercise: build", "## Exercise: predict weather", 10, "source-id"),
    ("Budget: 3", "Budget: few", 12, "1 to 1000"),
    ("- reason 0x05: Bit 1: writes.", "- Bit 1", 19, "SIGN: text"),
  ]

  @Test("what is wrong in a lesson is named with its line", arguments: wrong.indices)
  func errors(_ index: Int) {
    let (old, new, line, says) = Self.wrong[index]
    let text = Self.text.replacing(old, with: new)
    let error = #expect(throws: InputError.self) {
      try Lesson(reading: text, file: "lesson.md")
    }
    #expect(error?.place.line == line)
    #expect(error?.message.contains(says) == true)
  }

  @Test("questions follow from the seed", arguments: Prediction.allCases)
  func seeds(_ prediction: Prediction) {
    #expect(prediction.questions(seed: 7) == prediction.questions(seed: 7))
    #expect(prediction.questions(seed: 7) != prediction.questions(seed: 8))
    #expect(prediction.questions(seed: 7).count == prediction.count)
  }

  @Test("a right answer is taken however it is written")
  func forms() {
    let question = Question(text: "", answer: "00d0", wrong: ["shifted": "01a0"])
    for answer in ["00d0", "0xD0", "d0", " 00D0 "] { #expect(question.accepts(answer)) }
    #expect(!question.accepts("d00"))
    #expect(question.misconception(of: "1a0") == "shifted")
    #expect(question.misconception(of: "ffff") == nil)
  }

  @Test("the distance of two values counts each change once")
  func distance() {
    func value(_ words: [String]) -> YAMLValue {
      let place = Place(file: "")
      return YAMLValue(
        .sequence(words.map { YAMLValue(.scalar($0), at: place) }), at: place)
    }
    let start = value(["a", "b", "c"])
    #expect(ValueDistance.between(start, start) == 0)
    #expect(ValueDistance.between(start, value(["a", "x", "c"])) == 1)
    #expect(ValueDistance.between(start, value(["a", "b", "x", "y", "c"])) == 2)
    #expect(ValueDistance.between(start, value(["a"])) == 2)
  }
}
