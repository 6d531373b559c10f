/// Tells how many tokens a text becomes when a model reads it.
///
/// Limits and prices are counted in tokens, and every family of models divides text in a way of its own. Take
/// ``ApproximateTokenCounter`` where about right is enough, and conform a type of your own where you have the
/// vocabulary of the model:
/// ```swift
/// struct Exact: TokenCounter {
///   let encoding: MyEncoding
///   func count(of text: String) -> Int { encoding.encode(text).count }
/// }
/// ```
public protocol TokenCounter: Sendable {
  /// The number of tokens of `text`, without any that a service puts around it.
  func count(of text: String) -> Int
}

/// A counter that takes the bytes as they lie in a file, which spares making a string of each text.
package protocol UTF8TokenCounter: TokenCounter {
  /// The number of tokens of a text in UTF-8.
  func count(ofUTF8 text: Span<UInt8>) -> Int
}

extension UTF8TokenCounter {
  /// The number of tokens of `text`.
  public func count(of text: String) -> Int {
    var text = text
    return text.withUTF8 { count(ofUTF8: $0.span) }
  }
}

extension TokenCounter {
  /// The number of tokens of a text in UTF-8, by way of a string where the counter knows no other.
  package func tokens(inUTF8 text: Span<UInt8>) -> Int {
    if let counter = self as? any UTF8TokenCounter { return counter.count(ofUTF8: text) }
    return text.withUnsafeBufferPointer { count(of: String(decoding: $0, as: UTF8.self)) }
  }
}

/// An estimate of tokens from the kinds of characters alone, without any vocabulary.
///
/// Measured against OpenAI's newest vocabulary (`o200k_base`) over two thousand texts, half of which the
/// weights were fitted to, all texts of a kind taken together:
///
/// - English, Dutch, Czech, Hungarian, Arabic, Persian, Thai, Chinese, Korean and Vietnamese come out within
///   5 %, German, Japanese and Russian within 8 %, Spanish, Portuguese, Italian, Ukrainian, Indonesian and
///   Finnish within 10 %, and French, Turkish and Polish within 13 %;
/// - programs in Swift, Python, C and JavaScript within 5 %, made-up JSON and tables of numbers within 6 %,
///   Markdown and XML within 10 %, JSON files as they are found within 15 %;
/// - what is no language, such as Base64, comes out a third too low, and an emoji may be twice too high.
///
/// A single text of 600 characters is off by 4 to 13 % on average, about as its kind is. Older vocabularies
/// (`cl100k_base`) make as many tokens of English and programs, a tenth more of French, Spanish, Portuguese
/// and German, and a fifth more to twice as many of other languages: there the estimate is too low by that.
/// ```swift
/// ApproximateTokenCounter().count(of: "What is the capital of France?")  // 7
/// ```
public struct ApproximateTokenCounter: UTF8TokenCounter, Hashable {
  /// An estimate that is the same for the same text everywhere.
  public init() {}

  /// The number of tokens of a text in UTF-8.
  ///
  /// Of a long text a sixteenth is looked at, in pieces from its beginning to its end: by then it has said
  /// what kind of text it is, and files of hundreds of megabytes are counted on the way.
  package func count(ofUTF8 text: Span<UInt8>) -> Int {
    guard text.count > Self.long else {
      var tally = TokenTally()
      tally.take(text, 0..<text.count)
      return tally.tokens
    }
    var (hundredths, seen) = (0, 0)
    for start in stride(from: 0, to: text.count &- Self.piece, by: Self.piece &* 16) {
      var tally = TokenTally()
      // What stands in front decides whether a word begins here or goes on.
      if start > 0 { tally.lookAt(text, start &- 8) }
      tally.take(text, start..<(start &+ Self.piece))
      hundredths &+= tally.hundredths
      seen &+= Self.piece
    }
    return hundredths * text.count / (seen * 100)
  }

  private static let long = 2048
  private static let piece = 64
}

/// The hundredths of a token that the bytes read so far are worth.
///
/// Eight bytes are judged in one step, each class of them as the top bits of a word; what a byte is worth is
/// then added up in its own eighth of the word, so that no byte is ever looked at alone. No byte may be worth
/// more than 255 in all, or it would run into its neighbour.
///
/// The weights were fitted to manuals in twenty-two languages, and to programs, JSON and tables; other such
/// texts told what ``ApproximateTokenCounter`` promises.
private struct TokenTally {
  private static let tops: UInt64 = 0x8080_8080_8080_8080
  private static let ones: UInt64 = 0x0101_0101_0101_0101

  private(set) var hundredths = 0
  private var letters: UInt64 = 0
  private var lowers: UInt64 = 0
  private var pairs: UInt64 = 0
  private var fours: UInt64 = 0
  private var digits: UInt64 = 0
  private var signs: UInt64 = 0
  private var ends: UInt64 = 0
  private var spaces: UInt64 = 0
  private var secondSpaces: UInt64 = 0
  private var foreign = Foreign()

  /// What was seen of the characters beyond ASCII, of which the bytes that follow are part.
  private struct Foreign {
    var latins: UInt64 = 0
    var toned: UInt64 = 0
    var others: UInt64 = 0
    var otherBytes: UInt64 = 0
  }

  /// A text that is not empty has a token at least.
  var tokens: Int { (hundredths + 99) / 100 }

