import BatchKit
import Testing

@Suite(.inTurn) struct `A wait looks often enough and not too often` {
  func delay(_ polling: Polling, looks: Int = 1, age: Duration, left: Duration? = nil) -> Duration {
    polling.delay(looks: looks, age: age, left: left, dice: 0.5)
  }

  @Test(
    arguments: [
      (0, nil, 2), (4, nil, 2), (20, nil, 5), (200, nil, 50), (3600, nil, 120), (86_400, nil, 120),
      (3600, 30, 10.2), (3600, 3, 5), (3600, 600, 120), (100, -5, 25),
    ] as [(Double, Double?, Double)])
  func `it looks soon at first, then by age and by what is left`(age: Double, left: Double?, expected: Double)
  {
    let delay = delay(.adaptive, age: .seconds(age), left: left.map { .seconds($0) })
    #expect(abs(delay.seconds - expected) < 0.001)
  }

  @Test func `jitter stays within a tenth`() {
    let low = Polling.adaptive.delay(looks: 1, age: .seconds(200), left: nil, dice: 0)
    let high = Polling.adaptive.delay(looks: 1, age: .seconds(200), left: nil, dice: 1)
    #expect(abs(low.seconds - 45) < 0.001 && abs(high.seconds - 55) < 0.001)
  }

  @Test func `a day of waiting costs under a thousand looks`() {
    var age = Duration.zero
    var looks = 0
    while age < .seconds(86_400) {
      looks += 1
      age += delay(.adaptive, looks: looks, age: age)
    }
    #expect((100..<1000).contains(looks))
  }

  @Test func `a fixed pace is kept to the letter`() {
    #expect(Polling.every(.seconds(30)).delay(looks: 9, age: .zero, left: nil, dice: 0.9) == .seconds(30))
    #expect(Polling.every(.zero).delay(looks: 1, age: .zero, left: nil, dice: 0) > .zero)
  }

  @Test(arguments: zip([1, 2, 3, 4, 99], [1.0, 2, 4, 5, 5]))
  func `a backoff doubles from one bound to the other`(looks: Int, seconds: Double) {
    let polling = Polling.backoff(from: .seconds(1), to: .seconds(5))
    #expect(abs(delay(polling, looks: looks, age: .zero).seconds - seconds) < 0.001)
  }
}
