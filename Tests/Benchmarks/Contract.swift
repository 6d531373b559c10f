import BatchKit
import Foundation

/// The tasks that BatchKit and its rivals do on the same files, here by what every user of the library can
/// call.
enum Contract {
  /// The schema that answers are held to.
  static let responseFormat = #"""
    {"type":"json_schema","json_schema":{"name":"review_analysis","strict":true,"schema":{\#
    "type":"object","properties":{"sentiment":{"type":"string",\#
    "enum":["positive","neutral","negative","mixed"]},"confidence":{"type":"number"},\#
    "topics":{"type":"array","items":{"type":"string"}},"summary":{"type":"string"},\#
    "would_recommend":{"type":["boolean","null"]}},\#
    "required":["sentiment","confidence","topics","summary","would_recommend"],\#
    "additionalProperties":false}}}
    """#

  private static let template = #"""
    {"custom_id": "review-{{review_id}}", "method": "POST", "url": "/v1/chat/completions", "body": {
      "model": "gpt-4o-mini",
      "messages": [
        {"role": "system", "content": "You are a careful analyst of product reviews for an online shop. The product \#
    category is {{category}}. Answer in English with JSON only."},
        {"role": "user", "content": "Product: {{product}} ({{sku}})\nCountry: {{country}}\nRating: {{rating}}/5\n\#
    Title: {{title}}\n\nReview:\n{{review}}\n\nClassify the sentiment, name up to three topics and write a \#
    one-sentence summary."}
      ],
      "max_completion_tokens": 300,
      "response_format": \#(responseFormat)
    }}
    """#

  /// Writes a request for each row of a table: `build CSV OUT`.
  static func build(_ table: String, _ requests: String) throws {
    var batch = Batch(try RequestTemplate(parsing: template))
    batch.add(contentsOf: try Table(path: table), id: "review-{{review_id}}")
    try batch.write(to: requests)
  }

  /// Puts results beside the rows that they answer: `results CSV OUTPUT ERRORS ENRICHED`.
  static func results(_ table: String, _ output: String, _ errors: String, _ enriched: String) throws {
    let results = try BatchResults(contentsOf: output, errors: errors)
    let rows = try Table(path: table)
    let summary = try results.joined(to: rows, by: "review-{{review_id}}").write(to: enriched)
    print("succeeded=\(summary.succeeded) failed=\(summary.failed) missing=\(summary.missing)")
  }

  /// Opens a result set and counts what succeeded and what failed: `open OUTPUT ERRORS`.
  static func open(_ output: String, _ errors: String) throws {
    print(try BatchResults(contentsOf: output, errors: errors).reconciliation)
  }

  struct Review: Decodable, Sendable {
    enum Sentiment: String, Decodable, Sendable { case positive, neutral, negative, mixed }
    enum CodingKeys: String, CodingKey {
      case sentiment, confidence, topics, summary
      case wouldRecommend = "would_recommend"
    }

    var sentiment: Sentiment
    var confidence: Double
    var topics: [String]
    var summary: String
    var wouldRecommend: Bool?
  }

  /// Decodes every answer into a type and adds its fields up: `parse STRUCTURED`.
  static func parse(_ structured: String) throws {
    var (count, positive, topics, letters, recommended, confidence) = (0, 0, 0, 0, 0, 0.0)
    for (_, review) in try BatchResults(contentsOf: structured, as: Review.self).succeeded {
      count += 1
      if review.sentiment == .positive { positive += 1 }
      if review.wouldRecommend == true { recommended += 1 }
      topics += review.topics.count
      letters += review.summary.utf8.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
      confidence += review.confidence
    }
    let sum = String(format: "%.2f", confidence)
    print(count, positive, sum, topics, letters, recommended)
  }
}
