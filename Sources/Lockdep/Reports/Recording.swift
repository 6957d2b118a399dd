/// What makes two reports the same finding: the kind and the classes, usages or names in it.
struct ReportSignature: Hashable {
  var kind: String
  var parts: [UInt64]

  init(_ kind: String, _ parts: [UInt64]) {
    self.kind = kind
    self.parts = parts
  }
}

extension Validator {
  /// Takes a report down and turns the validator off where the kernel does.
  ///
  /// In a validator that goes on, a finding that was already reported is not reported again.
  func record(
    _ report: @autoclosure () -> LockReport, signature: @autoclosure () -> ReportSignature
  ) {
    if configuration.goesOn, !signatures.insert(signature()).inserted { return }
    let report = report()
    reports.append(report)
    core.pointee.reportCount = reports.count
    if !report.leavesValidatorOn && !configuration.goesOn { core.pointee.isOn = false }
  }

  /// The first report since `count`, for an operation to return.
  @inline(never)
  func reportSince(_ count: Int) -> LockReport? {
    count < reports.count ? reports[count] : nil
  }

  /// The index of the first report since there were `count`, -1 if there is none.
  func newReport(since count: Int) -> Int {
    count < core.pointee.reportCount ? count : -1
  }

  /// `DEBUG_LOCKS_WARN_ON(condition)`.
  func warn(_ condition: String, _ context: LockdepContext, _ path: CallPath) {
    record(
      .warning(KernelWarning(text: condition, isDebugLocks: true, scene: scene(context, path))),
      signature: ReportSignature(condition, []))
  }

  /// `DEBUG_LOCKS_WARN_ON` of code outside the validator, such as ww_mutex's own checks.
  @discardableResult
  public func debugLocksWarn(_ condition: String, in context: LockdepContext) -> LockReport? {
    guard isOn, entries(context) != nil else { return nil }
    let count = reports.count
    warn(condition, context, CallPath())
    return reportSince(count)
  }

  /// `WARN(1, text)`.
  func note(_ text: String, _ context: LockdepContext, _ path: CallPath) {
    record(
      .warning(KernelWarning(text: text, isDebugLocks: false, scene: scene(context, path))),
      signature: ReportSignature(text, []))
  }

  /// A trace of now, stored; nil if the table is full, which is reported.
  func saveTrace(_ context: LockdepContext, _ path: CallPath) -> TraceID? {
    let frames = currentTrace(context, path)
    if let id = traces.save(frames, limit: configuration.limits.traceWords) { return id }
    record(
      .tableFull(.traces, scene(context, printed(by: .saveTrace, in: path))),
      signature: ReportSignature("traces", []))
    return nil
  }

  /// A trace of now for a report, not stored.
  func currentTrace(_ context: LockdepContext, _ path: CallPath) -> [LockdepFrame] {
    guard let traceSource else { return [] }
    return traceSource(TraceRequest(context: context, path: path.calling(.saveTrace)))
  }

  /// The path of a report that `function` prints from inside `path`, down to the dump of the stack.
  func printed(by function: LockdepFunction, in path: CallPath) -> CallPath {
    dumped(path.calling(function))
  }

  func dumped(_ path: CallPath) -> CallPath {
    path.calling(.dumpStack).calling(.dumpStackLvl)
  }
}
