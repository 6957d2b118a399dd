internal import KernelProfiles
internal import LinuxIOMMU
internal import Lockdep
internal import Machine
internal import PCI
internal import Recording
public import Scenario
public import ScenarioFormat
internal import VTdFormats
internal import VTdUnit

/// Questions about a scenario, whose answers come from running it: nothing here knows an answer.
///
/// A misconception with a variant is run as well: the model with that change behaves as the student
/// expects, so what it gives is the wrong answer of just this misconception.
public enum RunQuestions {
  /// The questions of an exercise.
  ///
  /// - Parameters:
  ///   - prediction: what is asked.
  ///   - exercise: what it is asked about, and its misconceptions.
  ///   - scenario: the exercise's start, with the numbers of the seed filled in.
  /// - Throws: `InputError` where the scenario, or a variant of it, cannot be run.
  public static func questions(
    _ prediction: Prediction, _ exercise: Exercise, about scenario: ScenarioTree
  ) throws(InputError) -> [Question] {
    let asked = try texts(prediction, exercise, scenario.scenario())
    let right = try answers(prediction, exercise, scenario.scenario())
    var questions = zip(asked, right).map { Question(text: $0, answer: $1) }
    if prediction == .cell {
      for index in questions.indices {
        questions[index].wrong = wrongCells(questions[index].answer)
      }
    }
    for misconception in exercise.misconceptions {
      guard let variant = misconception.variant else { continue }
      var changes: [Override] = []
      for change in variant.split(separator: ";") {
        changes.append(
          try Override(String(change.drop { $0 == " " })) { (text, file) in
            YAMLValue(.scalar(text), at: Place(whole: file))
          })
      }
      let wrong = try answers(prediction, exercise, scenario.scenario(with: changes))
      for (index, answer) in wrong.enumerated() where questions.indices.contains(index) {
        if !questions[index].accepts(answer) {
          questions[index].wrong[misconception.sign] = answer
        }
      }
    }
    return questions
  }

  // MARK: What is asked

  private static func texts(
    _ prediction: Prediction, _ exercise: Exercise, _ scenario: ScenarioDescription
  ) throws(InputError) -> [String] {
    switch prediction {
    case .outcome:
      return try steps(exercise, scenario).map {
        "step \($0.number), \($0.text): passes, or is blocked"
      }
    case .fate:
      return try steps(exercise, scenario).map {
        "the fault of step \($0.number), \($0.text): the number of the record that holds it, or lost"
      }
    case .cell:
      return try steps(exercise, scenario).map {
        "step \($0.number), \($0.text): the row and the column of the cell in which the walk stops"
      }
    case .groups:
      return exercise.asked.map { "who shares a group with \($0): addresses in order, or nobody" }
    case .commits:
      return ["the commit that brought the report", "the commit that ended it"]
    case .sourceID, .indices, .permissions, .letters: return []
    }
  }

  private static func steps(_ exercise: Exercise, _ scenario: ScenarioDescription)
    throws(InputError) -> [(number: Int, text: String)]
  {
    var steps: [(number: Int, text: String)] = []
    for word in exercise.asked {
      guard let number = Int(word), scenario.steps.indices.contains(number - 1),
        case .dma(let dma) = scenario.steps[number - 1].action
      else {
        throw InputError(
          at: scenario.steps.first?.place ?? Place(file: ""),
          "step \(word) is asked about; the number of a step with a DMA was expected")
      }
      steps.append((number, words(of: dma)))
    }
    return steps
  }

  private static func words(of dma: DMADescription) -> String {
    let device =
      switch dma.device {
      case .address(let address): address.shortDescription
      case .first: "the first device"
      }
    let address =
      switch dma.address {
      case .number(let number): "0x\(hex(number.rawValue))"
      case .mapped(let name, let offset): name + (offset == 0 ? "" : "+0x\(hex(offset))")
      }
    return "\(device) \(dma.access.verb) \(address)"
  }

  // MARK: What is answered

