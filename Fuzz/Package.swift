// swift-tools-version: 6.2
import PackageDescription

// Fuzz targets, apart from the package so that users never build them. Each is a static library
// with libFuzzer's entry point; `Fuzz/run` links it, for SwiftPM would rename the fuzzer's main.
let package = Package(
  name: "dmar-fuzz",
  products: [
    .library(name: "FuzzDMARTable", type: .static, targets: ["FuzzDMARTable"])
  ],
  dependencies: [.package(name: "dmar", path: "..")],
  targets: [
    .target(
      name: "FuzzDMARTable",
      dependencies: [
        .product(name: "ACPITables", package: "dmar"), .product(name: "PCI", package: "dmar"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
