import Testing
@testable import VTdFormats
