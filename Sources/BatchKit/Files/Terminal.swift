#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The standard error stream, as a place where people read along.
package struct Terminal: Sendable {
  /// Whether a person looks at it, rather than a file or a pipe.
  package let isInteractive: Bool
  private let write: @Sendable (String) -> Void

  /// A place to read along that is not a terminal, for tests.
  package init(isInteractive: Bool, write: @escaping @Sendable (String) -> Void) {
    self.isInteractive = isInteractive
    self.write = write
  }

  /// The standard error stream of this process.
  package static var standardError: Self {
    let isTerminal = isatty(STDERR_FILENO) == 1
    let isDumb = getenv("TERM").map { String(cString: $0) } == "dumb"
    return Self(isInteractive: isTerminal && !isDumb) { text in Self.writeAll(text) }
  }

  /// Writes the text at once; what a closed pipe does not take is nobody's loss.
  package func show(_ text: String) { write(text) }

  private static func writeAll(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { systemWrite(STDERR_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
