internal import KernelProfiles
internal import Text

/// `profiles`: how kernel releases differ, as `dmar profiles` prints it.
enum ProfilesOperation {
  static func answer(_ request: Request) throws(Failure) -> ModuleAnswer {
    let release = try request.text("release")
    let wanted = try request.texts("want")
    do throws(ProfileListing.NoProfile) {
      var answer = ModuleAnswer([
        ("releases", .array(KernelProfile.all.map { .string($0.release) })),
        ("newest", .string(KernelProfile.newest.release)),
      ])
      if wanted == ["releases"] { return answer }
      answer.add("lines", lines: try ProfileListing.lines(of: release))
      answer.add("profiles", try ProfileListing.json(of: release))
      return answer
    } catch {
      throw Failure(error.description)
    }
  }
}