  /// Adds the bytes of a stretch of text.
  @inline(__always)
  mutating func take(_ text: Span<UInt8>, _ range: Range<Int>) {
    var index = range.lowerBound
    while index &+ 8 <= range.upperBound {
      let word = text.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
      take(UInt64(littleEndian: word))
      index &+= 8
    }
    guard index < range.upperBound else { return }
    // What is missing to a whole word is filled up with zeros, which count for nothing.
    var last: UInt64 = 0
    for place in (index..<range.upperBound).reversed() { last = last << 8 | UInt64(text[place]) }
    take(last)
  }

  /// Notes what stands in front of the first byte, and counts nothing for it.
  mutating func lookAt(_ text: Span<UInt8>, _ start: Int) {
    take(text, start..<(start &+ 8))
    hundredths = 0
  }

  @inline(__always)
  private mutating func take(_ word: UInt64) {
    let low = word & ~Self.tops
    let high = word & Self.tops
    let plain = Self.tops & ~high
    let folded = low | Self.ones &* 0x20
    var letter = Self.from(0x61, folded) & ~Self.from(0x7B, folded) & plain
    let lower = letter & low << 2
    let capital = letter & ~lower
    let digit = Self.from(0x30, low) & ~Self.from(0x3A, low) & plain
    let end = (Self.equal(0x0A, low) | Self.equal(0x0D, low)) & plain
    let space = (Self.equal(0x20, low) | Self.equal(0x09, low)) & plain
    let sign = Self.from(0x21, low) & plain & ~letter & ~digit

    var worth: UInt64 = 0
    if high == 0 { foreign = Foreign() } else { worth = take(high, of: word, &letter) }
    let pair = letter & Self.behind(letter, letters, 8)
    let four = pair & Self.behind(pair, pairs, 16)
    // The seventh letter of a word and all behind it: the longer a word, the less likely it is one token.
    let long = four & Self.behind(four, fours, 24)
    let secondSpace = space & Self.behind(space, spaces, 8)

    worth &+= Self.worth(letter & ~pair, 91)
    worth &+= Self.worth(capital & Self.behind(lower, lowers, 8), 13)
    worth &+= Self.worth(long, 38)
    worth &+= Self.worth(digit & ~Self.behind(digit, digits, 8), 104) &+ Self.worth(digit, 25)
    worth &+= Self.worth(sign & ~Self.behind(sign, signs, 8), 42) &+ Self.worth(sign, 19)
    // The end of a line goes with the sign in front of it.
    worth &+= Self.worth(end & ~Self.behind(end | sign, ends | signs, 8), 90)
    worth &+= Self.worth(secondSpace & ~Self.behind(secondSpace, secondSpaces, 8), 187)
    hundredths &+= Self.sum(worth)

    (letters, lowers, pairs, fours) = (letter, lower, pair, four)
    (digits, signs, ends, spaces, secondSpaces) = (digit, sign, end, space, secondSpace)
  }

  /// What the characters beyond ASCII are worth; those of Latin script are letters like the others of a word.
  @inline(__always)
  private mutating func take(_ high: UInt64, of word: UInt64, _ letter: inout UInt64) -> UInt64 {
    let lead = high & word << 1
    let three = lead & word << 2
    let four = three & word << 3
    let two = lead & ~three
    // Of two bytes: up to U+03FF letters with accents, from there on Cyrillic, Hebrew and Arabic.
    let latin = two & ~(word << 3)
    let other = two & word << 3
    // Of three: Thai and the scripts of India below U+1000, letters with two accents below U+2000.
    let low = word & (Self.ones &* 0x0F)
    let southern = three & ~four & ~(low &+ Self.ones &* 0x7F)
    let toned = three & Self.equal(1, low)

    letter |= latin | Self.behind(latin, foreign.latins, 8)
    letter |= toned | Self.behind(toned, foreign.toned, 8) | Self.behind(toned, foreign.toned, 16)
    let bytes = other | Self.behind(other, foreign.others, 8)
    let start = other & ~Self.behind(bytes, foreign.otherBytes, 8)
    foreign = Foreign(latins: latin, toned: toned, others: other, otherBytes: bytes)
    return Self.worth(latin, 60) &+ Self.worth(start, 79) &+ Self.worth(other, 16)
      &+ Self.worth(southern, 39) &+ Self.worth(three & ~four & ~southern & ~toned, 75)
      &+ Self.worth(four, 200)
  }

  /// The bytes of seven bits that are at least `least`.
  @inline(__always)
  private static func from(_ least: UInt64, _ word: UInt64) -> UInt64 {
    (word &+ ones &* (0x80 &- least)) & tops
  }

  @inline(__always)
  private static func equal(_ byte: UInt64, _ word: UInt64) -> UInt64 {
    ~((word ^ ones &* byte) &+ ones &* 0x7F) & tops
  }

  /// The same class, so many bits further on.
  @inline(__always)
  private static func behind(_ now: UInt64, _ before: UInt64, _ bits: UInt64) -> UInt64 {
    now << bits | before >> (64 &- bits)
  }

  @inline(__always)
  private static func worth(_ mask: UInt64, _ hundredths: UInt64) -> UInt64 { (mask >> 7) &* hundredths }

  /// The sum of the eight bytes of a word.
  @inline(__always)
  private static func sum(_ word: UInt64) -> Int {
    let pairs = (word & 0x00FF_00FF_00FF_00FF) &+ (word >> 8 & 0x00FF_00FF_00FF_00FF)
    return Int(truncatingIfNeeded: (pairs &* 0x0001_0001_0001_0001) >> 48)
  }
}
