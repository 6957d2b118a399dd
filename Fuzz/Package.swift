// swift-tools-version: 6.2
import PackageDescription

// Fuzz targets, each a static library that `Fuzz/run` links with libFuzzer: SwiftPM would rename the
// `main` that libFuzzer brings along.
let package = Package(
  name: "Fuzz",
  products: [
    .library(name: "LockProgramFuzz", type: .static, targets: ["LockProgramFuzz"])
  ],
  dependencies: [.package(name: "dmar", path: "../")],
  targets: [
    .target(name: "LockProgramFuzz", dependencies: [.product(name: "Lockdep", package: "dmar")])
  ],
  swiftLanguageModes: [.v6]
)
