import BatchKit
import Testing
import batchkit_command

@Suite struct `The words of a call are sorted into what they mean` {
  private func parsed(_ words: String) -> String {
    let words = words.split(separator: " ").map(String.init)
    guard let command = Command.all.first(where: { $0.name == words[0] }) else { return "no command" }
    do {
      let arguments = try Arguments(words.dropFirst(), for: command)
      let values = arguments.values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      return (values + arguments.flags.sorted() + ["|"] + arguments.operands).joined(separator: " ")
    } catch { return error.message }
  }

  @Test(arguments: [
    ("make a.csv t.json", "| a.csv t.json"),
    ("make a.csv -o r.jsonl t.json", "output=r.jsonl | a.csv t.json"),
    ("make --output=r.jsonl a.csv t.json", "output=r.jsonl | a.csv t.json"),
    ("make -or.jsonl a.csv t.json", "output=r.jsonl | a.csv t.json"),
    ("make - t.json -o -", "output=- | - t.json"),
    ("make -- -a.csv --t.json", "| -a.csv --t.json"),
    ("make --id-template a=b a.csv t.json", "id-template=a=b | a.csv t.json"),
    ("make --id-template=--x a.csv t.json", "id-template=--x | a.csv t.json"),
    ("preview -qn3 a.csv t.json", "rows=3 quiet | a.csv t.json"),
    ("preview -n 3 -q a.csv t.json", "rows=3 quiet | a.csv t.json"),
    ("check a b c --json", "json | a b c"),
    ("config", "|"),
    ("config set NAME", "| set NAME"),
    ("make --help", "help |"),
    ("list --remote -n 5", "limit=5 remote |"),
  ]) func `good words`(words: String, meaning: String) {
    #expect(parsed(words) == meaning)
  }

  @Test(arguments: [
    ("make a.csv", "TEMPLATE is missing; usage: batchkit make DATA TEMPLATE [options]"),
    ("check", "FILE is missing; usage: batchkit check FILE… [options]"),
    ("wait a b", "“b” is a word too many; usage: batchkit wait JOB [options]"),
    ("wait a --jsn", "wait has no option --jsn (did you mean --json?); batchkit wait --help lists them."),
    ("wait a --zzzzzz", "wait has no option --zzzzzz; batchkit wait --help lists them."),
    ("wait a -x", "wait has no option -x; batchkit wait --help lists them."),
    ("wait a --limit", "--limit needs a value: --limit MINUTES."),
    ("wait a --limit --json", "--limit needs a value: --limit MINUTES."),
    ("wait a --limit=", "--limit needs a value: --limit MINUTES."),
    ("wait a --json=yes", "--json takes no value."),
    ("wait a --limit 1 --limit 2", "--limit is given twice; give it once."),
    (
      "wait a --provider opnai",
      "--provider is one of openai, compatible, not “opnai” (did you mean openai?)."
    ),
    ("completions tcsh", "SHELL is one of bash, zsh, fish, not “tcsh”."),
    ("config sett", "WHAT is one of show, set, not “sett” (did you mean set?)."),
  ]) func `bad words, and what is said of them`(words: String, sentence: String) {
    #expect(parsed(words) == sentence)
  }

  @Test(
    arguments: [("0", nil), ("3", 3), ("x", nil), ("-1", nil), ("99999999999999999999", nil)]
      as [(String, Int?)])
  func `numbers have bounds`(text: String, number: Int?) throws {
    var arguments = Arguments()
    arguments.values["rows"] = text
    guard let number else {
      let sentence = "--rows takes a whole number from 1 to 9, not “\(text)”."
      #expect(throws: UsageError(sentence)) { try arguments.number("rows", in: 1...9) }
      return
    }
    #expect(try arguments.number("rows", in: 1...9) == number)
  }

  @Test func `every command is told apart and says what it takes`() {
    #expect(Set(Command.all.map(\.name)).count == Command.all.count)
    for command in Command.all {
      #expect(Set(command.allOptions.map(\.name)).count == command.allOptions.count)
      let shorts = command.allOptions.compactMap(\.short)
      #expect(Set(shorts).count == shorts.count, "\(command.name)")
      #expect(command.summary.hasSuffix("."))
      #expect(command.summary.count <= 76)
      #expect(command.operands.dropLast().allSatisfy { $0.count != .several })
    }
  }

  @Test(arguments: [40, 60, 80, 100]) func `help keeps within the width of the terminal`(width: Int) {
    for command in Command.all {
      let text = Help.text(of: command, width: width)
      // Examples and usage are there to be copied, and are never broken.
      let lines = text.split(separator: "\n").filter { !$0.contains("batchkit ") }
      #expect(lines.allSatisfy { $0.count <= width }, "\(command.name)")
      for option in command.listedOptions { #expect(text.contains("--\(option.name)")) }
    }
  }

  @Test func `help lists what means something to a command and no more`() throws {
    func listed(_ name: String) throws -> Set<String> {
      Set(try #require(Command.all.first { $0.name == name }).listedOptions.map(\.name))
    }
    let everywhere: Set = ["json", "quiet", "help", "version"]
    #expect(try listed("completions") == everywhere)
    #expect(try listed("serve") == everywhere.union(["port", "speed", "minutes", "key"]))
    #expect(try listed("metrics") == everywhere.union(["registry"]))
    #expect(
      try listed("cancel") == everywhere.union(["registry", "provider", "base-url", "log"]))
    #expect(try listed("run").contains("offline"))
    // Taken by all the same, so that a script may give all commands the same words.
    #expect(parsed("metrics --offline --base-url x") == "base-url=x offline |")
  }

  @Test func `words that are too long for a line stand alone`() {
    #expect(Help.wrapped("a longerthanwide b", width: 6, indent: 2) == "  a\n  longerthanwide\n  b")
  }

  @Test(arguments: Completions.shells) func `completions know every command and option`(shell: String) throws
  {
    let script = try #require(Completions.script(for: shell))
    for command in Command.all {
      #expect(script.contains(command.name))
      for option in command.listedOptions { #expect(script.contains(option.name)) }
    }
  }

  @Test func `exit codes follow the kind of failure`() {
    let codes: [(BatchError.Code, ExitCode)] = [
      (.unreadableFile, .file), (.unwritableFile, .file), (.damagedRegistry, .file),
      (.invalidBatch, .negative),
      (.unknownJob, .negative), (.unreachable, .service), (.unauthorized, .service), (.missingKey, .service),
      (BatchError.Code(rawValue: "new"), .service),
    ]
    for (code, exit) in codes { #expect(ExitCode(code) == exit, "\(code)") }
  }
}
