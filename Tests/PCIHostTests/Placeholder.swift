import Testing
@testable import PCIHost
