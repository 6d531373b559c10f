import BatchKit

/// The words that a subcommand was called with, sorted into what they mean.
package struct Arguments: Sendable, Equatable {
  /// The values of options, by the name of the option.
  package var values: [String: String] = [:]
  /// The flags that were set.
  package var flags: Set<String> = []
  /// The words that stand for themselves.
  package var operands: [String] = []

  package init() {}

  /// Whether a flag was set.
  package func has(_ flag: String) -> Bool { flags.contains(flag) }

  /// The value of an option that has one.
  package subscript(_ option: String) -> String? { values[option] }

  /// The value of an option that is a whole number.
  package func number(_ option: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
    guard let text = values[option] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw UsageError(
        "--\(option) takes a whole number from \(range.lowerBound) to \(range.upperBound), not “\(text)”.")
    }
    return number
  }
}

/// A call that the program does not understand.
package struct UsageError: Error, Equatable {
  package let message: String

  package init(_ message: String) { self.message = message }
}

extension Arguments {
  /// Sorts the words behind the name of a subcommand.
  ///
  /// Options may stand anywhere; `--` ends them, and `-` alone is a word that stands for itself.
  package init(_ words: some Sequence<String>, for command: Command) throws(UsageError) {
    var rest = Array(words)[...]
    while let word = rest.popFirst() {
      if word == "--" {
        operands += rest
        break
      } else if word.hasPrefix("--") {
        try take(long: word.dropFirst(2), of: command, &rest)
      } else if word.hasPrefix("-"), word != "-" {
        try take(short: word.dropFirst(), of: command, &rest)
      } else {
        operands.append(word)
      }
    }
    if has("help") { return }
    try checkOperands(of: command)
  }

  private mutating func take(
    long text: Substring, of command: Command, _ rest: inout ArraySlice<String>
  ) throws(UsageError) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts.first ?? "")
    guard let option = command.allOptions.first(where: { $0.name == name }) else {
      throw .unknownOption(name, of: command)
    }
    guard option.value != nil else {
      guard parts.count == 1 else { throw UsageError("--\(name) takes no value.") }
      flags.insert(name)
      return
    }
    try set(option, parts.count == 2 ? String(parts[1]) : rest.popValue())
  }

  /// Takes short flags, several behind one dash if need be, the last perhaps with a value: `-qn3`.
  private mutating func take(
    short text: Substring, of command: Command, _ rest: inout ArraySlice<String>
  ) throws(UsageError) {
    var letters = text
    while let letter = letters.popFirst() {
      guard let option = command.allOptions.first(where: { $0.short == letter }) else {
        throw UsageError(
          "\(command.name) has no option -\(letter); batchkit \(command.name) --help lists them.")
      }
      guard option.value != nil else {
        flags.insert(option.name)
        continue
      }
      let value = letters.isEmpty ? rest.popValue() : String(letters)
      letters = ""
      try set(option, value)
    }
  }

  private mutating func set(_ option: Option, _ value: String?) throws(UsageError) {
    guard let value, !value.isEmpty else {
      throw UsageError("--\(option.name) needs a value: --\(option.name) \(option.value ?? "").")
    }
    guard values[option.name] == nil else {
      throw UsageError("--\(option.name) is given twice; give it once.")
    }
    if !option.choices.isEmpty, !option.choices.contains(value) {
      throw .noChoice(value, among: option.choices, for: "--\(option.name)")
    }
    values[option.name] = value
  }

  private func checkOperands(of command: Command) throws(UsageError) {
    let usage = "usage: \(Help.usage(of: command))"
    let needed = command.operands.count { $0.count != .optional }
    let isOpen = command.operands.contains { $0.count == .several }
    if operands.count < needed {
      let names = command.operands.filter { $0.count != .optional }.map(\.name)
      throw UsageError("\(names[operands.count]) is missing; \(usage)")
    }
    if !isOpen, operands.count > command.operands.count {
      throw UsageError("“\(operands[command.operands.count])” is a word too many; \(usage)")
    }
    for (operand, word) in zip(command.operands, operands) where !operand.choices.isEmpty {
      if !operand.choices.contains(word) { throw .noChoice(word, among: operand.choices, for: operand.name) }
    }
  }
}

extension ArraySlice<String> {
  /// The next word, unless it is an option: a value that begins with dashes is written behind `=`.
  fileprivate mutating func popValue() -> String? {
    guard let word = first, !word.hasPrefix("--") || word == "-" else { return nil }
    return popFirst()
  }
}

extension UsageError {
  static func unknownCommand(_ name: String) -> Self {
    Self(
      "There is no subcommand “\(name)”\(hint(name, Command.all.map(\.name))); batchkit --help lists them.")
  }

  fileprivate static func unknownOption(_ name: String, of command: Command) -> Self {
    let options = command.allOptions.map(\.name)
    let hint = hint(name, options, prefix: "--")
    return Self("\(command.name) has no option --\(name)\(hint); batchkit \(command.name) --help lists them.")
  }

  static func noChoice(_ word: String, among choices: [String], for place: String) -> Self {
    Self("\(place) is one of \(choices.joined(separator: ", ")), not “\(word)”\(hint(word, choices)).")
  }

  private static func hint(_ name: String, _ names: [String], prefix: String = "") -> String {
    // Who types the beginning of a name means the only one that begins so, far from it as the letters are.
    let begun = names.filter { $0.hasPrefix(name.lowercased()) }
    let meant = nearestName(to: name, among: names) ?? (begun.count == 1 ? begun[0] : nil)
    return meant.map { " (did you mean \(prefix)\($0)?)" } ?? ""
  }
}
