import Testing
@testable import LinuxIOMMU
