import BatchKit
import Foundation

/// A file as the service keeps it.
///
/// Requests and results are kept alike, and both are subject to expiry and deletion.
struct StoredFile: Sendable {
  var id: String
  var name: String
  var purpose: String
  var createdAt: Date
  var expiresAt: Date?
  var content: HTTPBody

  /// The file as the service tells of it.
  var json: JSONValue {
    [
      "id": .string(id), "object": "file", "bytes": .number(JSONNumber(content.length)),
      "created_at": .seconds(createdAt), "expires_at": .seconds(expiresAt), "filename": .string(name),
      "purpose": .string(purpose), "status": "processed", "status_details": nil,
    ]
  }
}

/// A file on its way in: read from its form and checked, with no id yet.
///
/// To read a form takes long where the file is large, so it is done before the service's lock is taken.
struct Upload: Sendable {
  var name: String
  var purpose: String
  var lifetime: Duration?
  var content: HTTPBody

  private static let purposes = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
  private static let largest = 512_000_000

  /// Reads the form of `request` and keeps its file in `spool`.
  /// - Throws: A refusal in the service's words where the form, its purpose, its size or its name is not what
  ///   it takes; what else is thrown is a failure of the disk.
  init(_ request: HTTPRequest, limits: EmulatorScript.Limits, spool: Spool) throws {
    guard let form = try MultipartForm(request.body, contentType: request.headers["Content-Type"] ?? "")
    else { throw Refusal(400, "Could not parse multipart form.") }
    guard let file = form["file"], let fileName = file.fileName else { throw Refusal.missing("file") }
    guard let purpose = try form.text(of: "purpose", in: request.body) else {
      throw Refusal.missing("purpose")
    }
    guard Self.purposes.contains(purpose) else {
      throw Refusal.invalidValue("purpose", .string(purpose), supported: Self.purposes)
    }
    name = fileName
    self.purpose = purpose
    lifetime = try Self.lifetime(
      anchor: form.text(of: "expires_after[anchor]", in: request.body),
      seconds: form.text(of: "expires_after[seconds]", in: request.body))
    let largest = purpose == "batch" ? min(limits.bytes, Self.largest) : Self.largest
    guard file.range.count <= largest else {
      throw Refusal(purpose == "batch" ? 400 : 413, "File is too large.", parameter: "file")
    }
    if purpose == "batch", !fileName.hasSuffix(".jsonl") {
      throw Refusal(400, "Invalid file format for Batch API. Must be .jsonl", parameter: "file")
    }
    content = try spool.copy(of: request.body, in: file.range)
    if purpose == "batch" { try Self.checkFormat(of: content) }
  }

  /// The lifetime that the form asks for; both of its fields must be there, or none.
  private static func lifetime(anchor: String?, seconds: String?) throws(Refusal) -> Duration? {
    if anchor == nil, seconds == nil { return nil }
    guard anchor == "created_at" else {
      throw Refusal.invalidValue("expires_after.anchor", .nullable(anchor), supported: ["created_at"])
    }
    return try lifetime(seconds: seconds.flatMap { Int($0) }, of: "expires_after")
  }

  /// The lifetime of so many seconds, where the service grants that.
  static func lifetime(seconds: Int?, of parameter: String) throws(Refusal) -> Duration {
    guard let seconds, (3600...2_592_000).contains(seconds) else {
      throw Refusal(
        400, "Invalid '\(parameter).seconds': expected an integer from 3600 to 2592000.",
        parameter: "\(parameter).seconds", code: "invalid_value")
    }
    return .seconds(seconds)
  }

  /// Refuses a file without one line of JSON; a file with some bad lines is taken, and fails when it is run.
  private static func checkFormat(of content: HTTPBody) throws {
    var lines = BodyLines(content)
    while let line = try lines.next() {
      do throws(JSONFault) {
        if try JSONValue.parse(line.bytes).object != nil { return }
      } catch { continue }
    }
    throw Refusal(
      400, "Invalid file format. Input file must be a non-empty file in JSONL format.", parameter: "file",
      code: content.length == 0 ? "empty_file" : "invalid_file_format")
  }
}

extension MultipartForm {
  /// The text of a field; `nil` where the form has none of the name, or one too long to be a setting.
  ///
  /// Whoever sends a gigabyte as a purpose has it refused as missing.
  func text(of name: String, in body: HTTPBody) throws -> String? {
    guard let part = self[name], part.range.count <= 4096 else { return nil }
    return String(decoding: try body.bytes(in: part.range), as: UTF8.self)
  }
}

extension Spool {
  /// A copy of a part of `body`, taken piece by piece.
  ///
  /// The body that it comes from can go afterwards.
  func copy(of body: HTTPBody, in range: Range<Int>) throws -> HTTPBody {
    var writer = self.writer()
    var position = range.lowerBound
    while position < range.upperBound {
      let end = min(range.upperBound, position + Self.memoryLimit)
      try writer.append(body.bytes(in: position..<end))
      position = end
    }
    return try writer.finish()
  }
}

extension JSONValue {
  /// A date as the service writes it: whole seconds since 1970.
  static func seconds(_ date: Date?) -> Self {
    .nullable(date.map { Int($0.timeIntervalSince1970.rounded(.down)) })
  }
}
