import Foundation

#if canImport(Darwin)
  import Darwin
  private let streamType = SOCK_STREAM
#elseif canImport(Glibc)
  import Glibc
  private let streamType = Int32(SOCK_STREAM.rawValue)
#elseif canImport(Musl)
  import Musl
  private let streamType = SOCK_STREAM
#endif

/// A bare connection to a port of this machine: what is sent is what is written here, and nothing else.
final class Wire {
  enum End: Sendable { case open, closed, reset }
  struct Broken: Error {}

  private let descriptor: Int32
  private var unread: [UInt8] = []
  private(set) var end = End.open

  init(port: Int) throws {
    descriptor = socket(AF_INET, streamType, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else { throw Broken() }
    // A server that forgets to answer fails the test instead of holding it up for ever.
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { throw Broken() }
      rest = rest.dropFirst(count)
    }
  }

  func exchange(_ request: String) throws -> (status: Int, body: [UInt8]) {
    try exchange(Array(request.utf8))
  }

  func exchange(_ request: [UInt8]) throws -> (status: Int, body: [UInt8]) {
    try send(request)
    return try answer()
  }

  /// The next answer, of the length that it states.
  func answer() throws -> (status: Int, body: [UInt8]) {
    let status = try line().split(separator: " ").dropFirst().first.flatMap { Int($0) }
    var length = 0
    while true {
      let line = try line()
      if line.isEmpty { break }
      if line.hasPrefix("Content-Length: ") { length = Int(line.dropFirst(16)) ?? 0 }
    }
    while unread.count < length, fill() {}
    guard let status, unread.count >= length else { throw Broken() }
    defer { unread.removeFirst(length) }
    return (status, Array(unread.prefix(length)))
  }

  func line() throws -> String {
    while true {
      if let end = unread.firstIndex(of: 10) {
        defer { unread.removeFirst(end + 1) }
        return String(decoding: unread[..<end].filter { $0 != 13 }, as: UTF8.self)
      }
      guard fill() else { throw Broken() }
    }
  }

  /// Everything until the other side ends the connection; how it did is in `end`.
  func rest() -> [UInt8] {
    while fill() {}
    defer { unread = [] }
    return unread
  }

  private func fill() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let count = read(descriptor, &buffer, buffer.count)
    if count > 0 { unread += buffer.prefix(count) }
    if count == 0 { end = .closed }
    if count < 0, errno == ECONNRESET { end = .reset }
    return count > 0
  }
}

extension Thread {
  static func yieldToOthers() { sched_yield() }
}
