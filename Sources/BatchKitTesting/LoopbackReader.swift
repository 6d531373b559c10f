import BatchKit
import Foundation

/// The requests that arrive on one connection, one after the other.
///
/// It is strict where leniency would let one request pass for two, and knows no more of HTTP than clients
/// send. Bodies of any size go to a spool as they come.
struct LoopbackReader {
  /// The most bytes of a request line and its fields together, or of a chunk's line.
  private static let mostHeaderBytes = 64 << 10

  private let socket: LoopbackSocket
  private let baseURL: URL
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)
  /// Which bytes of the buffer were received and not taken yet.
  private var unread = 0..<0

  init(_ socket: LoopbackSocket, baseURL: URL) {
    self.socket = socket
    self.baseURL = baseURL
  }

  /// The next request with all of its body, or `nil` where the other side has no more.
  /// - Throws: `LoopbackBreak` where the connection can't go on, with the status to say so where there is
  ///   one.
  mutating func next() throws -> HTTPRequest? {
    var budget = Self.mostHeaderBytes
    guard let first = try line(&budget) else { return nil }
    let words = first.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, words[1].hasPrefix("/"), words[2].hasPrefix("HTTP/1."),
      let url = URL(string: baseURL.absoluteString + words[1])
    else { throw LoopbackBreak.badRequest(status: 400) }
    let headers = try headers(&budget)
    if headers["Expect"]?.lowercased() == "100-continue" {
      try Array("HTTP/1.1 100 Continue\r\n\r\n".utf8).withUnsafeBytes(socket.transmit)
    }
    return HTTPRequest(String(words[0]), url, headers: headers, body: try body(headers))
  }

  /// Reads fields up to the blank line; the `budget` is what they may still take up.
  private mutating func headers(_ budget: inout Int) throws -> HTTPHeaders {
    var headers: HTTPHeaders = [:]
    while true {
      guard let line = try line(&budget) else { throw LoopbackBreak.hungUp }
      if line.isEmpty { return headers }
      guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else {
        throw LoopbackBreak.badRequest(status: 400)
      }
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      headers[String(line[..<colon])] = value
    }
  }

  // MARK: Bodies

  /// Reads a body framed by its length or in chunks; without either there is none.
  private mutating func body(_ headers: HTTPHeaders) throws -> HTTPBody {
    var spool = LoopbackSpool()
    let length = headers["Content-Length"]
    switch (headers["Transfer-Encoding"]?.lowercased(), length) {
    case (nil, nil): return .empty
    case (nil, let length?):
      guard let length = Int(length), length >= 0 else { throw LoopbackBreak.badRequest(status: 400) }
      try copy(length, to: &spool)
    case ("chunked", nil): try copyChunks(to: &spool)
    default: throw LoopbackBreak.badRequest(status: 400)  // Two lengths are how requests are smuggled.
    }
    return try spool.body()
  }

  private mutating func copyChunks(to spool: inout LoopbackSpool) throws {
    while true {
      var budget = Self.mostHeaderBytes
      guard let line = try line(&budget) else { throw LoopbackBreak.hungUp }
      let digits = line.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces)
      guard let length = Int(digits, radix: 16), length >= 0 else {
        throw LoopbackBreak.badRequest(status: 400)
      }
      if length == 0 {
        _ = try headers(&budget)  // The trailer, which nobody asks for.
        return
      }
      try copy(length, to: &spool)
      guard try self.line(&budget) == "" else { throw LoopbackBreak.badRequest(status: 400) }
    }
  }

  private mutating func copy(_ length: Int, to spool: inout LoopbackSpool) throws {
    var left = length
    while left > 0 {
      if unread.isEmpty, try !fill() { throw LoopbackBreak.hungUp }
      let taken = unread.prefix(left)
      try buffer.withUnsafeBytes { try spool.append(UnsafeRawBufferPointer(rebasing: $0[taken])) }
      unread = taken.upperBound..<unread.upperBound
      left -= taken.count
    }
  }

  // MARK: Bytes

  /// The next line without its end, or `nil` where the other side left before it began.
  private mutating func line(_ budget: inout Int) throws -> String? {
    var bytes: [UInt8] = []
    while true {
      if unread.isEmpty, try !fill() {
        guard bytes.isEmpty else { throw LoopbackBreak.hungUp }
        return nil
      }
      let end = buffer[unread].firstIndex(of: 0x0A)
      bytes += buffer[unread.lowerBound..<(end ?? unread.upperBound)]
      unread = (end.map { $0 + 1 } ?? unread.upperBound)..<unread.upperBound
      guard bytes.count < budget else { throw LoopbackBreak.badRequest(status: 431) }
      guard end != nil else { continue }
      budget -= bytes.count + 1
      if bytes.last == 0x0D { bytes.removeLast() }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  /// Waits for more bytes; `false` where the other side has no more to send.
  private mutating func fill() throws -> Bool {
    let count = try buffer.withUnsafeMutableBytes(socket.receive)
    unread = 0..<count
    return count > 0
  }
}
