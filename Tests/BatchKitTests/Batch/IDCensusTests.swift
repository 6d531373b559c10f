import BatchKit
import Testing

@Suite struct `Ids are told apart however many there are` {
  @Test(arguments: [10, 999, 1000, 1001, 20_000]) func `in memory and on the disk alike`(count: Int) throws {
    var census = IDCensus(mostInMemory: 1000)
    for number in 0..<count { try census.add(CustomID("review-\(number)")) }
    #expect(try census.repeated().count == 0)
    var doubled = IDCensus(mostInMemory: 1000)
    for number in 0..<(count * 2) { try doubled.add(CustomID("review-\(number % count)")) }
    #expect(try doubled.repeated().count == count)
  }

  @Test(arguments: [1000, 1 << 20]) func `doubles are found wherever the two stand`(mostInMemory: Int) throws
  {
    var census = IDCensus(mostInMemory: mostInMemory)
    for number in 0..<30_000 { try census.add(CustomID("id-\(number % 29_990)")) }
    let repeats = try census.repeated()
    #expect(repeats.count == 10 && repeats.isComplete)
    #expect(repeats.marks == Set((0..<10).map { IDCensus.mark(of: CustomID("id-\($0)")) }))
  }

  @Test func `of very many doubles a part is kept, and all are counted`() throws {
    var census = IDCensus(mostInMemory: 1000)
    for number in 0..<30_000 { try census.add(CustomID("id-\(number % 15_000)")) }
    let repeats = try census.repeated()
    #expect(repeats.count == 15_000 && repeats.marks.count == IDCensus.Repeats.most && !repeats.isComplete)
  }

  @Test func `ids of every length, and those that differ in one letter, have marks of their own`() {
    let long = (0..<300).map { String(repeating: "a", count: $0) }
    let near = (0..<300).map {
      String(repeating: "a", count: $0) + "b" + String(repeating: "a", count: 299 - $0)
    }
    let zeros = (0..<20).map { String(repeating: "\0", count: $0) + "x" }
    let marks = Set((long + near + zeros).map { IDCensus.mark(of: CustomID($0)) })
    #expect(marks.count == 620)
    #expect(IDCensus.mark(of: "caf\u{E9}") == IDCensus.mark(of: "cafe\u{301}"))
  }
}
