import BatchKit

#if canImport(Darwin)
  import Darwin
  private let streamType = SOCK_STREAM
  private let sendFlags: Int32 = 0
#elseif canImport(Glibc)
  import Glibc
  private let streamType = Int32(SOCK_STREAM.rawValue)
  private let sendFlags = Int32(MSG_NOSIGNAL)
#elseif canImport(Musl)
  import Musl
  private let streamType = SOCK_STREAM
  private let sendFlags = Int32(MSG_NOSIGNAL)
#endif

/// Why a connection can't go on.
enum LoopbackBreak: Error {
  /// The other side left, or the server stopped.
  case hungUp
  /// What arrived is no request; it is answered with this status.
  case badRequest(status: Int)
}

/// A TCP socket; closed when released, so that no other thread can ever hold a number that was given away
/// anew.
///
/// Every call of the system on a connection is here, with what differs between systems. A write to a
/// connection that is gone must not end the process by a signal, which each system prevents in its own way.
final class LoopbackSocket: Sendable {
  private let descriptor: Int32

  private init(adopting descriptor: Int32) {
    self.descriptor = descriptor
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  /// A socket that listens on 127.0.0.1, and the port it got.
  ///
  /// The port may be one that was just given back. Only this machine can connect.
  ///
  /// - Throws: `BatchError` where there is no such port, or somebody has it.
  static func listening(on port: Int) throws(BatchError) -> (socket: LoopbackSocket, port: Int) {
    guard let number = UInt16(exactly: port) else { throw .impossiblePort(port) }
    let descriptor = socket(AF_INET, streamType, 0)
    guard descriptor >= 0 else { throw .unboundPort(port, errno) }
    let socket = LoopbackSocket(adopting: descriptor)
    socket.set(SOL_SOCKET, SO_REUSEADDR)
    guard let bound = socket.bindAndListen(number) else { throw .unboundPort(port, errno) }
    return (socket, bound)
  }

  /// The port that it came to, or `nil` with the reason in `errno`.
  private func bindAndListen(_ port: UInt16) -> Int? {
    var address = sockaddr_in()
    #if canImport(Darwin)
      address.sin_len = UInt8(MemoryLayout<sockaddr_in>.size)
    #endif
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, length) == 0 && listen(descriptor, 1024) == 0
          && getsockname(descriptor, address, &length) == 0
      }
    }
    return isListening ? Int(UInt16(bigEndian: address.sin_port)) : nil
  }

  /// Waits for the next connection; `nil` when the bell rings.
  func nextConnection(unless bell: LoopbackBell) -> LoopbackSocket? {
    while waitUntilReadable(unless: bell) {
      let descriptor = accept(descriptor, nil, nil)
      guard descriptor >= 0 else { continue }
      let connection = LoopbackSocket(adopting: descriptor)
      connection.set(Int32(IPPROTO_TCP), TCP_NODELAY)
      #if canImport(Darwin)
        connection.set(SOL_SOCKET, SO_NOSIGPIPE)
      #endif
      return connection
    }
    return nil
  }

  /// Waits until there is something to read, or the other side left; `false` when the bell rings.
  func waitUntilReadable(unless bell: LoopbackBell) -> Bool {
    bell.wait(orReadable: descriptor, limit: nil) == .readable
  }

  /// Lets time pass, but not for someone who left.
  ///
  /// It ends early where the other side left or the bell rings, so that no thread outlives its use.
  func pause(_ duration: Duration, unless bell: LoopbackBell) throws(LoopbackBreak) {
    let end = ContinuousClock.now + duration
    var event = bell.wait(orReadable: descriptor, limit: duration)
    if event == .readable, !hasEnded { event = bell.wait(limit: end - .now) }
    guard event == .timeIsUp else { throw .hungUp }
  }

  /// Whether the other side left; false while there are bytes of it to read.
  private var hasEnded: Bool {
    var byte: UInt8 = 0
    return recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) <= 0
  }

  /// Reads what is there, waiting for the first byte; 0 is the end.
  func receive(into buffer: UnsafeMutableRawBufferPointer) throws(LoopbackBreak) -> Int {
    while true {
      let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      if count >= 0 { return count }
      guard errno == EINTR else { throw .hungUp }
    }
  }

  /// Sends all of `bytes`.
  func transmit(_ bytes: UnsafeRawBufferPointer) throws(LoopbackBreak) {
    var rest = bytes
    while !rest.isEmpty {
      let count = send(descriptor, rest.baseAddress, rest.count, sendFlags)
      if count < 0 && errno != EINTR { throw .hungUp }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(0, count)))
    }
  }

  /// Ends the connection in both directions; whoever waits on it wakes up.
  func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// Makes the close that follows a reset.
  func resetOnClose() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }

  /// Turns an option on, where the system has it.
  private func set(_ level: Int32, _ option: Int32) {
    var on: Int32 = 1
    setsockopt(descriptor, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
  }
}

/// A bell that every thread of a server can hear while it waits: it rings once, for good, when the server
/// stops.
///
/// It is a pipe whose writing end is closed, since a close of a listening socket wakes its threads on some
/// systems only.
final class LoopbackBell: Sendable {
  enum Event { case rang, readable, timeIsUp }

  private let listeningEnd: Int32
  private let ringingEnd: Locked<Int32?>

  init() throws(BatchError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .unboundPort(0, errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    listeningEnd = ends[0]
    ringingEnd = Locked(ends[1])
  }

  deinit {
    ring()
    close(listeningEnd)
  }

  /// It may be rung twice.
  func ring() {
    ringingEnd.withLock { end in
      if let open = end { close(open) }
      end = nil
    }
  }

  /// Waits until the bell rings, something can be read from `other`, or the limit passes.
  ///
  /// A signal that interrupts the wait does not end it.
  ///
  /// - Parameters:
  ///   - other: A descriptor to wait for as well; none where it is -1.
  ///   - limit: How long to wait at most; for ever if `nil`.
  func wait(orReadable other: Int32 = -1, limit: Duration?) -> Event {
    let end = limit.map { ContinuousClock.now + $0 }
    while true {
      var watched = [listeningEnd, other].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      let milliseconds = end.map { max(0, ($0 - .now) / .milliseconds(1)) } ?? -1
      let count = poll(&watched, nfds_t(watched.count), Int32(min(milliseconds.rounded(.up), 1e9)))
      if watched[0].revents != 0 { return .rang }
      if watched[1].revents != 0 { return .readable }
      if count == 0 { return .timeIsUp }
    }
  }
}

extension BatchError {
  static func impossiblePort(_ port: Int) -> Self {
    Self(.unreachable, "There is no port \(port): choose one from 1 to 65535, or 0 for any that is free.")
  }

  static func unboundPort(_ port: Int, _ number: Int32) -> Self {
    let reason = String(cString: strerror(number))
    return Self(
      .unreachable,
      "Port \(port) of 127.0.0.1 can't be listened on (\(reason)): choose another, or 0 for any that is free."
    )
  }
}
