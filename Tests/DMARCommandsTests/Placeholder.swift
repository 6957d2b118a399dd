import Testing
@testable import DMARCommands
