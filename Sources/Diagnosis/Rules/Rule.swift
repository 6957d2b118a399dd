/// A cause as a rule: it looks at one fault among everything that the log says, and either has
/// nothing to say or states its clues. A new cause is a new file beside the others, and a line
/// in `Rule.all`.
struct Rule: Sendable {
  let cause: Finding.Cause
  let judge: @Sendable (FaultCase) -> Hypothesis?
}
