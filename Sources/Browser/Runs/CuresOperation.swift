internal import KernelProfiles
internal import KernelRuntime
internal import Scenario
internal import ScenarioFormat
internal import Text

/// `cures`: what was proposed against a lock report, and what each changes in a scenario's kernel.
enum CuresOperation {
  static func answer(_ request: Request) throws(Failure) -> ModuleAnswer {
    // Without a scenario the kernel is the newest one.
    var own = KernelProfile.newest.behaviour
    if request.value("scenario") != nil {
      own = try ScenarioQuestion(request).scenario().build.behaviour
    }
    return ModuleAnswer([
      (
        "cures",
        .array(
          KernelCure.all.map { cure in
            .object([
              ("name", .string(cure.name)), ("summary", .string(cure.summary)),
              ("settings", .object(cure.settings(in: own).map { ($0.key, .string($0.value)) })),
            ])
          })
      )
    ])
  }
}
