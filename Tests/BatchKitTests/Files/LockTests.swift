import BatchKit
import Foundation
import Testing

@Suite struct `A lock is held by one at a time` {
  let disk = DiskStore.shared
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func `not twice within one process, and again once it is released`() throws {
    let first = try #require(try disk.lock(scratch("lock")))
    #expect(try disk.lock(scratch("lock")) == nil)
    first.release()
    let second = try #require(try disk.lock(scratch("lock")))
    first.release()
    #expect(try disk.lock(scratch("lock")) == nil)
    second.release()
  }

  @Test func `forgetting the lock gives it back`() throws {
    var lock = try disk.lock(scratch("lock"))
    #expect(lock != nil)
    lock = nil
    #expect(try disk.lock(scratch("lock")) != nil)
  }

  @Test func `a lock on a side file that was removed excludes nobody`() throws {
    let old = try #require(try disk.lock(scratch("lock")))
    try disk.remove(scratch("lock"))
    let new = try #require(try disk.lock(scratch("lock")))
    #expect(try disk.lock(scratch("lock")) == nil)
    old.release()
    #expect(try disk.lock(scratch("lock")) == nil)
    new.release()
  }

  @Test func `many tasks at one lock never hold it together, though each removes the side file`() async throws
  {
    let (holders, most, wins, path) = (Locked(0), Locked(0), Locked(0), scratch("lock"))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<16 {
        group.addTask {
          while wins.current < 2000 {
            guard let lock = try disk.lock(path) else {
              await Task.yield()
              continue
            }
            let together = holders.withLock {
              $0 += 1; return $0
            }
            most.withLock { $0 = max($0, together) }
            // Long enough for another to come in, were it let.
            for _ in 0..<20 { _ = try disk.status(of: path) }
            holders.withLock { $0 -= 1 }
            try disk.remove(path)
            lock.release()
            wins.withLock { $0 += 1 }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(wins.current >= 2000)
    #expect(most.current == 1)
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/flock")))
  func `another process is kept out, and what it holds goes when it is killed`() throws {
    let path = scratch("lock")
    let mine = try #require(try disk.lock(path))
    let refused = try Child("/usr/bin/flock", ["--nonblock", path, "true"])
    #expect(refused.status() != 0)
    mine.release()

    let holder = try Child("/usr/bin/flock", ["--no-fork", path, "sh", "-c", "echo held; exec cat"])
    #expect(holder.line() == "held")
    #expect(try disk.lock(path) == nil)
    holder.kill()
    _ = holder.status()
    #expect(try disk.lock(path) != nil)
  }
}
