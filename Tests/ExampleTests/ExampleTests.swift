import BatchKit
import Foundation
import Testing

@Suite(.serialized) struct `The small programs do what they say` {
  let place: Workplace

  init() throws {
    place = try Workplace()
    try place.write(
      "id,product,text\n1,\"Ket\"\"tle\",\"line one\nline {{id}} \\ 😀\"\n2,Lamp,\n", to: "reviews.csv")
    try place.write(
      #"{"model":"m","messages":[{"role":"user","content":"{{Product}}: {{ text }}"}],"temperature":0}"#,
      to: "prompt.json")
  }

  @Test func `a table becomes a request file, whatever its cells hold`() throws {
    let ending = try Built.run(
      "csv-to-batch", ["reviews.csv", "prompt.json", "out.jsonl", "--id", "id"], in: place.path)
    #expect(ending.status == 0)
    #expect(ending.output == "out.jsonl: 2 requests for /v1/chat/completions\n")
    #expect(ending.errors.hasPrefix("warning: row 1 of reviews.csv, request 1: “{{id}}” stands in its text"))
    #expect(
      try place.read("out.jsonl") == #"""
        {"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"Ket\"tle: line one\nline {{id}} \\ 😀"}],"temperature":0}}
        {"custom_id":"2","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"Lamp: "}],"temperature":0}}

        """#)
  }

  @Test func `a whole line serves as a template too`() throws {
    try place.write(
      #"{"custom_id":"r-{{id}}","method":"POST","url":"/v1/embeddings","body":{"model":"e","input":"{{text}}"}}"#,
      to: "line.json")
    let ending = try Built.run("csv-to-batch", ["reviews.csv", "line.json", "out.jsonl"], in: place.path)
    #expect(ending.output == "out.jsonl: 2 requests for /v1/embeddings\n")
    #expect(
      try place.read("out.jsonl").contains(#"{"custom_id":"r-2","method":"POST","url":"/v1/embeddings""#))
  }

  @Test func `results meet their rows`() throws {
    let answer =
      #"{"custom_id":"1","response":{"status_code":200,"body":{"choices":[{"message":{"content":"a, \"b\""},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4}}},"error":null}"#
    let failure = #"{"custom_id":"2","response":null,"error":{"code":"batch_expired","message":"Too late."}}"#
    try place.write(answer + "\n", to: "results.jsonl")
    try place.write(failure + "\n", to: "errors.jsonl")
    let ending = try Built.run(
      "join-results", ["reviews.csv", "results.jsonl", "errors.jsonl", "enriched.csv", "--id", "ID"],
      in: place.path)
    #expect(ending.output == "2 rows = 1 succeeded + 1 failed + 0 missing\nwrote enriched.csv\n")
    #expect(ending.status == 1)
    #expect(
      try place.read("enriched.csv")
        == """
        id,product,text,content,finish_reason,prompt_tokens,completion_tokens,error
        1,"Ket""tle","line one
        line {{id}} \\ 😀","a, ""b\""",stop,3,4,
        2,Lamp,,,,,,Too long.

        """.replacingOccurrences(of: "Too long.", with: "Too late."))
  }

  @Test(arguments: [
    ("csv-to-batch", ["reviews.csv", "prompt.json"], 2, "usage: csv-to-batch"),
    ("csv-to-batch", ["none.csv", "prompt.json", "o.jsonl"], 4, "none.csv"),
    ("csv-to-batch", ["reviews.csv", "none.json", "o.jsonl"], 4, "none.json"),
    ("csv-to-batch", ["reviews.csv", "reviews.csv", "o.jsonl"], 1, "reviews.csv"),
    (
      "csv-to-batch", ["reviews.csv", "prompt.json", "o.jsonl", "--id", "produkt"], 1,
      "did you mean “product”?"
    ),
    ("csv-to-batch", ["reviews.csv", "prompt.json", "no/such/folder/o.jsonl"], 4, "no/such/folder"),
    ("csv-to-batch", ["ragged.csv", "prompt.json", "o.jsonl"], 1, "Row 2 (line 3) of ragged.csv has 1 cell"),
    ("join-results", ["reviews.csv"], 2, "usage: join-results"),
    ("join-results", ["reviews.csv", "none.jsonl", "o.csv"], 4, "none.jsonl"),
    (
      "join-results", ["reviews.csv", "answers.jsonl", "o.csv", "--id", "produkt"], 4,
      "did you mean “product”?"
    ),
    ("join-results", ["reviews.csv", "reviews.csv", "o.csv"], 4, "reviews.csv holds no answer"),
    (
      "join-results", ["reviews.csv", "answers.jsonl", "o.csv"], 1,
      "No row has an id such as “r-1”; give the --id-template the requests were made with."
    ),
    ("join-results", ["reviews.csv", "answers.jsonl", "-o", "x"], 2, "There is no option -o."),
    (
      "join-results", ["reviews.csv", "answers.jsonl", "o.xlsx", "--id-template", "r-{{id}}"], 2,
      "o.xlsx is not by its name; name it .csv or .tsv"
    ),
    ("csv-to-batch", ["reviews.csv", "prompt.json", "-o", "x"], 2, "There is no option -o."),
    (
      "csv-to-batch", ["reviews.csv", "prompt.json", "prompt.json", "--force"], 2,
      "prompt.json is read here, so it can't be written over; choose another name."
    ),
    (
      "join-results", ["reviews.csv", "answers.jsonl", "reviews.csv"], 2,
      "reviews.csv is read here, so it can't be written over; choose another name."
    ),
    (
      "csv-to-batch", ["reviews.csv", "prompt.json", "answers.jsonl"], 4,
      "answers.jsonl is there already and was left as it is; choose another name, or add --force."
    ),
    ("join-results", ["reviews.csv", "a", "b", "--frob"], 2, "There is no option --frob."),
  ])
  func `a mistake gets one sentence, the right code, and leaves no file`(
    program: String, arguments: [String], status: Int, sentence: String
  ) throws {
    try place.write("id,product,text\n1,a,b\n2\n", to: "ragged.csv")
    let answers = #"{"custom_id":"r-1","response":{"status_code":200,"body":{"choices":[]}}}"#
    try place.write(answers, to: "answers.jsonl")
    let before = try FileManager.default.contentsOfDirectory(atPath: place.path).sorted()
    let reviews = try place.read("reviews.csv")
    let ending = try Built.run(program, arguments, in: place.path)
    #expect(ending.status == Int32(status), "\(ending)")
    #expect(ending.errors.contains(sentence), "\(ending)")
    #expect(!ending.errors.contains("Fatal error"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).sorted() == before)
    #expect(try place.read("answers.jsonl") == answers)
    #expect(try place.read("reviews.csv") == reviews)
  }

  @Test func `an older request file is replaced where that is asked for`() throws {
    try place.write("old", to: "out.jsonl")
    let ending = try Built.run(
      "csv-to-batch", ["reviews.csv", "prompt.json", "out.jsonl", "--force"], in: place.path)
    #expect(ending.status == 0)
    #expect(try place.read("out.jsonl").split(separator: "\n").count == 2)
  }
}

