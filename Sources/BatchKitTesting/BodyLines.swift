package import BatchKit
import Foundation

/// The lines of a body, one after the other, with no more than a window of it in memory.
///
/// It is not the reader that the library itself uses, so that neither hides a fault of the other. A carriage
/// return is left at the end of its line.
package struct BodyLines {
  private let body: HTTPBody
  /// What is in memory of the body, and where in the body it begins.
  private var window: [UInt8] = []
  private var windowStart = 0
  private var position = 0

  private static let windowSize = 256 * 1024

  package init(_ body: HTTPBody) { self.body = body }

  /// The place of the next line in the body and its bytes, both without the line feed; `nil` at the end.
  ///
  /// A line may be longer than the window. What follows the last line feed is a line, unless it is nothing.
  package mutating func next() throws -> (range: Range<Int>, bytes: [UInt8])? {
    guard position < body.length else { return nil }
    var line: [UInt8] = []
    let start = position
    while position < body.length {
      try fill()
      let rest = window[(position - windowStart)...]
      if let end = lineFeed(in: rest) {
        line.append(contentsOf: window[rest.startIndex..<end])
        let range = start..<(windowStart + end)
        position = range.upperBound + 1
        return (range, line)
      }
      line.append(contentsOf: rest)
      position += rest.count
    }
    return (start..<position, line)
  }

  /// Reads the next window when the last one is used up.
  private mutating func fill() throws {
    guard position >= windowStart + window.count else { return }
    windowStart = position
    window = Array(try body.read(at: position, count: Self.windowSize))
    guard !window.isEmpty else { throw BatchError.shortenedBody }
  }

  /// Where the next line feed stands; a plain loop, as generic searches are slow in debug builds.
  private func lineFeed(in bytes: ArraySlice<UInt8>) -> Int? {
    bytes.withUnsafeBufferPointer { buffer in
      var index = 0
      while index < buffer.count {
        if buffer[index] == 0x0A { return bytes.startIndex + index }
        index &+= 1
      }
      return nil
    }
  }
}

extension HTTPBody {
  /// All bytes of `range`, however many pieces they lie in.
  /// - Throws: `BatchError` where the body ends before that.
  package func bytes(in range: Range<Int>) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < range.count {
      let chunk = try read(at: range.lowerBound + bytes.count, count: range.count - bytes.count)
      guard !chunk.isEmpty else { throw BatchError.shortenedBody }
      bytes.append(contentsOf: chunk)
    }
    return bytes
  }
}

extension BatchError {
  /// A body that can't be read to the end it promised.
  static var shortenedBody: Self {
    Self(.unreadableFile, "A body kept by the emulator ended before its length; start the emulator afresh.")
  }
}
