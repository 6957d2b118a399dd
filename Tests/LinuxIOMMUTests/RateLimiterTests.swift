import Testing

@testable import LinuxIOMMU

@Suite("The rate limiter")
struct RateLimiterTests {
  @Test("lets ten calls of a window through")
  func burst() {
    var limiter = RateLimiter()
    let allowed = (0..<25).map { limiter.ask(at: UInt64($0)).isAllowed }
    #expect(allowed == Array(repeating: true, count: 10) + Array(repeating: false, count: 15))
  }

  @Test("reports what it suppressed at the first call after the window")
  func window() {
    var limiter = RateLimiter()
    for time in 0..<13 { _ = limiter.ask(at: UInt64(time)) }
    // The window ends after five seconds, not at them.
    #expect(limiter.ask(at: RateLimiter.interval).suppressed == 0)
    let decision = limiter.ask(at: RateLimiter.interval + 1)
    #expect(decision.suppressed == 4)
    #expect(decision.isAllowed)
    #expect(limiter.ask(at: RateLimiter.interval + 2).suppressed == 0)
  }
}