@Suite struct `The quick start may be killed at any moment` {
  /// Kills the program when it has shown so many lines, and reads what it left.
  @Test(arguments: 1...9) func `the registry it leaves reads, and it runs again`(lines: Int) async throws {
    let place = try Workplace()
    let process = Process()
    let errors = Pipe()
    process.executableURL = Built.products.appendingPathComponent("quickstart")
    process.currentDirectoryURL = URL(fileURLWithPath: place.path)
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    var seen = 0
    while seen < lines, let byte = try errors.fileHandleForReading.read(upToCount: 1)?.first {
      if byte == 0x0A { seen += 1 }
    }
    process.terminateAtOnce()
    process.waitUntilExit()
    let registry = BatchRegistry.file("\(place.path)/quickstart-output/registry.json")
    #expect(try await registry.entries.count == 1)
    let again = try Built.run("quickstart", in: place.path)
    #expect(again.status == 0)
    #expect(try await registry.entries.count == 2)
  }
}

extension Process {
  /// Ends the program as a power cut would: it is told nothing.
  func terminateAtOnce() {
    let kill = Process()
    kill.executableURL = URL(fileURLWithPath: "/bin/kill")
    kill.arguments = ["-9", "\(processIdentifier)"]
    do {
      try kill.run()
      kill.waitUntilExit()
    } catch { terminate() }
  }
}
