// swift-tools-version: 6.2
import PackageDescription

// libFuzzer brings its own main, so a target is a static library that `run` links by hand.
let package = Package(
  name: "fuzz",
  products: [.library(name: "FuzzUnit", type: .static, targets: ["FuzzUnit"])],
  dependencies: [.package(name: "dmar", path: "../")],
  targets: [
    .target(
      name: "FuzzUnit",
      dependencies: [
        .product(name: "VTdUnit", package: "dmar"),
        .product(name: "VTdFormats", package: "dmar"),
        .product(name: "PhysicalMemory", package: "dmar"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
