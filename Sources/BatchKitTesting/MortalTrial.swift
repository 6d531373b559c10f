import BatchKit
import Foundation

/// The trial of a program that is killed: it must pay for each row once, leave nothing behind, and write to
/// the byte what it writes when nobody kills it.
///
/// The program is `torture victim`; every third row fails the first time it is asked, so that a retry is
/// part of its work.
///
/// First `undisturbed()` measures what a sound life comes to; then every other life is held against it.
package struct MortalTrial: Sendable {
  /// What the program did when nobody killed it.
  ///
  /// What it wrote, what it ran, left behind and asked for, and how long it took: the last two say where a
  /// death can fall.
  package struct Measure: Sendable {
    package var text: String
    package var batches: Int
    package var files: Int
    package var requests: Int
    package var duration: Duration
  }

  /// How many rows its table has: five parts, and one more for the rows that fail at first.
  package static let rows = 23

  private let program: MortalProgram

  /// A trial of the `torture` executable at this path.
  package init(torture path: String) {
    program = MortalProgram(
      at: path, script: { .echo.taking(.seconds(120)).failingAtFirst(every: 3) }
    ) { service in
      [
        "victim", service.baseURL.absoluteString, "\(service.clock.start.timeIntervalSince1970)",
        "\(service.clock.speed)", service.folder,
      ]
    }
  }

  /// Lets the program work undisturbed.
  /// - Throws: `BatchError` where it fails even so.
  package func undisturbed() throws -> Measure {
    let (life, text) = try live([])
    guard life.status == 0, let text else {
      throw BatchError(.nothingUsable, "The program failed although nobody killed it: \(life.status).")
    }
    return Measure(
      text: text, batches: life.ledger.batches.count, files: life.ledger.filesAlive.count,
      requests: life.requests, duration: life.duration)
  }

  /// Kills the program so, lets it end at last, and returns how often it died and all that is not as it
  /// should be.
  /// - Parameters:
  ///   - deaths: When each life but the last is ended.
  ///   - measure: What `undisturbed()` came to.
  package func complaints(
    dying deaths: [MortalProgram.Death], measure: Measure
  ) throws -> (deaths: Int, complaints: [String]) {
    let (life, text) = try live(deaths)
    let ledger = life.ledger
    var complaints: [String] = []
    if life.status != 0 { complaints.append("it ended with status \(life.status)") }
    if text != measure.text { complaints.append("the table it wrote is another one") }
    if !ledger.paidTwice.isEmpty { complaints.append("paid twice: \(ledger.paidTwice)") }
    if ledger.paidRows != Self.rows { complaints.append("\(ledger.paidRows) rows were paid") }
    let ran = ledger.batches.count { !$0.executed.isEmpty }
    if ran != measure.batches { complaints.append("\(ran) batches ran, not \(measure.batches)") }
    let open = ledger.batches.filter { !$0.status.isFinal }
    if !open.isEmpty { complaints.append("left behind: \(open.map(\.id))") }
    if ledger.filesAlive.count != measure.files {
      complaints.append("\(ledger.filesAlive.count) files are left, not \(measure.files)")
    }
    return (life.deaths, complaints.map { "\($0) (\(deaths))" })
  }

  /// Lets the program live in a fresh folder and returns what it wrote there, or `nil` where it wrote
  /// nothing.
  private func live(_ deaths: [MortalProgram.Death]) throws -> (MortalProgram.Life, text: String?) {
    let place = TemporaryFolder()
    try place.store.createFolder(place.path)
    let lines = (1...Self.rows).map { "\($0),Say \($0)\n" }
    try place.store.replace("\(place.path)/rows.csv", with: Array("id,text\n\(lines.joined())".utf8))
    let life = try program.live(in: place.path, dying: deaths)
    let output = "\(place.path)/enriched.csv"
    guard try place.store.status(of: output) != nil else { return (life, nil) }
    return (life, String(decoding: try place.store.read(output), as: UTF8.self))
  }
}

extension EmulatorScript {
  /// Lets every `count`th row of a file fail when its request is run for the first time, and no more.
  func failingAtFirst(every count: Int) -> Self {
    let failed = Locked<Set<CustomID>>([])
    return failing(
      where: { request in
        guard let id = request.id, request.line.isMultiple(of: count) else { return false }
        return failed.withLock { $0.insert(id).inserted }
      }, with: .serverError)
  }
}
