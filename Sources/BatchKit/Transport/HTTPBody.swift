public import Foundation

/// What a request sends along: pieces of memory and of files, of a length known before the first byte goes.
///
/// A body can be read at any place and as often as a retry needs, and a file in it is never held in memory.
///
/// So an upload of gigabytes begins with its true `Content-Length`, and is sent from the start again after a
/// broken connection. A transport of your own reads it in turn:
///
/// ```swift
/// var offset = 0
/// while offset < request.body.length {
///   let piece = try request.body.read(at: offset, count: 1 << 18)
///   try send(piece)
///   offset += piece.count
/// }
/// ```
public struct HTTPBody: Sendable {
  /// One stretch of a body. The length of a file is noted when the body is made; a file that grows meanwhile
  /// is sent up to there.
  package enum Piece: Sendable {
    case bytes([UInt8])
    case file(any ReadableFile, length: Int)

    package var length: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .file(_, let length): length
      }
    }
  }

  /// The stretches in the order in which they are sent.
  package let pieces: [Piece]

  package init(pieces: [Piece]) { self.pieces = pieces }

  /// Nothing.
  public static var empty: Self { Self(pieces: []) }

  /// These bytes.
  /// - Parameter bytes: What is sent; it is copied once.
  public static func bytes(_ bytes: some Sequence<UInt8>) -> Self { Self(pieces: [.bytes(Array(bytes))]) }

  /// The number of bytes.
  ///
  /// It is what the request states as its `Content-Length`.
  public var length: Int { pieces.reduce(0) { $0 + $1.length } }

  /// Whether all of it is in memory already.
  ///
  /// Where it isn't, a transport should stream it.
  public var isInMemory: Bool {
    pieces.allSatisfy { if case .bytes = $0 { true } else { false } }
  }

  /// The bytes from `offset` on, at most `count` of them; empty at the end.
  ///
  /// - Throws: ``BatchError`` where a file in it can't be read any more, or has become shorter.
  ///
  /// A piece ends where one stretch of the body does, so fewer bytes than asked for are not the end; none
  /// are.
  ///
  /// - Parameters:
  ///   - offset: Where to begin, counted from the start of the body.
  ///   - count: The most bytes to return.
  /// - Returns: The bytes, empty only at the end.
  public func read(at offset: Int, count: Int) throws -> Data {
    var skip = offset
    for piece in pieces {
      guard skip >= piece.length else {
        let take = min(count, piece.length - skip)
        switch piece {
        case .bytes(let bytes): return Data(bytes[skip..<(skip + take)])
        case .file(let file, _):
          let bytes = try file.read(at: skip, count: take)
          guard bytes.count == take else {
            throw BatchError(.unreadableFile, "A file became shorter while it was sent; send it again.")
          }
          return Data(bytes)
        }
      }
      skip -= piece.length
    }
    return Data()
  }
}
