public import Foundation

/// What a request sends along: pieces of memory and of files, of a length known before the first byte goes.
///
/// A body can be read at any place and as often as a retry needs, and a file in it is never held in memory.
public struct HTTPBody: Sendable {
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

  package let pieces: [Piece]

  package init(pieces: [Piece]) { self.pieces = pieces }

  /// Nothing.
  public static var empty: Self { Self(pieces: []) }

  /// These bytes.
  public static func bytes(_ bytes: some Sequence<UInt8>) -> Self { Self(pieces: [.bytes(Array(bytes))]) }

  /// The number of bytes.
  public var length: Int { pieces.reduce(0) { $0 + $1.length } }

  /// Whether all of it is in memory already.
  public var isInMemory: Bool {
    pieces.allSatisfy { if case .bytes = $0 { true } else { false } }
  }

  /// The bytes from `offset` on, at most `count` of them; empty at the end.
  ///
  /// - Throws: ``BatchError`` where a file in it can't be read any more, or has become shorter.
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
