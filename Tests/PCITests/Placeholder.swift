import Testing
@testable import PCI
