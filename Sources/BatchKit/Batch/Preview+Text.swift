extension BatchPreview: CustomStringConvertible {
  /// The requests as indented text, without colour.
  public var description: String { text(colored: false) }

  /// Returns the requests as indented text, in the colours of a terminal if wanted.
  ///
  /// Control characters in the data are spelled out, so that no cell can play tricks on the terminal.
  public func text(colored: Bool) -> String {
    let paint = Paint(isOn: colored)
    return samples.map { sample in
      let heading = [sample.place, sample.id.rawValue].compactMap(\.self).joined(separator: " → ")
      let width = min(24, sample.cells.map(\.column.count).max() ?? 0)
      let cells = sample.cells.map { cell in
        let name = cell.column.spelled.padding(to: width)
        return "  \(paint(.name, name))  \(cell.text.spelled)\n"
      }
      let json = IndentedJSON(paint).text(of: sample.request, indent: "  ")
      return paint(.heading, heading.spelled) + "\n" + cells.joined() + (cells.isEmpty ? "" : "\n")
        + "  \(json)\n"
    }.joined(separator: "\n")
  }
}

/// The colours that a terminal is asked for, or none.
///
/// It takes roles, not colours: what a heading looks like is said once. Switched off, it returns the text as
/// it is, so callers need not ask.
package struct Paint: Sendable {
  /// What a piece of text is, which decides its colour.
  package enum Role: String, Sendable {
    case heading = "1"
    case name = "36"
    case text = "32"
    case number = "33"
    case word = "35"
    case faint = "2"
    case good = "92"
    case bad = "31"
  }

  /// Whether the place that the text goes to shows colours.
  package let isOn: Bool

  package init(isOn: Bool) { self.isOn = isOn }

  /// The text between the marks of its role; an empty one gets none.
  package func callAsFunction(_ role: Role, _ text: String) -> String {
    isOn && !text.isEmpty ? "\u{1B}[\(role.rawValue)m\(text)\u{1B}[0m" : text
  }
}

/// JSON over several lines, two blanks deeper at each level, for people to read.
///
/// It is for eyes alone; what is sent is written by ``JSONWriter``, compact.
package struct IndentedJSON {
  private let paint: Paint

  package init(_ paint: Paint = Paint(isOn: false)) { self.paint = paint }

  /// The text of a value, whose lines after the first begin with `indent`.
  package func text(of value: JSONValue, indent: String = "") -> String {
    let deeper = indent + "  "
    switch value {
    case .object(let object) where !object.pairs.isEmpty:
      let members = object.map { key, value in
        deeper + paint(.name, quoted(key)) + ": " + text(of: value, indent: deeper)
      }
      return "{\n" + members.joined(separator: ",\n") + "\n\(indent)}"
    case .array(let elements) where !elements.isEmpty:
      let lines = elements.map { deeper + text(of: $0, indent: deeper) }
      return "[\n" + lines.joined(separator: ",\n") + "\n\(indent)]"
    case .string(let text): return paint(.text, quoted(text))
    case .number: return paint(.number, value.description)
    case .bool, .null: return paint(.word, value.description)
    default: return value.description
    }
  }

  private func quoted(_ text: String) -> String {
    // The writer escapes what JSON must; what only a terminal minds is escaped here, in the way of JSON.
    JSONValue.string(text).description.unicodeScalars.reduce(into: "") { result, scalar in
      if scalar.obeysNobody { result.unicodeScalars.append(scalar) } else { result += scalar.escapedForJSON }
    }
  }
}

extension String {
  /// The text with everything spelled out that would move a cursor, change a colour or turn the writing.
  ///
  /// Cells and answers are other people's texts: an escape sequence in one could forge what the terminal
  /// shows, or turn a line around. A line end becomes a sign of its own, so that a cell stays on one line.
  package var spelled: String {
    unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "\n": result += "⏎"
      case "\t": result += " "
      case _ where scalar.obeysNobody: result.unicodeScalars.append(scalar)
      default: result += scalar.escapedForJSON
      }
    }
  }

  /// The text with blanks behind it up to a width, in characters.
  package func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}

extension Unicode.Scalar {
  /// Whether it is a mark like any other, and no order to a terminal or a writing direction.
  fileprivate var obeysNobody: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0x200E, 0x200F, 0x061C, 0xFEFF: false
    default: true
    }
  }

  /// The mark by its number, as JSON has it.
  fileprivate var escapedForJSON: String {
    let digits = String(value, radix: 16)
    return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
