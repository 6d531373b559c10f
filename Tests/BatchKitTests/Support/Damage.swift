import BatchKit
import BatchKitTesting

/// What may happen to a file of ours while nobody looks.
enum Damage: String, CaseIterable, Sendable {
  /// It lost its end.
  case cut
  /// It was taken away.
  case gone
  /// It reads otherwise, and is as long as it was.
  case changed

  /// Has it happen to the only file in a folder of a job whose name ends so.
  func strike(_ job: String, _ ending: String, in store: MemoryStore) throws {
    let folder = "/r.json.jobs/\(job)/\(ending.hasSuffix(".output.jsonl") ? "results" : "parts")"
    let path = try "\(folder)/\(store.names(in: folder).first { $0.hasSuffix(ending) } ?? "none")"
    var bytes = try store.read(path)
    switch self {
    case .cut: bytes.removeLast(bytes.count / 2)
    case .gone: return try store.remove(path)
    case .changed: bytes[bytes.count / 2] ^= 1
    }
    try store.replace(path, with: bytes)
  }
}
