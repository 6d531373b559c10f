package import BatchKit

/// The help texts, made of what the subcommands say of themselves.
package enum Help {
  /// The line that shows how a subcommand is called.
  package static func usage(of command: Command) -> String {
    (["batchkit", command.name] + command.operands.map(\.usage) + ["[options]"]).joined(separator: " ")
  }

  /// The list of all subcommands.
  package static func overview(width: Int, paint: Paint = Paint(isOn: false)) -> String {
    let groups = Command.Group.allCases.map { group in
      let rows = Command.all.filter { $0.group == group }.map { ($0.name, $0.summary) }
      return paint(.heading, group.rawValue) + "\n" + table(rows, width: width, column: 13, paint)
    }
    return """
      batchkit sends thousands of prompts through the Batch API: paid once, none lost.

      usage: batchkit COMMAND [options]

      \(groups.joined(separator: "\n"))
      \(paint(.heading, "To begin with"))
        batchkit run reviews.csv prompt.json -o enriched.csv --offline    try it, without a key
        batchkit run reviews.csv prompt.json -o enriched.csv              the same for real

      \(wrapped("batchkit COMMAND --help tells more about each. The key comes from OPENAI_API_KEY, from .env, or from "
        + "batchkit config set. Exit codes: 0 done, 1 the answer is no, 2 wrong use, 3 the service refused or is out "
        + "of reach, 4 a file is missing or can't be written, 130 interrupted.", width: width, indent: 0))
      """
  }

  /// The help of one subcommand.
  package static func text(of command: Command, width: Int, paint: Paint = Paint(isOn: false)) -> String {
    let summary = wrapped(command.summary, width: width, indent: 0)
    var sections = ["\(summary)\n\nusage: \(usage(of: command))"]
    let operands = command.operands.map { ($0.name, $0.help) }
    if !operands.isEmpty { sections.append(table(operands, width: width, column: 24, paint)) }
    if !command.options.isEmpty {
      let rows = command.options.map { (spelling($0), $0.help) }
      sections.append(paint(.heading, "Options") + "\n" + table(rows, width: width, column: 24, paint))
    }
    let common = command.listedOptions.dropFirst(command.options.count).map { (spelling($0), $0.help) }
    sections.append(paint(.heading, "Everywhere") + "\n" + table(common, width: width, column: 24, paint))
    if !command.discussion.isEmpty {
      let paragraphs = command.discussion.split(separator: "\n\n").map {
        wrapped(String($0), width: width, indent: 0)
      }
      sections.append(paragraphs.joined(separator: "\n\n") + "\n")
    }
    if !command.examples.isEmpty {
      let lines = command.examples.map { "  \($0)\n" }.joined()
      sections.append(paint(.heading, "For example") + "\n" + lines)
    }
    return sections.joined(separator: "\n\n").replacing("\n\n\n", with: "\n\n").trimmedEnd
  }

  private static func spelling(_ option: Option) -> String {
    (option.short.map { "-\($0), " } ?? "    ") + "--\(option.name)" + (option.value.map { " \($0)" } ?? "")
  }

  /// Names on the left, what they mean on the right; below each other where the line is too short for both.
  private static func table(
    _ rows: [(String, String)], width: Int, column: Int, _ paint: Paint
  ) -> String {
    rows.map { name, help in
      let indent = width < 60 ? 6 : column + 2
      let text = wrapped(help, width: width, indent: indent)
      if width < 60 || name.count > column - 1 {
        return "  \(paint(.name, name))\n\(text)\n"
      }
      return "  " + paint(.name, name) + String(repeating: " ", count: column - name.count)
        + text.dropFirst(indent) + "\n"
    }.joined()
  }

  /// Breaks a text into lines that fit.
  package static func wrapped(_ text: String, width: Int, indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = margin
    for word in text.split(whereSeparator: \.isWhitespace) {
      let isEmpty = line.count == indent
      if !isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = margin + word
      } else {
        line += (isEmpty ? "" : " ") + word
      }
    }
    return (lines + [line]).joined(separator: "\n")
  }
}

extension String {
  fileprivate var trimmedEnd: String {
    var rest = self[...]
    while rest.last?.isNewline == true { rest.removeLast() }
    return String(rest)
  }
}
