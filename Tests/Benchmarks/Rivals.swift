import Foundation

/// What BatchKit is measured against, as a command of its own.
struct Rival {
  let name: String
  let command: [String]

  private static let python = ProcessInfo.processInfo.environment["BENCHMARK_PYTHON"] ?? "python3"

  /// A program in Python, which counts only where its library is installed.
  static func python(_ library: String, _ program: String, _ arguments: [String]) -> Rival? {
    guard (try? Measured(command(python, ["-c", "import \(library)"])))?.isSuccess == true else { return nil }
    return Rival(name: library, command: command(python, ["-c", program] + arguments))
  }

  static func system(_ name: String, _ arguments: [String]) -> Rival {
    Rival(name: name, command: command(name, arguments))
  }

  static func command(_ name: String, _ arguments: [String]) -> [String] {
    ["/usr/bin/env", name] + arguments
  }

  /// Joins with one thread, reading only the fields that are shown.
  static let duckdb = """
    import sys, duckdb
    table, output, errors, target = sys.argv[1:5]
    body = "STRUCT(choices STRUCT(message STRUCT(content VARCHAR), finish_reason VARCHAR)[], usage STRUCT(prompt_tokens BIGINT, completion_tokens BIGINT), error STRUCT(message VARCHAR))"
    duckdb.connect(config={"threads": 1}).execute(f'''
    COPY (SELECT t.* EXCLUDE (n), body.choices[1].message.content AS content, body.choices[1].finish_reason AS finish_reason,
      body.usage.prompt_tokens AS prompt_tokens, body.usage.completion_tokens AS completion_tokens, body.error.message AS error
    FROM (SELECT row_number() OVER () AS n, * FROM read_csv('{table}', header=true, all_varchar=true, quote='"', escape='"', delim=',', strict_mode=false)) t
    LEFT JOIN (SELECT custom_id, response.body AS body FROM read_json(['{output}', '{errors}'], format='newline_delimited',
      columns={{'custom_id': 'VARCHAR', 'response': 'STRUCT(body {body})'}})) r
    ON r.custom_id = 'review-' || t.review_id ORDER BY n) TO '{target}' (FORMAT csv, HEADER true)''')
    """

  static let orjson = """
    import sys, csv, orjson
    table, output, errors, target = sys.argv[1:5]
    answers = {}
    for path in (output, errors):
        for line in open(path, 'rb'):
            value = orjson.loads(line)
            body = value['response']['body']
            if 'choices' in body:
                choice, usage = body['choices'][0], body['usage']
                cells = [choice['message']['content'], choice['finish_reason'], usage['prompt_tokens'], usage['completion_tokens'], None]
            else:
                cells = [None] * 4 + [body['error']['message']]
            answers[value['custom_id']] = cells
    rows = csv.reader(open(table, newline='', encoding='utf-8'))
    out = csv.writer(open(target, 'w', newline='', encoding='utf-8'))
    out.writerow(next(rows) + ['content', 'finish_reason', 'prompt_tokens', 'completion_tokens', 'error'])
    for row in rows: out.writerow(row + answers.get('review-' + row[0], [None] * 5))
    """

  static let msgspec = """
    import sys, msgspec
    from typing import Literal, Optional
    class Review(msgspec.Struct):
        sentiment: Literal['positive', 'neutral', 'negative', 'mixed']
        confidence: float
        topics: list[str]
        summary: str
        would_recommend: Optional[bool]
    class Message(msgspec.Struct): content: str
    class Choice(msgspec.Struct): message: Message
    class Body(msgspec.Struct): choices: list[Choice]
    class Response(msgspec.Struct): body: Body
    class Line(msgspec.Struct):
        custom_id: str
        response: Response
    line, review = msgspec.json.Decoder(Line).decode, msgspec.json.Decoder(Review).decode
    n = good = topics = letters = recommended = 0; total = 0.0
    for text in open(sys.argv[1], 'rb'):
        r = review(line(text).response.body.choices[0].message.content)
        n += 1; good += r.sentiment == 'positive'; total += r.confidence
        topics += len(r.topics); letters += len(r.summary); recommended += r.would_recommend is True
    print(n, good, '%.2f' % total, topics, letters, recommended)
    """
}

/// One run of a command, from its start to its end.
struct Measured {
  let seconds: Double
  let isSuccess: Bool

  init(_ command: [String]) throws {
    let process = Process()
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    let start = ContinuousClock.now
    try process.run()
    process.waitUntilExit()
    let spent = (ContinuousClock.now - start).components
    seconds = Double(spent.seconds) + Double(spent.attoseconds) / 1e18
    isSuccess = process.terminationStatus == 0
  }
}

/// Runs BatchKit and its rivals in turn, and prints how many times as long as each it takes.
struct Comparison {
  let data: SampleData
  let runs: Int
  private let program = CommandLine.arguments[0]

  init(_ data: SampleData, runs: Int) {
    self.data = data
    self.runs = runs
  }

  func run() throws {
    let target = "\(data.folder)/out"
    let join = [data.table, data.output, data.errors, target]
    print("BatchKit's time as a multiple of the rival's, \(data.rows) rows, medians of \(runs) runs in turn")
    try compare(
      "results", join,
      [.python("duckdb", Rival.duckdb, join), .python("orjson", Rival.orjson, join)])
    try compare("parse", [data.structured], [.python("msgspec", Rival.msgspec, [data.structured])])
    try compare(
      "open", [data.output, data.errors], [.system("wc", ["-l", data.output, data.errors])])
    try compare("build", [data.table, target], [.system("cp", [data.output, target])])
    // What is left of the output would only take up room.
    try? FileManager.default.removeItem(atPath: target)
  }

  private func compare(_ task: String, _ arguments: [String], _ rivals: [Rival?]) throws {
    for rival in rivals.compactMap(\.self) {
      var ratios: [Double] = []
      for run in 0...runs {
        let own = try Measured([program, task] + arguments)
        let other = try Measured(rival.command)
        guard own.isSuccess, other.isSuccess else { break }
        // The first run only warms up.
        if run > 0 { ratios.append(own.seconds / other.seconds) }
      }
      guard !ratios.isEmpty else {
        print("  \(task) / \(rival.name): one of the two failed")
        continue
      }
      print("  \(task) / \(rival.name): \(String(format: "%.2f", ratios.sorted()[ratios.count / 2])) x")
    }
  }
}
