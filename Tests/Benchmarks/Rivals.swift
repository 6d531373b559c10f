import Foundation

/// What BatchKit is measured against, as a command of its own.
struct Rival {
  let name: String
  let command: [String]

  private static let python = ProcessInfo.processInfo.environment["BENCHMARK_PYTHON"] ?? "python3"

  /// A program in Python, which counts only where its library is installed.
  static func python(_ library: String, _ program: String, _ arguments: [String]) -> Rival? {
    guard (try? Measured(command(python, ["-c", "import \(library)"])))?.isSuccess == true else { return nil }
    return Rival(name: library, command: command(python, ["-c", program] + arguments))
  }

  static func system(_ name: String, _ arguments: [String]) -> Rival {
    Rival(name: name, command: command(name, arguments))
  }

  /// A command on one processor, where the system can hold it there: all are then given the same.
  static func command(_ name: String, _ arguments: [String]) -> [String] {
    ["/usr/bin/env"] + pin + [name] + arguments
  }

  private static let pin: [String] = {
    let pin = ["taskset", "-c", "\(ProcessInfo.processInfo.activeProcessorCount - 1)"]
    return (try? Measured(["/usr/bin/env"] + pin + ["true"]))?.isSuccess == true ? pin : []
  }()

  /// Joins with one thread, reading only the fields that are shown.
  static let duckdb = """
    import sys, duckdb
    table, output, errors, target = sys.argv[1:5]
    body = "STRUCT(choices STRUCT(message STRUCT(content VARCHAR), finish_reason VARCHAR)[], usage STRUCT(prompt_tokens BIGINT, completion_tokens BIGINT), error STRUCT(message VARCHAR))"
    duckdb.connect(config={"threads": 1}).execute(f'''
    COPY (SELECT t.* EXCLUDE (n), body.choices[1].message.content AS content, body.choices[1].finish_reason AS finish_reason,
      body.usage.prompt_tokens AS prompt_tokens, body.usage.completion_tokens AS completion_tokens, body.error.message AS error
    FROM (SELECT row_number() OVER () AS n, * FROM read_csv('{table}', header=true, all_varchar=true, quote='"', escape='"', delim=',', strict_mode=false)) t
    LEFT JOIN (SELECT custom_id, response.body AS body FROM read_json(['{output}', '{errors}'], format='newline_delimited',
      columns={{'custom_id': 'VARCHAR', 'response': 'STRUCT(body {body})'}})) r
    ON r.custom_id = 'review-' || t.review_id ORDER BY n) TO '{target}' (FORMAT csv, HEADER true)''')
    """

  static let orjson = """
    import sys, csv, orjson
    table, output, errors, target = sys.argv[1:5]
    answers = {}
    for path in (output, errors):
        for line in open(path, 'rb'):
            value = orjson.loads(line)
            body = value['response']['body']
            if 'choices' in body:
                choice, usage = body['choices'][0], body['usage']
                cells = [choice['message']['content'], choice['finish_reason'], usage['prompt_tokens'], usage['completion_tokens'], None]
            else:
                cells = [None] * 4 + [body['error']['message']]
            answers[value['custom_id']] = cells
    rows = csv.reader(open(table, newline='', encoding='utf-8'))
    out = csv.writer(open(target, 'w', newline='', encoding='utf-8'))
    out.writerow(next(rows) + ['content', 'finish_reason', 'prompt_tokens', 'completion_tokens', 'error'])
    for row in rows: out.writerow(row + answers.get('review-' + row[0], [None] * 5))
    """

  /// Writes the requests with one thread; the schema comes as JSON that is taken as it is.
  static let duckdbBuild = #"""
    import sys, duckdb
    table, target, schema = sys.argv[1:4]
    duckdb.connect(config={"threads": 1}).execute(f'''
    COPY (SELECT 'review-' || review_id AS custom_id, 'POST' AS method, '/v1/chat/completions' AS url,
      {{'model': 'gpt-4o-mini', 'messages': [
        {{'role': 'system', 'content': concat('You are a careful analyst of product reviews for an online shop. The product category is ', category, '. Answer in English with JSON only.')}},
        {{'role': 'user', 'content': concat('Product: ', product, ' (', sku, ')', chr(10), 'Country: ', country, chr(10), 'Rating: ', rating, '/5', chr(10), 'Title: ', title, chr(10), chr(10), 'Review:', chr(10), review, chr(10), chr(10), 'Classify the sentiment, name up to three topics and write a one-sentence summary.')}}],
        'max_completion_tokens': 300, 'response_format': '{schema}'::JSON}} AS body
    FROM read_csv('{table}', header=true, all_varchar=true, quote='"', escape='"', delim=',', strict_mode=false)) TO '{target}' (FORMAT json)''')
    """#

  /// Writes the requests with everything that is the same in all of them made once.
  static let orjsonBuild = #"""
    import sys, csv, orjson
    table, target, schema = sys.argv[1:4]
    d = orjson.dumps
    head = b',"method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o-mini","messages":[{"role":"system","content":'
    tail = b'}],"max_completion_tokens":300,"response_format":' + schema.encode() + b'}}\n'
    def line(r):
        system = f'You are a careful analyst of product reviews for an online shop. The product category is {r[3]}. Answer in English with JSON only.'
        user = f'Product: {r[2]} ({r[1]})\nCountry: {r[5]}\nRating: {r[4]}/5\nTitle: {r[6]}\n\nReview:\n{r[7]}\n\nClassify the sentiment, name up to three topics and write a one-sentence summary.'
        return b'{"custom_id":' + d(f'review-{r[0]}') + head + d(system) + b'},{"role":"user","content":' + d(user) + tail
    rows = csv.reader(open(table, newline='', encoding='utf-8'))
    next(rows)
    with open(target, 'wb', buffering=1 << 20) as out: out.writelines(map(line, rows))
    """#

  static let msgspec = """
    import sys, msgspec
    from typing import Literal, Optional
    class Review(msgspec.Struct):
        sentiment: Literal['positive', 'neutral', 'negative', 'mixed']
        confidence: float
        topics: list[str]
        summary: str
        would_recommend: Optional[bool]
    class Message(msgspec.Struct): content: str
    class Choice(msgspec.Struct): message: Message
    class Body(msgspec.Struct): choices: list[Choice]
    class Response(msgspec.Struct): body: Body
    class Line(msgspec.Struct):
        custom_id: str
        response: Response
    line, review = msgspec.json.Decoder(Line).decode, msgspec.json.Decoder(Review).decode
    n = good = topics = letters = recommended = 0; total = 0.0
    for text in open(sys.argv[1], 'rb'):
        r = review(line(text).response.body.choices[0].message.content)
        n += 1; good += r.sentiment == 'positive'; total += r.confidence
        topics += len(r.topics); letters += len(r.summary); recommended += r.would_recommend is True
    print(n, good, '%.2f' % total, topics, letters, recommended)
    """
}
