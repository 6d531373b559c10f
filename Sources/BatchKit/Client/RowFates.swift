/// What is to become of each row of a batch: eight bytes a row, however long the rows.
///
/// A million rows take eight megabytes. The number of the job, of 22 bits, and of the answer, of 40, stand in
/// one word with the kind of fate, of two.
package struct RowFates {
  package enum Fate: Equatable {
    /// It is sent.
    case sent
    /// It asks what an earlier row of the batch asks, and has its answer from there.
    case shares(row: Int)
    /// An earlier job has its answer: the number of the job among the sources, and of the answer in it.
    case reuses(source: Int, answer: Int)
  }

  /// One word for each row, in the order of the rows; nought is the commonest fate.
  private var marks: [UInt64]

  /// All rows are to be sent, until something better is found.
  package init(count: Int) { marks = [UInt64](repeating: 0, count: count) }

  var count: Int { marks.count }

  package subscript(row: Int) -> Fate {
    get {
      // The two highest bits tell the kind of fate, the others what belongs to it.
      let mark = marks[row]
      switch mark >> 62 {
      case 1: return .shares(row: Int(mark & (1 << 62 - 1)))
      case 2: return .reuses(source: Int(mark >> 40 & 0x3F_FFFF), answer: Int(mark & (1 << 40 - 1)))
      default: return .sent
      }
    }
    set {
      switch newValue {
      case .sent: marks[row] = 0
      case .shares(let other): marks[row] = 1 << 62 | UInt64(other)
      case .reuses(let source, let answer): marks[row] = 2 << 62 | UInt64(source) << 40 | UInt64(answer)
      }
    }
  }
}

extension RowFates {
  /// Finds rows that ask the same: the first is sent, the others share its answer.
  ///
  /// Equal digests are only a suspicion: the lines are compared, and two that differ are both sent.
  ///
  /// Rows that an earlier job answers already are left out of it: they need no request to share.
  ///
  /// - Parameter rows: the rows, with the digests by which they are found.
  package mutating func collapse(_ rows: WrittenRows) throws {
    try rows.index.forEachSorted { group in
      guard group.count > 1 else { return }
      let open = group.filter { self[$0.place] == .sent }
      guard open.count > 1, let first = open.first else { return }
      let line = try rows.line(at: first.record)
      for (row, record) in open.dropFirst() {
        if LineOutline.areTwins(line, try rows.line(at: record)) { self[row] = .shares(row: first.place) }
      }
    }
  }
}

extension RowFates {
  /// Finds rows that earlier jobs were asked already, and answered well.
  ///
  /// Where several rows ask the same, and several answers are there, each row has another of them as long as
  /// there are enough: who asks a question three times wants three answers.
  /// - Parameters:
  ///   - sources: the earlier jobs; the first that has an answer gives it.
  ///   - accepts: whether an answer is of use to who asks now.
  mutating func reuse(
    _ rows: WrittenRows, from sources: [EarlierAnswers], accepting accepts: (Reply) -> Bool
  ) throws {
    try rows.index.forEachSorted { group in
      guard let digest = group.first?.record.digest else { return }
      for (number, source) in sources.enumerated() {
        let open = group.filter { self[$0.place] == .sent }
        guard !open.isEmpty else { return }
        let answers = try source.answers(to: digest)
        guard !answers.isEmpty else { continue }
        for (turn, row) in open.enumerated() {
          let line = try rows.line(at: row.record)
          let inTurn = answers[(turn % answers.count)...] + answers[..<(turn % answers.count)]
          let answer = try inTurn.first {
            try source.line(of: $0.answer, to: line)?.isAnswer(accepts) == true
          }
          if let answer { self[row.place] = .reuses(source: number, answer: answer.number) }
        }
      }
    }
  }
}

extension [UInt8] {
  /// Whether a line of results holds an answer that is accepted.
  fileprivate func isAnswer(_ accepts: (Reply) -> Bool) -> Bool {
    withSpan { bytes in
      let line = ResultLine(bytes, readsAnswer: true)
      guard line.isSuccess, let reply = line.reply(bytes) else { return false }
      // Plain text that was cut off is of use to who waits for it; it is no reason not to ask for the whole.
      do throws(LineError) { try reply.requireWhole() } catch { return false }
      return accepts(reply)
    }
  }
}
