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

    ## Exercise: predict outcome (optional)
    Does it pass?
    Ask: 2 4
    Given: page 0x1000 0x9000 0x1000

    ## Misconceptions
    - no-cache (machine.units.dmar0.caches.enabled=false; a=b): It remembers.
    """

  @Test("a lesson is read from its text")
  func reading() throws {
    let lesson = try Lesson(reading: Self.text, file: "lesson.md")
    #expect(lesson.number == 4 && lesson.title == "Map a page")
    #expect(lesson.text.count == 6 && lesson.text.last == "```")
    try #require(lesson.exercises.count == 2)
    let build = lesson.exercises[0]
    #expect(build.kind == .build && build.task == ["Map a page."] && build.budget == 3)
    #expect(build.hints == ["The first of two.", "The second."])
    #expect(build.misconceptions == [.init(sign: "reason 0x05", text: "Bit 1: writes.")])
    let predict = lesson.exercises[1]
    #expect(predict.kind == .predict(.outcome) && predict.isOptional)
    #expect(predict.asked == ["2", "4"] && predict.given.map(\.name) == ["page"])
    #expect(
      predict.misconceptions == [
        .init(
          sign: "no-cache", variant: "machine.units.dmar0.caches.enabled=false; a=b",
          text: "It remembers.")
      ])
  }

  /// A change of the text, and the line and words of the error.
  private static let wrong: [(old: String, new: String, line: Int, says: String)] = [
    ("# 4. Map", "# four. Map", 1, "NUMBER. TITLE"),
    ("## Exercise: build", "## Exercise: guess", 10, "predict NAME, build, repair, break, flush"),
    ("## Exercise: build", "## Exercise: predict weather", 10, "source-id"),
    ("## Exercise: build", "## Exercise: schedule lunch", 10, "reach or avoid"),
    ("Budget: 3", "Budget: few", 12, "1 to 1000"),
    ("Budget: 3", "Cure: one", 12, "Cure: NAME SIGN"),
    ("Budget: 3", "Given: page 0x1000 0x100 8", 12, "NAME LOWEST HIGHEST STEP"),
    ("Budget: 3", "Hidden: page 0 8 0", 12, "NAME LOWEST HIGHEST STEP"),
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

  @Test(
    "questions follow from the seed", arguments: Prediction.allCases.filter { !$0.isAboutRun })
  func seeds(_ prediction: Prediction) {
    #expect(prediction.questions(seed: 7) == prediction.questions(seed: 7))
    #expect(prediction.questions(seed: 7) != prediction.questions(seed: 8))
    #expect(prediction.questions(seed: 7).count == prediction.count)
  }

  @Test("no question of a seed is asked twice", arguments: [UInt64](0..<40))
  func duplicates(seed: UInt64) {
    for prediction in Prediction.allCases where !prediction.isAboutRun {
      let texts = prediction.questions(seed: seed).map { $0.text }
      #expect(Set(texts).count == texts.count, "\(prediction)")
    }
  }

  @Test("an answer of too few words, or of none, is told so")
  func objections() {
    let questions = (1...3).map { Question(text: "cut \($0)", answer: "1 2 3 4 abc") }
    let check = AnswerCheck(
      ["9ba 8bc", " ", "1 2 3 4 abd"], to: questions, exercise: Exercise(kind: .predict(.indices)))
    #expect(
      check.complaints == [
        "1. cut 1: \"9ba 8bc\" is 2 words; 5 were expected", "2. cut 2: there is no answer yet",
        "3. cut 3: \"1 2 3 4 abd\" is not it",
      ])
  }

  @Test("a right answer is taken however it is written")
  func forms() {
    let question = Question(text: "", answer: "00d0", wrong: ["shifted": "01a0"])
    for answer in ["00d0", "0xD0", "d0", " 00D0 ", "\"00d0\""] { #expect(question.accepts(answer)) }
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

  @Test("the keys that differ are named by their paths")
  func changedKeys() {
    let place = Place(file: "")
    func mapping(_ value: String) -> YAMLValue {
      let inner = YAMLValue(
        .mapping([
          .init(key: "klist_add", keyPlace: place, value: YAMLValue(.scalar(value), at: place))
        ]),
        at: place)
      return YAMLValue(.mapping([.init(key: "kernel", keyPlace: place, value: inner)]), at: place)
    }
    #expect(ValueDistance.changedKeys(mapping("plain"), mapping("plain")).isEmpty)
    #expect(
      Set(ValueDistance.changedKeys(mapping("plain"), mapping("irqsave"))) == ["kernel.klist_add"])
  }

  @Test("every number that a solution adds is spoilt")
  func mutations() {
    let place = Place(file: "")
    func list(_ words: [String]) -> YAMLValue {
      YAMLValue(.sequence(words.map { YAMLValue(.scalar($0), at: place) }), at: place)
    }
    let all = Mutation.all(of: list(["0x10", "0x21000003", "rw"]), from: list(["0x10"]))
    #expect(
      all.map(\.root) == [
        list(["0x10", "0x21000002", "rw"]), list(["0x10", "0x21001003", "rw"]),
      ])
  }
}
