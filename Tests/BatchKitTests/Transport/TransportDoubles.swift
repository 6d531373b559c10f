import BatchKit
import BatchKitTesting
import Foundation

/// So many bytes that no one would guess, the same ones for the same seed.
func wireNoise(_ count: Int, seed: UInt64) -> [UInt8] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 56)
  }
}

/// A file as long as anyone wants it, of one block over and over; the block's odd length shows what is
/// misplaced.
struct EndlessFile: ReadableFile {
  private static let block = wireNoise(100_003, seed: 9)

  func size() -> Int { .max }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let start = offset % Self.block.count
    let count = min(buffer.count, Self.block.count - start)
    Self.block.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[start..<(start + count)])) }
    return count
  }

  static func body(_ length: Int) -> HTTPBody { HTTPBody(pieces: [.file(Self(), length: length)]) }
}

/// A file that is shorter than was thought.
struct ShortenedFile: ReadableFile {
  func size() -> Int { 0 }
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int { 0 }
}

extension HTTPBody {
  /// Whether both have the same bytes, compared piece by piece.
  func hasSameBytes(as other: HTTPBody) throws -> Bool {
    guard length == other.length else { return false }
    var offset = 0
    while offset < length {
      let piece = try read(at: offset, count: 1 << 20)
      var mine = piece[...]
      while !mine.isEmpty {
        let theirs = try other.read(at: offset, count: mine.count)
        guard mine.prefix(theirs.count) == theirs else { return false }
        mine = mine.dropFirst(theirs.count)
        offset += theirs.count
      }
    }
    return true
  }
}

/// A folder of the test's own, gone with its last reference.
final class TransportFolder: Sendable {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("transport-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Everything in it, with its permissions.
  func contents() throws -> [String: Int] {
    var found: [String: Int] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: url.path) {
      let path = url.appendingPathComponent(name).path
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      found[String(name.split(separator: "/").last ?? "")] =
        (attributes[.posixPermissions] as? NSNumber)?.intValue
    }
    return found
  }
}

extension LoopbackAnswer.Fault {
  /// An answer that goes on and on, at a pace that leaves the machine to others.
  static let steady = dripping(pieceLength: 64 << 10, pause: .milliseconds(1))
}

/// The two ways to ask for an answer, which must agree in all but who gets the body.
enum Way: CaseIterable {
  case send, download

  func ask(_ transport: some HTTPTransport, _ request: HTTPRequest) async throws -> (HTTPResponse, body: Data)
  {
    switch self {
    case .send:
      let response = try await transport.send(request)
      return (response, response.body)
    case .download:
      let body = Locked(Data())
      let response = try await transport.download(request) { piece in body.withLock { $0.append(piece) } }
      return (response, response.isSuccess ? body.current : response.body)
    }
  }
}

extension HTTPTransport {
  /// What the request fails with, where it does.
  func failure(_ way: Way, _ request: HTTPRequest) async -> (any Error)? {
    do {
      _ = try await way.ask(self, request)
      return nil
    } catch {
      return error
    }
  }
}

/// How long something takes at its best: a machine that is busy elsewhere must not fail a test.
func shortest(of attempts: Int, _ work: () async throws -> Void) async rethrows -> Duration {
  var best = Duration.seconds(3600)
  for _ in 0..<attempts { best = min(best, try await ContinuousClock().measure(work)) }
  return best
}
