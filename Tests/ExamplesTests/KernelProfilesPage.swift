import KernelProfiles

func kernelProfiles() throws {
  for release in ["4.19", "6.12"] {
    guard let profile = KernelProfile.named(release) else { continue }
    print(release, profile.behaviour.faultLines, profile.behaviour.driver.groupTypes)
  }
  for change in KernelProfile.named("5.12")?.changes ?? [] {
    print(change.release, change.summary)
  }
}
