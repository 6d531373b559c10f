/// The layouts that the lines of a file follow, learned on the way.
package struct LineLayouts {
  /// The line that was read last. It is read where it stands: to hand it on would cost as much as to read it.
  package private(set) var line = ResultLine()
  private let readsAnswer: Bool
  private var known: [LineLayout] = []
  /// The layout that the line was last read by.
  private var followed: Int?
  /// How many more lines that follow no layout are learned from; lines that follow one add to it.
  private var patience = 8
  /// Whether an answer was read. Who reads a single one, by its id, is not made to learn from it in vain.
  private var hasRead = false
  /// Whether the line was read before anyone asked for it.
  private var isAhead = false

  /// More layouts at a time would cost more than they spare.
  private static let (most, mostPatience) = (4, 32)

  /// No layouts yet.
  ///
  /// - Parameter readsAnswer: whether the fields of the body are wanted.
  package init(readsAnswer: Bool) { self.readsAnswer = readsAnswer }

  /// Reads the line that `bytes` hold, which makes it the same as ``ResultLine/init(_:readsAnswer:)`` would.
  package mutating func read(_ bytes: Span<UInt8>) {
    if isAhead { return isAhead = false }
    if length(ofLineIn: bytes) == bytes.count { return }
    line = ResultLine(bytes, readsAnswer: readsAnswer)
    followed = nil
    guard line.isSuccess else { return }
    if hasRead { learn(from: bytes) }
    hasRead = true
  }

  /// Where the line ends that `bytes` begin with, if it follows a layout: no text holds a line feed, so the
  /// first one stands right behind. That line is the next to be asked for.
  package mutating func lineFeed(in bytes: Span<UInt8>) -> Int? {
    guard let length = length(ofLineIn: bytes), length < bytes.count, bytes[length] == 0x0A else {
      return nil
    }
    isAhead = true
    return length
  }

  private mutating func length(ofLineIn bytes: Span<UInt8>) -> Int? {
    if let followed, let length = known[followed].read(startOf: bytes, into: &line) {
      if patience < Self.mostPatience { patience += 1 }
      return length
    }
    let last = followed
    for index in known.indices where index != last {
      (line, followed) = (known[index].example, index)
      if let length = known[index].read(startOf: bytes, into: &line) { return length }
    }
    return nil
  }

  private mutating func learn(from bytes: Span<UInt8>) {
    guard patience > 0 else { return known = [] }
    patience -= 1
    guard let layout = LineLayout(of: bytes, readsAnswer: readsAnswer) else { return }
    if known.count == Self.most { known.removeFirst() }
    known.append(layout)
  }
}
