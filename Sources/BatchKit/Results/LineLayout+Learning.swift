extension LineLayout {
  /// Lines in which more differs, such as those of embeddings, are not learned from.
  private static let mostSteps = 128
  /// Numbers of which it has to be found out what they mean give way to these, which no service counts to.
  private static let firstMark = 700_000_000_000_000

  /// A part of the line that is no common bytes.
  private struct Part {
    var place: Range<Int>
    var kind: Kind
    var role = Role.none
  }

  /// The layout of the line that `bytes` hold, if that is an answer.
  ///
  /// - Parameter readsAnswer: whether the fields of the body are wanted of other lines.
  convenience init?(of bytes: Span<UInt8>, readsAnswer: Bool) {
    let line = ResultLine(bytes, readsAnswer: readsAnswer)
    let facts = line.facts
    guard line.isSuccess, let body = line.body, !body.isText, facts.status?.hasEscapes != true,
      !facts.hasError, facts.errorCode == nil, facts.errorMessage == nil
    else { return nil }
    var parts = Self.values(of: bytes)
    guard parts.count < Self.mostSteps, Self.findTexts(among: &parts, line) else { return nil }
    Self.findNumbers(among: &parts, bytes, readsAnswer)
    parts.append(Part(place: body.range.lowerBound..<body.range.lowerBound, kind: .place, role: .bodyStart))
    parts.append(Part(place: body.range.upperBound..<body.range.upperBound, kind: .place, role: .bodyEnd))
    if let status = facts.status {
      parts.append(Part(place: status.range, kind: .place, role: .replyStatus))
    }
    parts.sort { $0.place.lowerBound < $1.place.lowerBound }
    self.init(line, parts, bytes)
  }

  /// Takes what is common from between the parts.
  private convenience init(_ line: ResultLine, _ parts: [Part], _ bytes: Span<UInt8>) {
    var (common, steps): ([UInt8], [Step]) = ([], [])
    var last = 0
    for part in parts {
      let start = common.count
      common.append(bytes, last..<part.place.lowerBound)
      steps.append(
        Step(common: start..<common.count, kind: part.kind, role: part.role, length: part.place.count))
      last = part.kind == .place ? part.place.lowerBound : part.place.upperBound
    }
    let end = common.count
    common.append(bytes, last..<bytes.count)
    self.init(common, steps, end: end..<common.count, example: line)
  }

  /// The texts and numbers of a line that is sound, but for names and for texts that decide how it is read.
  private static func values(of bytes: Span<UInt8>) -> [Part] {
    var parts: [Part] = []
    var name = JSONText(range: 0..<0, hasEscapes: false)
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\""), let text = try? bytes.jsonText(from: index + 1) {
        index = text.range.upperBound + 1
        let next = bytes.endOfSpace(from: index)
        if next < bytes.count, bytes[next] == UInt8(ascii: ":") {
          name = text
        } else if !name.decides(bytes) {
          parts.append(Part(place: text.range, kind: .text))
        }
      } else if isNumeric(bytes[index]), let end = try? bytes.endOfNumber(from: index) {
        parts.append(Part(place: index..<end, kind: .number))
        index = end
      } else {
        index += 1
      }
    }
    return parts
  }

  private static func isNumeric(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// Finds out what the texts mean, which the line tells by where they stand; `false` where one is no part.
  private static func findTexts(among parts: inout [Part], _ line: ResultLine) -> Bool {
    let facts = line.facts
    var texts = facts.text.map { ($0.range, Role.text) }
    let others: [(JSONText?, Role)] = [
      (line.id, .id), (facts.finishReason, .finishReason), (facts.refusal, .refusal), (facts.model, .model),
    ]
    for case (let text?, let role) in others { texts.append((text.range, role)) }
    for (range, role) in texts {
      guard let index = parts.firstIndex(where: { $0.place == range }) else { return false }
      parts[index].role = role
    }
    return true
  }

  /// Finds out what the numbers mean: each is marked, and the line read once more to see which marks come out
  /// as what.
  private static func findNumbers(among parts: inout [Part], _ bytes: Span<UInt8>, _ readsAnswer: Bool) {
    let line = marked(parts, bytes).withSpan { ResultLine($0, readsAnswer: readsAnswer) }
    let usage = line.facts.usage
    let numbers: [(Int?, Role)] = [
      (line.status, .status), (usage?.input, .input), (usage?.output, .output), (usage?.cached, .cached),
      (usage?.reasoning, .reasoning),
    ]
    for case (let number?, let role) in numbers where parts.indices.contains(number - firstMark) {
      parts[number - firstMark].role = role
    }
  }

  /// The line with each number replaced by the mark of its part.
  private static func marked(_ parts: [Part], _ bytes: Span<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    var last = 0
    for (index, part) in parts.enumerated() where part.kind == .number {
      out.append(bytes, last..<part.place.lowerBound)
      out += String(firstMark + index).utf8
      last = part.place.upperBound
    }
    out.append(bytes, last..<bytes.count)
    return out
  }
}

extension JSONText {
  /// Whether a text of this name is not told but decides how the line is read.
  fileprivate func decides(_ bytes: Span<UInt8>) -> Bool {
    equals("object", bytes) || equals("status", bytes) || equals("type", bytes)
  }
}
