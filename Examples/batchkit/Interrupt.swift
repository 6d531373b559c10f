import BatchKit
import Dispatch
import Foundation

/// Ctrl-C: the first asks the program to end in order, the second ends it at once.
struct Interrupt {
  private let source: any DispatchSourceSignal

  init(_ first: @escaping @Sendable () -> Void) {
    // Without this the signal would end the process before anybody is told.
    signal(SIGINT, SIG_IGN)
    let count = Locked(0)
    let isLoud = CommandLine.arguments.allSatisfy { !["-q", "--quiet", "--json"].contains($0) }
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler {
      let times = count.withLock { count in
        count += 1
        return count
      }
      if times > 1 { _exit(ExitCode.interrupted.rawValue) }
      // What can't be stopped at once, such as a read from a pipe, must not look as if nobody had heard.
      if isLoud { Terminal.standardError.show("\nstopping; Ctrl-C again ends at once\n") }
      first()
    }
    source.activate()
  }
}
