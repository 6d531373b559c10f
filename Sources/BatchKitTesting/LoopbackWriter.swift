import BatchKit
import Foundation

/// The answers that leave on one connection.
///
/// It writes what the answer says and then what is wrong with it, byte for byte: a framing that lies is
/// framed so here and nowhere else.
struct LoopbackWriter {
  /// What becomes of the connection once the answer is out.
  enum Ending { case keep, close, closeAtNextRequest }

  private static let pieceLength = 256 << 10

  let socket: LoopbackSocket
  let bell: LoopbackBell

  /// Sends `answer` to `request`, with whatever goes wrong with it.
  /// - Returns: What is to become of the connection; the server acts on it.
  /// - Throws: `LoopbackBreak` where the other side left or the server stops.
  func send(_ answer: LoopbackAnswer, to request: HTTPRequest) throws -> Ending {
    if let delay = answer.delay { try socket.pause(delay, unless: bell) }
    switch answer.fault {
    case .closeWithoutAnswer: return .close
    case .resetWithoutAnswer:
      socket.resetOnClose()
      return .close
    case .raw(let bytes):
      try write(bytes)
      return .close
    default: break
    }
    let hasBody = request.method != "HEAD" && answer.status != 204 && answer.status != 304
    try writeHead(of: answer)
    if hasBody { try writeBody(of: answer) }
    let wantsClose = [request.headers["Connection"], answer.headers["Connection"]]
      .contains { $0?.lowercased() == "close" }
    return wantsClose ? .close : answer.fault.ending
  }

  /// Whatever the answer's own fields say of the length is left out, so that it is stated once.
  private func writeHead(of answer: LoopbackAnswer) throws {
    var head = "HTTP/1.1 \(answer.status) \r\n"
    let framing: Set = ["content-length", "transfer-encoding"]
    for (name, value) in answer.headers.fields where !framing.contains(name.lowercased()) {
      head += "\(name): \(value)\r\n"
    }
    switch answer.fault {
    case .chunked, .cutChunked: head += "Transfer-Encoding: chunked\r\n"
    case .withoutLength: head += "Connection: close\r\n"
    default: if answer.status != 204 { head += "Content-Length: \(answer.body.length)\r\n" }
    }
    try write(Array("\(head)\r\n".utf8))
  }

  private func writeBody(of answer: LoopbackAnswer) throws {
    let body = answer.body
    switch answer.fault {
    case .cutBody(let count): try writePieces(of: body, upTo: count)
    case .resetBody(let count):
      try writePieces(of: body, upTo: count)
      socket.resetOnClose()
    case .chunked:
      try writePieces(of: body, inChunks: true)
      try write(Array("0\r\n\r\n".utf8))
    case .cutChunked(let count): try writePieces(of: body, upTo: count, inChunks: true)
    case .dripping(let length, let pause):
      try writePieces(of: body, each: length) { try socket.pause(pause, unless: bell) }
    default: try writePieces(of: body)
    }
  }

  /// - Parameters:
  ///   - body: What to send.
  ///   - limit: After how many bytes to stop.
  ///   - length: How much to send at once.
  ///   - inChunks: Whether each piece is framed as a chunk.
  ///   - then: What to do after each piece.
  private func writePieces(
    of body: HTTPBody, upTo limit: Int = .max, each length: Int = pieceLength, inChunks: Bool = false,
    then: () throws -> Void = {}
  ) throws {
    let end = min(limit, body.length)
    var offset = 0
    while offset < end {
      let piece = try body.read(at: offset, count: min(max(1, length), end - offset))
      if inChunks { try write(Array("\(String(piece.count, radix: 16))\r\n".utf8)) }
      try piece.withUnsafeBytes(socket.transmit)
      if inChunks { try write(Array("\r\n".utf8)) }
      offset += piece.count
      try then()
    }
  }

  private func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes(socket.transmit) }
}

extension LoopbackAnswer.Fault? {
  fileprivate var ending: LoopbackWriter.Ending {
    switch self {
    case nil, .chunked, .dripping: .keep
    case .closeAtNextRequest: .closeAtNextRequest
    default: .close
    }
  }
}
