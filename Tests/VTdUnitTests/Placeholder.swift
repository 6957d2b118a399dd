import Testing
@testable import VTdUnit
