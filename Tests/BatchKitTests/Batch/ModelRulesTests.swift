import BatchKit
import BatchKitTesting
import Testing

@Suite struct `What is known of models is a table that people extend` {
  @Test(
    arguments: [
      ("gpt-4o-2024-08-06", 128_000), ("gpt-4", 8192), ("gpt-4.1-mini", 1_047_576),
      ("gpt-5-mini-2025-08-07", 400_000),
      ("gpt-5.4-mini", nil), ("ft:gpt-4o-mini-2024-07-18:me::x", 128_000), ("azure/gpt-4o", 128_000),
      ("llama-3", nil),
      ("o3-mini", 200_000), ("o1-mini", 128_000),
    ] as [(String, Int?)]) func `the entry that says most of a name counts`(name: String, context: Int?)
  {
    #expect(ModelRules.builtIn.family(of: Model(name))?.contextTokens == context)
  }

  @Test func `what is added counts before what is built in`() {
    let rules = ModelRules.builtIn.adding(.init("gpt-4o*", contextTokens: 7), .init("mine", contextTokens: 8))
    #expect(rules.family(of: "gpt-4o-mini")?.contextTokens == 7)
    #expect(rules.family(of: "mine")?.contextTokens == 8)
    #expect(rules.family(of: "mine-2") == nil)
    #expect(ModelRules.none.family(of: "gpt-4o") == nil)
  }

  @Test func `a table is read from a file`() throws {
    let store = MemoryStore()
    try store.write(
      """
      {"updated": "2027-01-01", "families": [{"models": ["a*", "b"], "contextTokens": 5, "refuses":
        {"top_p": "leave it out"}, "refusesWhileReasoning": {"seed": null}, "isBatchable": false}]}
      """, to: "/models.json")
    let rules = try ModelRules(path: "/models.json", store: store)
    let family = ModelRules.Family(
      "a*", "b", contextTokens: 5, refuses: ["top_p": "leave it out"],
      refusesWhileReasoning: ["seed": "leave it out"],
      isBatchable: false)
    #expect(rules == ModelRules(updated: "2027-01-01", families: [family]))
    #expect(ModelRules.builtIn.adding(rules).updated == "2027-01-01")
  }

  @Test(arguments: [
    ("{", "The table of models is not"), ("[]", "it has no list “families”"),
    (#"{"families":[{}]}"#, "family 1 is no table of models: “models” must be a list of names"),
    (#"{"families":[{"models":["a"],"contextToken":5}]}"#, "“contextTokens” was probably meant"),
    (#"{"families":[{"models":["a"],"contextTokens":"many"}]}"#, "must be a whole number"),
    (#"{"families":[{"models":["a"],"refuses":["x"]}]}"#, "must be an object"),
  ]) func `what is no table is refused with the entry`(text: String, sentence: String) {
    #expect { try ModelRules(parsing: text) } throws: { error in
      "\(error)".contains(sentence) || text == "{" && "\(error)".contains("not JSON")
    }
  }
}
