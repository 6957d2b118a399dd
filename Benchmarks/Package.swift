// swift-tools-version: 6.2
import PackageDescription

// What the project's code costs, as ratios to something that every machine has, measured in the
// same run. A package of its own: users of the project never build it.
let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "dmar", path: "../")],
  targets: [
    // valgrind does not read DWARF 5.
    .target(name: "CAffinity", cSettings: [.unsafeFlags(["-gdwarf-4"])]),
    .executableTarget(
      name: "LockdepBenchmark",
      dependencies: ["CAffinity", .product(name: "Lockdep", package: "dmar")]),
    // The unit's look-up and walk in C.
    .target(name: "CTranslation", cSettings: [.unsafeFlags(["-O2", "-gdwarf-4"])]),
    .executableTarget(
      name: "VTdUnitBenchmark",
      dependencies: [
        "CAffinity", "CTranslation",
        .product(name: "VTdUnit", package: "dmar"),
        .product(name: "VTdFormats", package: "dmar"),
        .product(name: "PhysicalMemory", package: "dmar"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
