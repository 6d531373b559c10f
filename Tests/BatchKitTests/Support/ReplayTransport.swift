import BatchKit
import Foundation
import Testing

/// A transport that gives recorded answers by the order in which they are asked for, and repeats the last.
final class ReplayTransport: HTTPTransport {
  private let answers: [HTTPResponse]
  private let sent = Locked<[HTTPRequest]>([])

  init(_ answers: HTTPResponse...) { self.answers = answers }

  /// The requests that were sent so far.
  var requests: [HTTPRequest] { sent.current }

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let turn = sent.withLock { sent in
      sent.append(request)
      return sent.count
    }
    return answers[min(turn, answers.count) - 1]
  }

  func download(
    _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
  ) async throws -> HTTPResponse {
    var answer = try await send(request)
    guard answer.isSuccess else { return answer }
    try receive(answer.body)
    answer.body = Data()
    return answer
  }
}

/// An answer as it was recorded from a real server: its request line, status and header, and its body.
struct RecordedAnswer: Sendable, CustomTestStringConvertible {
  let name: String
  let requestLine: String
  let response: HTTPResponse

  var testDescription: String { name }

  /// All recorded answers, by the path of their file below the fixtures.
  static let all: [RecordedAnswer] = {
    let root = Bundle.module.bundleURL.appendingPathComponent("Fixtures/wire")
    let files = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
    return files.filter { $0.hasSuffix(".http.txt") }.sorted().compactMap { RecordedAnswer($0, below: root) }
  }()

  init?(_ file: String, below root: URL) {
    let head = try? String(contentsOf: root.appendingPathComponent(file), encoding: .utf8)
    guard let lines = head?.split(separator: "\n").map(String.init), lines.count > 1 else { return nil }
    name = String(file.dropLast(".http.txt".count))
    requestLine = lines[0]
    var headers: HTTPHeaders = [:]
    for line in lines.dropFirst(2) {
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      if parts.count == 2 { headers[parts[0]] = parts[1] }
    }
    let body = ["json", "jsonl"].lazy.compactMap { [name] ending in
      try? Data(contentsOf: root.appendingPathComponent("\(name).\(ending)"))
    }.first
    response = HTTPResponse(
      status: Int(lines[1].split(separator: " ")[1]) ?? 0, headers: headers, body: body ?? Data())
  }

  var json: JSONValue { (try? JSONValue(parsing: Array(response.body))) ?? .null }
}
