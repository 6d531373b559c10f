import BatchKit
import Foundation
import Testing

/// The larger examples, run as a newcomer runs them: no key, no network, an empty folder.
@Suite(.serialized) struct `The templates to copy run offline and print what is written here` {
  let place: Workplace

  init() throws { place = try Workplace() }

  private func run(_ program: String, _ arguments: [String] = []) throws -> Built.Ending {
    // A key that lies around must not tempt them to ask a real service.
    try Built.run(program, arguments, in: place.path, environment: ["OPENAI_API_KEY": "sk-not-to-be-used"])
  }

  @Test func `label-reviews, which finds its job again and sends nothing twice`() throws {
    let expected = """
      These labels are made up by the built-in emulator; --live asks for real ones.

      5 praise
      4 complaint
      2 question

      in doubt, for a person to look at:
      review-4: praise, quality?
      review-8: complaint, quality?

      12 reviews = 11 labelled + 1 failed; sent again: 1
      1 x refusal: reword the prompts or leave these rows out (review-10)
      Every row and its label: label-reviews-output/labelled.csv

      """
    let first = try run("label-reviews")
    #expect(first.output == expected, "\(first.errors)")
    #expect(first.status == 0)
    #expect(first.errors.count(of: "created batch") == 2)
    let table = try place.read("label-reviews-output/labelled.csv")
    let head = """
      id,text,label.confidence,label.mood,label.topic,error
      1,"Warm light, and it arrived a day early.",0.94,praise,quality,
      2,"The switch broke on the second evening.",0.94,complaint,quality,

      """
    #expect(table.hasPrefix(head), "\(table)")
    #expect(table.contains("not for the public.,,,,\"I'm sorry, I can't help with that.\"\n"))
    // The emulator of the second run has never heard of the job: all of it comes from the registry.
    let second = try run("label-reviews")
    #expect(second.output == expected.replacing("sent again: 1", with: "sent again: 0"))
    #expect(second.errors == "took up the job again\n")
    #expect(try place.read("label-reviews-output/labelled.csv") == table)
  }

  @Test func `evaluate, with its accuracy, its kappa and its table of confusions`() throws {
    let ending = try run("evaluate")
    #expect(
      ending.output == """
        These verdicts are made up by the built-in emulator; --live asks a real judge.

        people \\ judge  a\tb\ttie
        a               3\t1\t0
        b               1\t4\t0
        tie             0\t0\t3

        accuracy      0.83  of 12 pairs
        Cohen's kappa 0.74  (1: as people; 0: by chance)
        swayed by the order: 2
        24 submitted = 24 succeeded + 0 failed + 0 missing

        """, "\(ending.errors)")
    #expect(ending.status == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)
  }

  @Test func `synthetic-data, every line of which is a ticket`() throws {
    let ending = try run("synthetic-data")
    #expect(
      ending.output == """
        These tickets are made up by the built-in emulator; --live asks a model.

        {"message":"Good morning, my kettle arrived broken. What now?","orderNumber":10001,"subject":"My kettle \
        arrived broken","urgency":"normal"}
        {"message":"Listen! my kettle arrived broken. What now?","orderNumber":10002,"subject":"My kettle arrived \
        broken","urgency":"high"}
        {"message":"Hi, my kettle arrived broken. What now?","orderNumber":10003,"subject":"My kettle arrived \
        broken","urgency":"high"}
        …

        27 recipes: 26 tickets, 1 failed, 0 alike
        1 x truncated: allow the answers more tokens (backpack/arrived broken/furious)
        The tickets: tickets.jsonl

        """, "\(ending.errors)")
    #expect(ending.status == 0)
    let tickets = Array(try Table(path: "\(place.path)/tickets.jsonl"))
    #expect(tickets.count == 26)
    #expect(Set(tickets.map { $0["message"] }).count == 26)
    #expect(tickets.allSatisfy { $0.problem == nil && Int($0["orderNumber"]) != nil })
  }

  @Test func `summarise, with its own documents and with those of a folder`() throws {
    let ending = try run("summarise")
    #expect(
      ending.output == """
        These summaries are made up by the built-in emulator; --live asks a model.

        bridge.txt: 380 letters became 119
        library.md: 322 letters became 103
        minutes.txt: context_length_exceeded
        trial.txt: 329 letters became 134

        4 submitted = 3 succeeded + 1 failed + 0 missing, 349 tokens
        1 x context_length_exceeded: shorten the prompt or choose a larger model (minutes.txt)

        """, "\(ending.errors)")
    #expect(ending.status == 0)
    #expect(
      try place.read("summaries/library.md")
        == "From the first of March the library opens at eight on weekdays. On Saturdays it stays closed "
        + "until ten.")
    try FileManager.default.createDirectory(
      atPath: "\(place.path)/mine", withIntermediateDirectories: false)
    try place.write("A title\n\nOne. Two. Three.", to: "mine/a \"b\".txt")
    let own = try run("summarise", ["mine"])
    #expect(own.output.contains("a \"b\".txt: 25 letters became 9\n"), "\(own)")
    let none = try run("summarise", ["nowhere"])
    #expect(none.status == 3)
    #expect(none.errors.contains("nowhere"))
  }
}

extension String {
  /// How often `words` stands in the text.
  fileprivate func count(of words: String) -> Int { components(separatedBy: words).count - 1 }
}
