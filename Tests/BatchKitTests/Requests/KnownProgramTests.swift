import BatchKit
import Foundation
import Testing

/// What programs of other libraries send, byte by byte where the order of keys allows.
@Suite struct `Well-known programs are written in few lines` {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test func `a prompt over a table, with a limit in the older word`() throws {
    let products = try Table(
      columns: ["Number", "Brand"],
      rows: [["1", "Wireless ANC headphones, over-ear, 40h battery"], ["2", ""]])
    var batch = Batch(Chat(model: "gpt-4o-mini").parameter("max_tokens", 1000))
    batch.add(
      contentsOf: products, id: "request-{{number}}", prompt: "Classify the following product: {{BRAND}}")
    #expect(
      try rendered(batch) == """
        {"custom_id":"request-1","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o-mini","messages":\
        [{"role":"user","content":"Classify the following product: Wireless ANC headphones, over-ear, 40h battery"}],\
        "max_tokens":1000}}
        {"custom_id":"request-2","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o-mini","messages":\
        [{"role":"user","content":"Classify the following product: "}],"max_tokens":1000}}

        """)
    #expect(batch.problems().isEmpty)
  }

  @Test func `a prompt whose columns stand in brackets, whatever the case of their names`() throws {
    try DiskStore.shared.replace(
      scratch("products.csv"),
      with: Array(
        "\u{FEFF}NUMBER;brand;Weight\r\n1;\"ANC \"\"Pro\"\"; over-ear\";\r\n2;[Brand];0,3 kg\r\n".utf8))
    var batch = Batch(Chat(model: "gpt-4o-mini").parameter("max_tokens", 1000))
    batch.add(
      contentsOf: try Table(path: scratch("products.csv")),
      id: Template("request-[number]", placeholders: .brackets),
      prompt: Template("Classify: [Brand] ([BRAND], [ weight ]) [[not this]", placeholders: .brackets))
    #expect(
      try rendered(batch) == """
        {"custom_id":"request-1","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o-mini","messages":\
        [{"role":"user","content":"Classify: ANC \\"Pro\\"; over-ear (ANC \\"Pro\\"; over-ear, ) [not this]"}],\
        "max_tokens":1000}}
        {"custom_id":"request-2","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o-mini","messages":\
        [{"role":"user","content":"Classify: [Brand] ([Brand], 0,3 kg) [not this]"}],"max_tokens":1000}}

        """)
    #expect(batch.problems().isEmpty)
  }

  struct Document: Sendable {
    let id: Int
    let text: String
  }

  private let documents = [Document(id: 0, text: "One \"two\""), Document(id: 7, text: "Three\nfour")]

  @Test func `summaries of documents, each family of models with its parameters`() throws {
    var batch = Batch(Chat(model: "gpt-5.4-mini").maxTokens(200))
    for document in documents { batch.add("doc-\(document.id)", "Summarise this: \(document.text)") }
    var older = Batch(Chat(model: "gpt-4o-mini").parameter("max_tokens", 200).temperature(0.7))
    older.add("doc-0", "Summarise this: x")
    #expect(
      try rendered(batch) + rendered(older) == """
        {"custom_id":"doc-0","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-5.4-mini","messages":\
        [{"role":"user","content":"Summarise this: One \\"two\\""}],"max_completion_tokens":200}}
        {"custom_id":"doc-7","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-5.4-mini","messages":\
        [{"role":"user","content":"Summarise this: Three\\nfour"}],"max_completion_tokens":200}}
        {"custom_id":"doc-0","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o-mini","messages":\
        [{"role":"user","content":"Summarise this: x"}],"temperature":0.7,"max_tokens":200}}

        """)
  }

  struct Summary: Codable, Sendable {
    var title: String
    var keyPoints: [String]
    enum CodingKeys: String, CodingKey {
      case title
      case keyPoints = "key_points"
    }
  }

  @Test func `summaries of a type`() throws {
    var batch = Batch(Chat(model: "gpt-5.4-mini").returning(Summary.self, name: "summary"))
    batch.add(contentsOf: documents.prefix(1), id: \.id) { "Summarise: \($0.text)" }
    #expect(
      try rendered(batch) == """
        {"custom_id":"0","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-5.4-mini","messages":\
        [{"role":"user","content":"Summarise: One \\"two\\""}],"response_format":{"type":"json_schema","json_schema":\
        {"name":"summary","schema":{"type":"object","properties":{"title":{"type":"string"},"key_points":\
        {"type":"array","items":{"type":"string"}}},"required":["title","key_points"],\
        "additionalProperties":false},"strict":true}}}}

        """)
    #expect(batch.problems().isEmpty)
  }

  @Test func `one word and how likely it was`() throws {
    var batch = Batch(Chat(model: "gpt-4o-mini").parameter("max_tokens", 1).logprobs(top: 5))
    batch.add("a", "Is this review positive? Reply Yes or No.")
    #expect(
      try rendered(batch) == """
        {"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o-mini","messages":\
        [{"role":"user","content":"Is this review positive? Reply Yes or No."}],"logprobs":true,"top_logprobs":5,\
        "max_tokens":1}}

        """)
  }

  struct SentimentAnalysis: Codable, Sendable {
    enum Sentiment: String, Codable, CaseIterable, Sendable {
      case positive = "Positive"
      case neutral = "Neutral"
      case negative = "Negative"
    }
    var sentiment: Sentiment
    var confidence: Double
  }

  private let format = """
    "text":{"format":{"type":"json_schema","name":"SentimentAnalysis","schema":{"type":"object","properties":\
    {"sentiment":{"type":"string","enum":["Positive","Neutral","Negative"]},"confidence":{"type":"number",\
    "minimum":0,"maximum":1,"description":"Confidence score for the sentiment classification."}},"required":\
    ["sentiment","confidence"],"additionalProperties":false},"strict":true}}
    """

  @Test func `sentiments of reviews with a confidence from 0 to 1`() throws {
    let reviews = try Table(
      columns: ["review_id", "review_text"],
      rows: [
        ["a-123", "The product is absolutely fantastic!"], ["b-456", "It broke after just one week of use."],
      ])
    let words = "You are an expert annotator. Judge the sentiment of the user-provided comment."
    let annotate = Responses(model: "gpt-4o-mini").returning(SentimentAnalysis.self) {
      $0.describing("confidence", "Confidence score for the sentiment classification.", range: 0...1)
    }
    var batch = Batch(annotate.instructions(words))
    batch.add(contentsOf: reviews, id: "{{review_id}}", prompt: "{{review_text}}")
    var templated = Batch(annotate)
    templated.add(
      contentsOf: reviews, id: "{{review_id}}", messages: [.system(words), .user("{{review_text}}")])
    #expect(
      try rendered(batch) == """
        {"custom_id":"a-123","method":"POST","url":"/v1/responses","body":{"model":"gpt-4o-mini","input":\
        "The product is absolutely fantastic!","instructions":"\(words)",\(format)}}
        {"custom_id":"b-456","method":"POST","url":"/v1/responses","body":{"model":"gpt-4o-mini","input":\
        "It broke after just one week of use.","instructions":"\(words)",\(format)}}

        """)
    #expect(
      try rendered(templated) == """
        {"custom_id":"a-123","method":"POST","url":"/v1/responses","body":{"model":"gpt-4o-mini","input":[{"role":\
        "system","content":"\(words)"},{"role":"user","content":"The product is absolutely fantastic!"}],\(format)}}
        {"custom_id":"b-456","method":"POST","url":"/v1/responses","body":{"model":"gpt-4o-mini","input":[{"role":\
        "system","content":"\(words)"},{"role":"user","content":"It broke after just one week of use."}],\(format)}}

        """)
    #expect(batch.problems().isEmpty && templated.problems().isEmpty)
  }

  @Test func `a survey of personas about an image, its request in one file and its rows in another`() throws {
    try DiskStore.shared.replace(scratch("config.json"), with: Array(Self.survey.utf8))
    try DiskStore.shared.replace(
      scratch("personas.csv"),
      with: Array(
        """
        ID,Age,College,Description
        1,28,No,Hank Rodriguez is a 28 year old black architect who enjoys Star Wars.
        2,45,Yes,"David ""Dave"" Carter, 45, is a nurse."

        """.utf8))
    var batch = Batch(try RequestTemplate(path: scratch("config.json")))
    batch.add(contentsOf: try Table(path: scratch("personas.csv")), id: "id_{{ID}}")
    func line(_ id: String, _ persona: String) -> String {
      """
      {"custom_id":"\(id)","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o","messages":[{"role":\
      "system","content":[{"type":"text","text":"You are a participant in a marketing study. Here is your persona: \
      \(persona)"}]},{"role":"user","content":[{"type":"text","text":"Please select the image you find the most \
      appealing from these three and explain your choice."},{"type":"image_url","image_url":{"url":\
      "https://example.org/images/select.png"}}]}],"temperature":1,"max_tokens":2840,"top_p":1,\
      "frequency_penalty":0,"presence_penalty":0,"response_format":{"type":"text"}}}

      """
    }
    #expect(
      try rendered(batch)
        == line("id_1", "Hank Rodriguez is a 28 year old black architect who enjoys Star Wars.")
        + line("id_2", #"David \"Dave\" Carter, 45, is a nurse."#))
    #expect(batch.problems().isEmpty)
  }

  private static let survey = """
    {
      "model": "gpt-4o",
      "messages": [
        {"role": "system", "content": [
          {"type": "text",
           "text": "You are a participant in a marketing study. Here is your persona: {{Description}}"}
        ]},
        {"role": "user", "content": [
          {"type": "text",
           "text": "Please select the image you find the most appealing from these three and explain your choice."},
          {"type": "image_url", "image_url": {"url": "https://example.org/images/select.png"}}
        ]}
      ],
      "temperature": 1, "max_tokens": 2840, "top_p": 1, "frequency_penalty": 0, "presence_penalty": 0,
      "response_format": {"type": "text"}
    }
    """
}
