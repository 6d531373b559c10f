package import BatchKit

extension MemoryStore {
  /// One thing the store is about to do.
  ///
  /// Changes are numbered, and the same work has the same numbers each time. So a test counts the steps of a
  /// run, and then repeats it with the world stopped before each of them.
  package struct Step: Sendable, Hashable {
    /// What it is about to do.
    package enum Kind: String, Sendable {
      case open, read, list
      case create, createFolder, write, syncFile, syncFolder, rename, truncate, remove, lock

      /// Whether it leaves the disk other than it was.
      package var isChange: Bool { ![.open, .read, .list].contains(self) }

      var action: FileAction {
        switch self {
        case .open, .read: .read
        case .list: .list
        case .create: .create
        case .createFolder: .createFolder
        case .write, .syncFile, .syncFolder, .truncate: .write
        case .rename: .rename
        case .remove: .remove
        case .lock: .lock
        }
      }
    }

    /// Which change it is, counted from 1; a look has the number of the change before it.
    package let number: Int
    /// What it is.
    package let kind: Kind
    /// What it is done to.
    package let path: String
  }

  /// What a hook throws to end the world: nothing happens on this disk any more until a
  /// ``MemoryStore/crash(_:)``.
  ///
  /// From then on every call fails, even those of cleaning up: the process is dead, it only doesn't know.
  package struct Stop: Error {
    package init() {}
  }

  /// How many changes there were.
  package var steps: Int { disk.withLock { $0.steps } }

  /// Runs `hook` before each step; a ``FileFault`` it throws is that step's failure, anything else ends the
  /// world.
  ///
  /// Hooks add up, and each is asked until one throws.
  package func beforeEachStep(_ hook: @escaping @Sendable (Step) throws -> Void) {
    hooks.withLock { $0.append(hook) }
  }

  /// Ends the world before change `number`.
  ///
  /// What was done up to there is done.
  package func stop(before number: Int) {
    beforeEachStep { step in
      if step.kind.isChange, step.number == number { throw Stop() }
    }
  }

  /// Lets one change fail: the one after `count` more.
  ///
  /// The process lives on, and has to cope.
  package func fail(after count: Int = 0, with fault: FileFault) {
    let number = steps + count + 1
    beforeEachStep { step in
      if step.kind.isChange, step.number == number { throw fault }
    }
  }

  /// Refuses every change at `path` and beneath it.
  package func makeReadOnly(_ path: String) {
    let path = MemoryDisk.normal(path)
    beforeEachStep { step in
      let changed = MemoryDisk.normal(step.path)
      if step.kind.isChange, changed == path || changed.hasPrefix("\(path)/") { throw FileFault.readOnly }
    }
  }

  /// Leaves room for so many more bytes; a write beyond fills what is left and fails.
  ///
  /// Room is only counted for bytes, and comes back when a file is removed.
  package func leaveRoom(for bytes: Int) {
    disk.withLock { $0.room = $0.used + bytes }
  }

  /// Ends all faults, but not the end of the world.
  package func heal() {
    hooks.withLock { $0 = [] }
    disk.withLock { $0.room = nil }
  }

  /// The store that the next process finds after this one ended so.
  ///
  /// The other store goes its own way from then on, whatever is still done to this one.
  ///
  /// No fault is handed on: the next process has a sound disk.
  package func crash(_ crash: Crash = .powerCut) -> MemoryStore {
    MemoryStore(disk.current.after(crash))
  }

  /// How a process ends.
  package enum Crash: Sendable, Hashable {
    /// The process alone: what it wrote stays, its locks are gone.
    case kill
    /// The machine too: all that was not synced is lost.
    case powerCut
    /// The machine too: of what was not synced some is there, torn at any byte, or as zeros.
    case tornPowerCut(seed: UInt64)
  }

  /// Counts a step, and fails where it should.
  func step(_ kind: Step.Kind, _ path: String) throws(BatchError) {
    try refuseIfStopped(path)
    guard !path.utf8.contains(0) else { throw .file(.badName, kind.action, path) }
    let number = disk.withLock { disk in
      if kind.isChange { disk.steps += 1 }
      return disk.steps
    }
    do {
      for hook in hooks.current { try hook(Step(number: number, kind: kind, path: path)) }
    } catch let fault as FileFault {
      throw .file(fault, kind.action, path)
    } catch {
      disk.withLock { $0.isStopped = true }
      try refuseIfStopped(path)
    }
  }

  /// Refuses what comes after the end of the world.
  func refuseIfStopped(_ path: String) throws(BatchError) {
    if disk.withLock({ $0.isStopped }) { throw .file(.other("the world has stopped"), .write, path) }
  }
}
