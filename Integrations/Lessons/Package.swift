// swift-tools-version: 6.2
// Nine programs of lessons, written against the library products alone, as a teacher's package is.
import PackageDescription

let package = Package(
  name: "Lessons",
  dependencies: [.package(name: "dmar", path: "../..")],
  targets: [
    .executableTarget(
      name: "Lessons", dependencies: [.product(name: "IOMMULab", package: "dmar")],
      swiftSettings: [
        .treatAllWarnings(as: .error), .enableUpcomingFeature("MemberImportVisibility"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
