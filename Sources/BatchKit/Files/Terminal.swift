#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A stream of this process, as a place where people read along.
///
/// Progress is shown through it. It knows what the place can show, and whoever writes decides by that; a test
/// puts its own place in.
package struct Terminal: Sendable {
  /// What can be shown there.
  package struct Style: Sendable, Hashable {
    /// How many characters fit on a line.
    package var width = 80
    /// Whether colours are wanted.
    package var hasColor = false
    /// Whether signs beyond ASCII arrive as they are.
    package var isUnicode = true

    package init() {}
  }

  /// Whether a person looks at it, rather than a file or a pipe.
  ///
  /// A line that is overwritten in place is only for a person; a file gets whole lines.
  package let isInteractive: Bool
  package let style: Style
  private let write: @Sendable (String) -> Void

  /// A place to read along that is not a terminal, for tests.
  package init(
    isInteractive: Bool, style: Style = Style(), write: @escaping @Sendable (String) -> Void
  ) {
    self.isInteractive = isInteractive
    self.style = style
    self.write = write
  }

  /// The standard error stream of this process.
  package static var standardError: Self { stream(STDERR_FILENO) }

  /// The standard output stream of this process.
  package static var standardOutput: Self { stream(STDOUT_FILENO) }

  /// A terminal that calls itself dumb can't move back in a line, so it is treated as a file is.
  private static func stream(_ descriptor: Int32) -> Self {
    let isTerminal = isatty(descriptor) == 1
    let style = Style(isTerminal: isTerminal, columns: columns(of: descriptor)) { variable($0) }
    return Self(isInteractive: isTerminal && variable("TERM") != "dumb", style: style) { text in
      writeAll(text, to: descriptor)
    }
  }

  /// Writes the text at once; what a closed pipe does not take is nobody's loss.
  ///
  /// Past any buffer, so that nothing is lost when the process dies, and in order with what was shown before.
  package func show(_ text: String) { write(text) }

  /// Writes all of the text, and gives up quietly where the other end is closed: a progress line is no reason
  /// to fail.
  private static func writeAll(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  /// What the environment says now; a variable that is empty is there all the same.
  private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// How wide the terminal is now; `nil` for what is none.
  private static func columns(of descriptor: Int32) -> Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}

extension Terminal.Style {
  /// What the variables of an environment ask for.
  ///
  /// `NO_COLOR` and `TERM=dumb` turn colours off, and so does anything that is no terminal. The width is the
  /// terminal's, else what `COLUMNS` says, else 80, and never under 20.
  package init(isTerminal: Bool, columns: Int?, variable: (String) -> String?) {
    width = max(20, columns ?? variable("COLUMNS").flatMap { Int($0) } ?? 80)
    let refusesColor = variable("NO_COLOR").map { !$0.isEmpty } ?? false
    hasColor = isTerminal && !refusesColor && variable("TERM") != "dumb"
    // The first of the three that says anything decides; nothing said means the plain C locale.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(variable).first { !$0.isEmpty } ?? "C"
    isUnicode = locale.lowercased().contains("utf-8") || locale.lowercased().contains("utf8")
  }
}

extension Terminal {
  /// Whether somebody types at this process, rather than a file or a pipe feeding it.
  package static var isTypedAt: Bool { isatty(STDIN_FILENO) == 1 }

  /// Asks for a line that is not shown while it is typed; `nil` where the input ends first.
  ///
  /// A key that is typed must not stay on the screen, nor in the history of the shell. Where the input is no
  /// terminal the line is read as it comes, without a prompt, so that a script can pipe it in.
  package static func readSecret(prompt: String) -> String? {
    var before = termios()
    let isTerminal = tcgetattr(STDIN_FILENO, &before) == 0
    if isTerminal {
      var silent = before
      silent.c_lflag &= ~tcflag_t(ECHO)
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
      standardError.show(prompt)
    }
    defer {
      if isTerminal {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
        standardError.show("\n")
      }
    }
    return readLine()
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
