internal import LinuxIOMMU
internal import ScenarioFormat

extension Place {
  /// Does what the driver may refuse; a refusal is an error of what stands here.
  @discardableResult
  func asking<Result>(_ body: () throws(DriverError) -> Result) throws(InputError) -> Result {
    do throws(DriverError) {
      return try body()
    } catch {
      throw InputError(at: self, "\(error)")
    }
  }
}
