import BatchKit
import Foundation
import Testing

@Suite struct `Repeated ids are found in flat memory` {
  /// Every place where the repeated id can fall among what is in memory and what is in bins.
  @Test(arguments: [1, 2, 7, 64, 1 << 20], [2, 3, 63, 64, 65, 200])
  func `whatever of them is on disk`(atMost: Int, count: Int) throws {
    for (first, second) in [(0, 1), (0, count - 1), (count / 2, count - 1)] where first < second {
      var census = IDCensus(atMost: atMost)
      for number in 0..<count { try census.add(CustomID("id-\(number == second ? first : number)")) }
      #expect(try census.repeated() == [IDCensus.mark(of: CustomID("id-\(first)"))])
    }
  }

  @Test func `none are found where there are none`() throws {
    var census = IDCensus(atMost: 100)
    for number in 0..<10_000 { try census.add(CustomID("\(number)")) }
    #expect(try census.repeated().isEmpty)
  }

  @Test func `a batch names both rows, however far apart`() throws {
    var batch = Batch(Chat(model: "m"))
    for number in 0..<3000 { batch.add("r-\(number == 2999 ? 5 : number)", "Say \(number)") }
    let problems = batch.problems()
    #expect(problems.count == 1 && problems.first?.id == "r-5")
  }
}
