import Testing
@testable import Lockdep
