import BatchKit
import Testing

@Suite struct `Tokens are estimated from the kinds of characters` {
  private let counter = ApproximateTokenCounter()

  // The numbers here and below are those of OpenAI's o200k_base, counted by its own program.
  @Test(arguments: [
    ("", 0), ("a", 1), ("What is the capital of France?", 7), ("hello world", 2), ("1234567890", 4),
    ("日本語", 2), ("😀", 1), ("\n\n\n", 1), ("    ", 1),
  ]) func `short texts, to within a token`(text: String, tokens: Int) {
    let estimate = counter.count(of: text)
    #expect(abs(estimate - tokens) <= 1, "\(estimate) of \(tokens)")
    #expect((estimate == 0) == text.isEmpty)
  }

  @Test(arguments: [
    ("The kettle arrived on time and boils fast, but the handle gets warm.", 15),
    ("for index in 0..<count { total += values[index] * weights[index] }", 18),
    ("{\"id\": \"batch_req_1\", \"custom_id\": \"row-1\", \"response\": {\"status_code\": 200}}", 28),
    ("Der Wasserkocher ist schnell, aber der Griff wird warm.", 13),
    ("水壶准时到达，烧水很快，但把手会变热。", 19), ("やかんは時間通りに届き、すぐに沸きます。", 19),
    ("Чайник пришёл вовремя и быстро кипит.", 12),
  ]) func `it is about right for prose, code and other scripts`(text: String, truth: Int) {
    let estimate = Double(counter.count(of: text))
    #expect(abs(estimate / Double(truth) - 1) <= 0.25, "\(estimate) of \(truth)")
  }

  @Test(arguments: 0..<40) func `the place of a text within a word of the machine does not matter`(
    length: Int
  ) {
    let text =
      String("Ünïcode, 12 words & camelCase identifiersThatAreLong 日本 😀 \n\n x".utf8.prefix(length)) ?? ""
    // A sign that is no letter ends every run, so that two texts one behind the other add up.
    let alone = counter.count(of: text + ";") - counter.count(of: ";")
    let behind = counter.count(of: "xxxxxxx;" + text + ";") - counter.count(of: "xxxxxxx;;")
    #expect(abs(alone - behind) <= 2)
  }

  @Test func `it grows with the text`() {
    let word = "Reviewers found the kettle fast. "
    let one = counter.count(of: String(repeating: word, count: 10))
    let ten = counter.count(of: String(repeating: word, count: 100))
    // Of the longer one only a part is looked at.
    #expect(abs(ten - one * 10) <= ten / 20)
  }
}
