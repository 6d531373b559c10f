import BatchKit
import Foundation
import Testing

@Suite struct `Work is done side by side and taken in in order` {
  /// What was begun and taken in so far, and the most that ever lay between.
  private struct Traffic { var (begun, taken, most) = (0, 0, 0) }

  @Test(arguments: [1, 2, 3, 8], [0, 1, 2, 100])
  func `nothing is lost, doubled or out of order, and little is held`(processors: Int, count: Int) throws {
    let traffic = Locked(Traffic())
    let all = try inOrder(count, processors: processors, into: [Int]()) { piece throws(BatchError) in
      traffic.withLock {
        $0.begun += 1
        $0.most = max($0.most, $0.begun - $0.taken)
      }
      // The first pieces are slow, so that those after them have to wait.
      return piece < 3 ? (0..<200_000).reduce(piece) { $0 ^ $1 } * 0 + piece : piece
    } take: { all, piece in
      traffic.withLock { $0.taken += 1 }
      all.append(piece)
    }
    #expect(all == Array(0..<count))
    #expect(traffic.current.most <= processors + 1)
  }

  @Test(arguments: [1, 2, 8])
  func `the first failure is told, and what came before it was taken in`(processors: Int) {
    let taken = Locked<[Int]>([])
    let error = #expect(throws: BatchError.self) {
      try inOrder(100, processors: processors, into: ()) { piece throws(BatchError) -> Int in
        if piece % 10 == 7 { throw BatchError(.unreadableFile, "piece \(piece)") }
        return piece
      } take: { _, piece in
        taken.withLock { $0.append(piece) }
      }
    }
    #expect(error?.message == "piece 7")
    #expect(taken.current == Array(0..<7))
  }

  @Test(arguments: [1, 4])
  func `a failure to take in stops the rest`(processors: Int) {
    let made = Locked(0)
    let error = #expect(throws: BatchError.self) {
      try inOrder(10_000, processors: processors, into: 0) { piece throws(BatchError) in
        made.withLock { $0 += 1 }
        return piece
      } take: { sum, piece throws(BatchError) in
        sum += piece
        if piece == 5 { throw BatchError(.unwritableFile, "full") }
      }
    }
    #expect(error?.code == .unwritableFile)
    #expect(made.current < 100)
  }

  @Test(arguments: 2...5)
  func `no thread waits for room that a failure took with it, however often it is tried`(processors: Int) {
    var failures = 0
    for round in 0..<10_000 {
      do {
        _ = try inOrder(40, processors: processors, into: 0) { piece throws(BatchError) -> Int in
          if piece == round % 3 { throw BatchError(.unreadableFile, "piece \(piece)") }
          return piece
        } take: { sum, piece in
          sum += piece
        }
      } catch { failures += 1 }
    }
    #expect(failures == 10_000)
  }
}
