/// What the lines of a result file have in common, learned from one of them.
///
/// A service writes all its answers alike: the same names in the same order, and between them the texts
/// and numbers in which they differ. Where all that is common stands in its place, no name need be looked at.
/// Such a line is as sound as the one that was learned from, because JSON stays JSON when a text takes the
/// place of a text and a number that of a number; these are still checked byte for byte.
final class LineLayout: Sendable {
  /// What a text, a number or a place means to whoever reads the line.
  enum Role: UInt8 {
    case none, id, bodyStart, bodyEnd, text, finishReason, refusal, model, replyStatus
    case status, input, output, cached, reasoning
  }

  enum Kind: UInt8 { case text, number, place }

  /// Bytes that are the same in every line, and what stands behind them.
  struct Step {
    /// Which of the common bytes come first.
    var common: Range<Int>
    var kind: Kind
    var role: Role
    /// How long the common text is that begins at a place.
    var length: Int
  }

  /// The common bytes of all steps, in order.
  private let common: [UInt8]
  private let steps: [Step]
  /// The common bytes behind the last step.
  private let end: Range<Int>
  /// The line that was learned from. What differs from line to line is put in its place.
  let example: ResultLine

  init(_ common: [UInt8], _ steps: [Step], end: Range<Int>, example: ResultLine) {
    (self.common, self.steps, self.end, self.example) = (common, steps, end, example)
  }

  /// Reads the line that `bytes` begin with, and returns how long it is; `nil` where it does not follow the
  /// layout, or is no answer.
  ///
  /// - Parameter line: What was read, in place of the ``example`` or of another line of this layout.
  func read(startOf bytes: Span<UInt8>, into line: inout ResultLine) -> Int? {
    line.facts.text.removeAll(keepingCapacity: true)
    var index = 0
    let isWhole = common.withSpan { common in
      for step in steps {
        guard bytes.holds(step.common, of: common, at: index) else { return false }
        index &+= step.common.count
        guard let next = line.take(step.kind, step.role, step.length, bytes, at: index) else { return false }
        index = next
      }
      return bytes.holds(end, of: common, at: index)
    }
    return isWhole ? index &+ end.count : nil
  }
}

extension ResultLine {
  /// Takes what stands at `index`, and returns where it ends; `nil` where it is nothing of this kind.
  @inline(__always)
  fileprivate mutating func take(
    _ kind: LineLayout.Kind, _ role: LineLayout.Role, _ length: Int, _ bytes: Span<UInt8>, at index: Int
  ) -> Int? {
    switch kind {
    case .text:
      guard let text = try? bytes.jsonText(from: index) else { return nil }
      if role != .none { note(text, role) }
      return text.range.upperBound
    case .number:
      guard let end = try? bytes.endOfNumber(from: index) else { return nil }
      return role == .none || note(index..<end, role, bytes) ? end : nil
    case .place:
      let text = index..<(index &+ length)
      switch role {
      case .bodyStart: body = (text, false)
      case .bodyEnd: body = ((body?.range.lowerBound ?? 0)..<index, false)
      default: facts.status = JSONText(range: text, hasEscapes: false)
      }
      return index
    }
  }

  /// Notes a text.
  private mutating func note(_ text: JSONText, _ role: LineLayout.Role) {
    switch role {
    case .id: id = text
    case .text: facts.text.append(text)
    case .finishReason: facts.finishReason = text
    case .refusal: facts.refusal = text
    case .model: facts.model = text
    default: break
    }
  }

  /// Notes a number; `false` where it is none that is read in passing, or the status of no answer.
  private mutating func note(_ digits: Range<Int>, _ role: LineLayout.Role, _ bytes: Span<UInt8>) -> Bool {
    guard let number = bytes.smallNumber(digits) else { return false }
    switch role {
    case .status:
      status = number
      return (200..<300).contains(number)
    case .input: facts.usage?.input = number
    case .output: facts.usage?.output = number
    case .cached: facts.usage?.cached = number
    case .reasoning: facts.usage?.reasoning = number
    default: break
    }
    return true
  }
}

extension Span where Element == UInt8 {
  /// Whether a stretch of other bytes stands at `index`; eight at a time, of which the last may be looked at
  /// twice.
  @inline(__always)
  fileprivate func holds(_ stretch: Range<Int>, of other: Span<UInt8>, at index: Int) -> Bool {
    let length = stretch.count
    guard length <= count &- index else { return false }
    guard length >= 8 else {
      for place in 0..<length
      where self[unchecked: index &+ place] != other[unchecked: stretch.lowerBound &+ place] { return false }
      return true
    }
    var place = 0
    let last = length &- 8
    while place < last {
      guard word(at: index &+ place) == other.word(at: stretch.lowerBound &+ place) else { return false }
      place &+= 8
    }
    return word(at: index &+ last) == other.word(at: stretch.lowerBound &+ last)
  }

  @inline(__always)
  private func word(at index: Int) -> UInt64 {
    bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
  }
}
