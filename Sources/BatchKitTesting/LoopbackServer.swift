package import BatchKit
package import Foundation

/// A real HTTP/1.1 server that only this machine can reach, for tests and for demonstrations without a key.
///
/// Each connection has a thread of its own: an answer may take its time without holding up another. Large
/// request bodies are kept in files without a name, so that neither side's size shows in memory.
package final class LoopbackServer: Sendable {
  private let house: LoopbackHouse
  /// The port that was asked for, or the free one that was found.
  package let port: Int

  /// Starts a server on a port of 127.0.0.1, or on any free one.
  ///
  /// - Throws: `BatchError` where the port is taken or there is no such port.
  package init(port: Int = 0, answer: @escaping @Sendable (HTTPRequest) -> LoopbackAnswer) throws {
    let (listener, port) = try LoopbackSocket.listening(on: port)
    self.port = port
    house = LoopbackHouse(
      baseURL: Self.baseURL(port: port), listener: listener, bell: try LoopbackBell(), answer: answer)
    house.open()
  }

  deinit { house.close() }

  /// The address that everything is found under.
  package var baseURL: URL { Self.baseURL(port: port) }

  /// How many connections were accepted so far.
  package var connectionsAccepted: Int { house.counts.current.connections }

  /// How many connections there are at this moment.
  package var connectionsOpen: Int { house.guestCount }

  /// How many requests arrived whole so far.
  package var requestsReceived: Int { house.counts.current.requests }

  /// Stops listening and ends every connection, whatever is under way on it.
  package func stop() { house.close() }

  private static func baseURL(port: Int) -> URL {
    var parts = URLComponents()
    (parts.scheme, parts.host, parts.port) = ("http", "127.0.0.1", port)
    return parts.url ?? URL(fileURLWithPath: "/")
  }
}

/// What the threads of a server share; the server itself is not among their references, so that dropping it
/// ends them.
private final class LoopbackHouse: Sendable {
  struct Counts: Sendable {
    var connections = 0
    var requests = 0
  }

  private struct Guests: Sendable {
    var sockets: [ObjectIdentifier: LoopbackSocket] = [:]
    var isClosed = false
  }

  private let baseURL: URL
  private let listener: Locked<LoopbackSocket?>
  private let bell: LoopbackBell
  private let answer: @Sendable (HTTPRequest) -> LoopbackAnswer
  private let guests = Locked(Guests())
  private let door = DispatchGroup()
  let counts = Locked(Counts())

  var guestCount: Int { guests.current.sockets.count }

  init(
    baseURL: URL, listener: LoopbackSocket, bell: LoopbackBell,
    answer: @escaping @Sendable (HTTPRequest) -> LoopbackAnswer
  ) {
    self.baseURL = baseURL
    self.listener = Locked(listener)
    self.bell = bell
    self.answer = answer
  }

  func open() {
    door.enter()
    start {
      self.welcome()
      self.listener.withLock { $0 = nil }
      self.door.leave()
    }
  }

  /// Returns when the port is free again.
  func close() {
    let sockets = guests.withLock { guests in
      guests.isClosed = true
      return Array(guests.sockets.values)
    }
    bell.ring()
    for socket in sockets { socket.hangUp() }
    door.wait()
  }

  private func welcome() {
    while let socket = listener.current?.nextConnection(unless: bell) {
      let isWelcome = guests.withLock { guests in
        guests.sockets[ObjectIdentifier(socket)] = guests.isClosed ? nil : socket
        return !guests.isClosed
      }
      guard isWelcome else { return }
      counts.withLock { $0.connections += 1 }
      start {
        self.serve(socket)
        self.guests.withLock { _ = $0.sockets.removeValue(forKey: ObjectIdentifier(socket)) }
      }
    }
  }

  private func serve(_ socket: LoopbackSocket) {
    var reader = LoopbackReader(socket, baseURL: baseURL)
    let writer = LoopbackWriter(socket: socket, bell: bell)
    do {
      while let request = try reader.next() {
        counts.withLock { $0.requests += 1 }
        let ending = try writer.send(answer(request), to: request)
        if ending == .closeAtNextRequest { _ = socket.waitUntilReadable(unless: bell) }
        guard ending == .keep else { return }
      }
    } catch LoopbackBreak.badRequest(let status) {
      refuse(with: status, on: writer)
    } catch LoopbackBreak.hungUp {
      return  // Whoever left wants no answer.
    } catch {
      refuse(with: 500, on: writer)
    }
  }

  private func refuse(with status: Int, on writer: LoopbackWriter) {
    let answer = LoopbackAnswer(status, headers: ["Connection": "close"])
    // The connection ends here either way; whether the refusal still reached anyone changes nothing.
    _ = try? writer.send(answer, to: HTTPRequest("GET", baseURL))
  }

  private func start(_ body: @escaping @Sendable () -> Void) {
    let thread = Thread(block: body)
    thread.stackSize = 4 << 20
    thread.start()
  }
}
