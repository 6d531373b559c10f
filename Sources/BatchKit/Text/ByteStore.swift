/// Bytes that are gathered, used and forgotten again millions of times: forgetting them costs nothing.
struct ByteStore {
  private var bytes = [UInt8](repeating: 0, count: 256)
  private(set) var count = 0

  mutating func clear() { count = 0 }

  mutating func append(_ source: Span<UInt8>, _ range: Range<Int>) {
    let start = count
    reserve(range.count)
    bytes.withUnsafeMutableBytes { bytes in
      source.extracting(range).withUnsafeBytes { source in
        UnsafeMutableRawBufferPointer(rebasing: bytes[start...]).copyMemory(from: source)
      }
    }
  }

  mutating func append(_ byte: UInt8) {
    let start = count
    reserve(1)
    bytes[start] = byte
  }

  mutating func removeLast(_ size: Int) { count -= size }

  mutating func keepLast(_ size: Int) {
    for index in 0..<size { bytes[index] = bytes[count &- size &+ index] }
    count = size
  }

  /// Makes room for so many more bytes and counts them in.
  private mutating func reserve(_ more: Int) {
    count &+= more
    guard count > bytes.count else { return }
    bytes.append(contentsOf: repeatElement(0, count: max(count, bytes.count * 2) - bytes.count))
  }

  /// Whether the last bytes are these.
  func ends(with text: StaticString) -> Bool {
    count >= text.utf8CodeUnitCount && matches(text, count &- text.utf8CodeUnitCount)
  }

  /// Whether the bytes at `range` are these.
  @inline(__always)
  func reads(_ text: StaticString, _ range: Range<Int>) -> Bool {
    range.count == text.utf8CodeUnitCount && matches(text, range.lowerBound)
  }

  /// Whether all bytes so far begin what `text` is.
  func begins(_ text: StaticString) -> Bool {
    guard count <= text.utf8CodeUnitCount else { return false }
    for index in 0..<count where bytes[index] != text.utf8Start[index] { return false }
    return true
  }

  @inline(__always)
  private func matches(_ text: StaticString, _ start: Int) -> Bool {
    for index in 0..<text.utf8CodeUnitCount where bytes[start &+ index] != text.utf8Start[index] {
      return false
    }
    return true
  }

  func withSpan<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try bytes.withSpan { span throws(Failure) in try body(span.extracting(0..<count)) }
  }
}
