import Testing
@testable import KernelLog
