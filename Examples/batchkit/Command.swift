import BatchKit

/// One subcommand: what it takes, what it says of itself, and what it does.
package struct Command: Sendable {
  /// The headings of the list of subcommands.
  package enum Group: String, Sendable, CaseIterable {
    case whole = "The whole way"
    case steps = "Step by step"
    case jobs = "Looking after jobs"
    case around = "Around it"
  }

  package let name: String
  package let group: Group
  package let summary: String
  package let operands: [Operand]
  package let options: [Option]
  /// What is worth knowing beyond the options, an empty line between paragraphs.
  package let discussion: String
  package let examples: [String]
  /// How far out of this machine it reaches, which is what its help lists options for.
  package let reach: Reach
  package let run: @Sendable (Session) async throws -> ExitCode

  package init(
    _ name: String, _ group: Group, _ summary: String, _ operands: [Operand] = [], options: [Option] = [],
    discussion: String = "", examples: [String] = [], reach: Reach = .service,
    run: @escaping @Sendable (Session) async throws -> ExitCode
  ) {
    self.name = name
    self.group = group
    self.summary = summary
    self.operands = operands
    self.options = options
    self.discussion = discussion
    self.examples = examples
    self.reach = reach
    self.run = run
  }

  /// How far a subcommand reaches.
  package enum Reach: Int, Sendable, Comparable {
    /// Files that are named in the call.
    case files
    /// The registry on this disk.
    case registry
    /// A service.
    case service
    /// A service, or the built-in emulator in its place.
    case emulator

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// All options it takes, those of every subcommand included.
  ///
  /// The common ones are taken by every subcommand, so that a script may give the same to all, but its help
  /// lists only those that mean something to it.
  package var allOptions: [Option] { options + Option.common }

  /// The options that its help and the completions list.
  package var listedOptions: [Option] { options + Option.common.filter { $0.reach <= reach } }

  /// All subcommands, in the order in which they are listed.
  package static let all: [Command] = [
    .runAll, .make, .preview, .check, .submit, .wait, .download, .join, .list, .status, .next, .cancel,
    .retry, .report, .verify, .delete, .purge, .rebuild, .import, .upload, .start, .metrics, .config, .serve,
    .completions,
  ]
}

/// A word that a subcommand takes by its place.
package struct Operand: Sendable {
  /// How many words take its place.
  package enum Count: Sendable { case one, optional, several }

  package let name: String
  package let help: String
  package let count: Count
  /// The only words it can be, where that is so.
  package let choices: [String]

  package init(_ name: String, _ help: String, _ count: Count = .one, choices: [String] = []) {
    self.name = name
    self.help = help
    self.count = count
    self.choices = choices
  }

  /// The way it is written in a line of usage.
  package var usage: String {
    switch count {
    case .one: name
    case .optional: "[\(name)]"
    case .several: "\(name)…"
    }
  }

  static let data = Operand(
    "DATA", "A table: .csv, .tsv, .xlsx, .json or .jsonl, or - for CSV on standard input.")
  static let template = Operand(
    "TEMPLATE", "The body of a request as JSON, or a whole line, with {{column}} in any of its texts.")
  static let job = Operand("JOB", "The name or the id of a job, or the id of one of its batches.")
}

/// A word that begins with dashes.
package struct Option: Sendable {
  package let name: String
  package let short: Character?
  /// What its value is called; an option without one is a flag.
  package let value: String?
  package let help: String
  package let choices: [String]
  /// From which reach on it means something.
  package let reach: Command.Reach

  /// An option that takes a value.
  package init(
    _ name: String, short: Character? = nil, _ value: String, _ help: String, choices: [String] = [],
    reach: Command.Reach = .files
  ) {
    self.name = name
    self.short = short
    self.value = value
    self.help = help
    self.choices = choices
    self.reach = reach
  }

  /// A flag.
  package init(_ name: String, short: Character? = nil, _ help: String, reach: Command.Reach = .files) {
    self.reach = reach
    self.name = name
    self.short = short
    self.help = help
    value = nil
    choices = []
  }

  /// The options that every subcommand takes.
  package static let common: [Option] = [
    Option(
      "registry", "FILE", "The file that jobs are written down in, instead of the usual one.",
      reach: .registry),
    Option(
      "provider", "NAME", "Whom to ask: openai, or compatible for others at --base-url.",
      choices: ["openai", "compatible"], reach: .service),
    Option("base-url", "URL", "The address of the service, as a rule ending in /v1.", reach: .service),
    Option(
      "offline", "Ask a built-in emulator: no key, no cost, made-up answers.", reach: .emulator),
    Option("log", "FILE", "Add every event to this file, one line of JSON each.", reach: .service),
    Option("json", "Say the outcome in JSON, and what goes wrong too, for scripts."),
    Option("quiet", short: "q", "Say nothing on the way."),
    Option("help", short: "h", "Show this help."),
    Option("version", "Show the version of the program."),
  ]

  static let output = Option("output", short: "o", "FILE", "The file to write; - is standard output.")
  static let force = Option("force", short: "f", "Replace the output where it is there already.")
  static let id = Option("id", "COLUMN", "The column that names each request.")
  static let idTemplate = Option("id-template", "TEXT", "What names each request, such as 'review-{{id}}'.")
  static let name = Option("name", "NAME", "The job's name: the same name is the same job, now and later.")
  static let about = Option("description", "TEXT", "What it is about, to be found again by.")
  static let placeholders = Option(
    "placeholders", "STYLE", "How the template writes columns: mustache {{a}}, brackets [a] or braces {a}.",
    choices: Placeholders.allCases.map(\.rawValue))
  static let answers: [Option] = [
    Option("columns", "NAMES", "What to put beside each row, such as content,error,cached_tokens."),
    Option("flatten", "Put each field of JSON answers into a column of its own; others keep content."),
  ]
  static let sample: [Option] = [
    Option("sample", "COUNT", "Take so many of the rows only, drawn from all over the table."),
    Option("seed", "NUMBER", "Which sample: the same number draws the same rows; 1 if not told."),
  ]
  static let sparing: [Option] = [
    Option("collapse", "Send requests that say the same once, and pay them once."),
    Option("reuse", "Take over what earlier jobs were answered to the same requests."),
  ]
  static let parts: [Option] = [
    Option("max-requests", "COUNT", "Divide it into parts of at most so many requests."),
    Option("max-tokens", "COUNT", "Divide it into parts of at most so many tokens to read."),
    Option("parallel", "COUNT", "Have at most so many parts under way at one time."),
  ]
  static let endpoint = Option("endpoint", "PATH", "Where the requests go, such as /v1/responses.")
}

/// What the program tells whoever started it.
package enum ExitCode: Int32, Sendable {
  /// All is well.
  case done = 0
  /// The answer is no: a check failed, or rows did.
  case negative = 1
  /// The program was called in a way it does not understand.
  case misuse = 2
  /// The service refused, or is out of reach.
  case service = 3
  /// A file is missing, or can't be read or written.
  case file = 4
  /// Somebody pressed Ctrl-C.
  case interrupted = 130
}