  private static func answers(
    _ prediction: Prediction, _ exercise: Exercise, _ scenario: ScenarioDescription
  ) throws(InputError) -> [String] {
    if prediction == .commits { return try commits(scenario) }
    guard case .finished(let run) = try ScenarioRun.run(scenario, isRecorded: true),
      let record = run.record
    else { return [] }
    if prediction == .groups {
      return exercise.asked.map { groups(of: $0, on: run.machine) }
    }
    return exercise.asked.map { word in
      let step = Int(word) ?? 0
      for event in record.events where event.step == step {
        if case .dma(let fact) = event.what { return answer(prediction, to: fact) }
        if case .bypass(let fact) = event.what {
          return fact.reachesMemory ? "passes" : "blocked"
        }
      }
      return "nothing"
    }
  }

  private static func answer(_ prediction: Prediction, to fact: DMAFact) -> String {
    switch prediction {
    case .outcome:
      fact.given.result == .blocked || fact.given.result == .refused ? "blocked" : "passes"
    case .fate: fate(fact.recorded)
    case .cell: cell(fact.walk)
    default: ""
    }
  }

  private static func fate(_ recorded: Recorded?) -> String {
    guard let recorded else { return "none" }
    switch recorded.outcome {
    case .recorded, .folded: return recorded.index.map { "\($0)" } ?? "none"
    case .overflowed, .overflowPending, .processingDisabled, .notReported: return "lost"
    }
  }

  /// The row and the column of the grid of a nested walk where it stops: the first-stage level
  /// whose table was to be found (0: the page), and the second-stage level that was read last.
  private static func cell(_ walk: [WalkFact]) -> String {
    guard let last = walk.last, last.structure == .secondStageEntry else { return "none" }
    var row = 4
    for step in walk where step.structure == .firstStageEntry { row = step.level - 1 }
    return "\(row) \(last.level)"
  }

  /// Two wrong answers: row and column swapped, and the row of the entry that was read last.
  private static func wrongCells(_ answer: String) -> [String: String] {
    let numbers = answer.split(separator: " ").compactMap { Int($0) }
    guard numbers.count == 2 else { return [:] }
    var wrong: [String: String] = [:]
    if numbers[0] != numbers[1] { wrong["swapped"] = "\(numbers[1]) \(numbers[0])" }
    if numbers[0] < 4 { wrong["row-above"] = "\(numbers[0] + 1) \(numbers[1])" }
    return wrong
  }

  private static func groups(of word: String, on machine: Machine) -> String {
    guard let address = PCIAddress(word) else { return "nobody" }
    let group = machine.pci.isolationGroups(.asConfigured).group(of: address)
    let others = (group?.members ?? []).map { $0.address }.filter { $0 != address }
    return others.isEmpty
      ? "nobody" : others.map { $0.shortDescription }.joined(separator: " ")
  }

  /// The commit of the first release whose kernel prints the scenario's own lock report, and of the first
  /// one behind it whose kernel does not: what `dmar matrix` finds.
  private static func commits(_ scenario: ScenarioDescription) throws(InputError) -> [String] {
    guard let title = try titles(scenario, scenario.build.behaviour).first else { return [] }
    var found: [String] = []
    var before: KernelBehaviour?
    for profile in KernelProfile.all {
      if try titles(scenario, profile.behaviour).contains(title) == found.isEmpty {
        found.append(try decisive(profile.changes, after: before, title, scenario))
        if found.count == 2 { return found }
      }
      before = profile.behaviour
    }
    while found.count < 2 { found.append("none") }
    return found
  }

  /// The titles of the lock reports that a kernel prints.
  private static func titles(_ scenario: ScenarioDescription, _ behaviour: KernelBehaviour)
    throws(InputError) -> [String]
  {
    var scenario = scenario
    scenario.build.behaviour = behaviour
    guard case .finished(let run) = try ScenarioRun.run(scenario) else { return [] }
    return run.machine.kernel.lockReports.map { $0.title }
  }

  /// Of the changes of a release, the one by which a report comes or goes.
  private static func decisive(
    _ changes: [KernelChange], after before: KernelBehaviour?, _ title: String,
    _ scenario: ScenarioDescription
  ) throws(InputError) -> String {
    guard changes.count > 1, let before else { return changes.first?.commit ?? "none" }
    let was = try titles(scenario, before).contains(title)
    for change in changes {
      if try titles(scenario, change.applied(to: before)).contains(title) != was {
        return change.commit ?? "none"
      }
    }
    return changes.first?.commit ?? "none"
  }
}
