package import BatchKit

extension SplitMix {
  /// Whether a coin that falls so with this probability did.
  ///
  /// At 0 it never does, at 1 always.
  package mutating func happens(_ probability: Double) -> Bool {
    Double.random(in: 0..<1, using: &self) < probability
  }

  /// A name of 32 hexadecimal digits.
  package mutating func name() -> String {
    [next(), next()].map { number in
      let digits = String(number, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
