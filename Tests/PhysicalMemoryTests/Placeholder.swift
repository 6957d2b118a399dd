import Testing
@testable import PhysicalMemory
