/// The looks of a report's page, and the one thing that moves in it.
enum ReportStyle {
  static let sheet = """
    :root { --ink: #1c2024; --soft: #5b6470; --line: #d9dee4; --page: #ffffff; --card: #f5f7f9;
      --good: #1a7f4b; --bad: #b3261e; --bar: #2f6fde; --wait: #b8c1cc; --wrote: #7a4fd0; }
    @media (prefers-color-scheme: dark) {
      :root { --ink: #e8ebee; --soft: #a3adb8; --line: #353c44; --page: #15181b; --card: #1f2429;
        --good: #5ed39a; --bad: #ff8a80; --bar: #7aa7ff; --wait: #4c5661; --wrote: #b493ff; }
    }
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 66rem; padding: 1.5rem 1rem 3rem; color: var(--ink);
      background: var(--page); font: 1rem/1.5 system-ui, sans-serif; }
    h1 { margin: 0; font-size: clamp(1.5rem, 5vw, 2.25rem); line-height: 1.2; overflow-wrap: anywhere; }
    h2 { margin: 2.5rem 0 .75rem; font-size: 1.25rem; border-bottom: 1px solid var(--line); }
    h3 { margin: 0; font-size: 1rem; overflow-wrap: anywhere; }
    h4 { margin: .5rem 0 .25rem; font-size: .8rem; color: var(--soft); }
    .kind, .ids, footer, figcaption, dt, small { color: var(--soft); font-size: .85rem; }
    .kind { margin: 0; }
    .phase { font-weight: 600; }
    .verdict, .sum { font-size: 1.15rem; font-weight: 600; }
    dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 0; }
    dd { margin: 0; overflow-wrap: anywhere; }
    ul { list-style: none; margin: 0; padding: 0; }
    .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .75rem;
      margin-top: 1.5rem; }
    .cards li, .failures li, article { background: var(--card); border: 1px solid var(--line);
      border-radius: .5rem; padding: .75rem 1rem; }
    .cards strong { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
    .cards span { color: var(--soft); font-size: .85rem; }
    .good strong, article.good small { color: var(--good); }
    .bad strong, .count, article.bad small { color: var(--bad); }
    .failures li, article { margin-bottom: .75rem; }
    .failures p { margin: .25rem 0; overflow-wrap: anywhere; }
    .remedy { font-weight: 600; }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; font-size: .85rem; white-space: nowrap; }
    th, td { padding: .35rem .75rem .35rem 0; text-align: left; border-bottom: 1px solid var(--line); }
    figure { margin: 1rem 0; }
    svg { display: block; max-width: 100%; height: auto; fill: var(--bar); }
    svg text { fill: var(--ink); font-size: 14px; text-anchor: middle; }
    svg .axis { fill: var(--soft); }
    svg .label { text-anchor: end; }
    .key { margin-left: .5rem; padding-left: .5rem; border-left: .75rem solid var(--bar); }
    .key.waited { border-color: var(--wait); }
    .key.wrote { border-color: var(--wrote); }
    svg .waited { fill: var(--wait); }
    svg .wrote { fill: var(--wrote); }
    .search { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; }
    input { font: inherit; padding: .4rem .6rem; min-width: 12rem; flex: 1; color: inherit;
      background: var(--card); border: 1px solid var(--soft); border-radius: .4rem; }
    article small { margin-left: .75rem; font-weight: 400; }
    pre { margin: 0; font: .85rem/1.45 ui-monospace, monospace; white-space: pre-wrap;
      overflow-wrap: anywhere; }
    @media (min-width: 48rem) { .cards { grid-template-columns: repeat(3, 1fr); }
      article { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.5rem; }
      article h3 { grid-column: 1 / -1; } }
    @media print { :root { --ink: #000; --page: #fff; --card: #fff; --soft: #444; }
      body { max-width: none; padding: 0; } .search { display: none; }
      article, .failures li, figure, tr { break-inside: avoid; } .wide { overflow: visible; }
      table { white-space: normal; font-size: .7rem; } }
    """

  static let script = """
    const search = document.getElementById("search");
    const rows = [...document.querySelectorAll("#rows article")];
    const texts = rows.map(row => row.textContent.toLowerCase());
    search?.addEventListener("input", () => {
      const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
      let count = 0;
      rows.forEach((row, index) => {
        row.hidden = !words.every(word => texts[index].includes(word));
        row.style.display = row.hidden ? "none" : "";
        if (!row.hidden) count += 1;
      });
      document.getElementById("found").textContent = words.length ? `${count} found` : "";
    });
    """
}

/// What to do about a kind of failure, in one sentence.
enum ReportRemedy {
  static func sentence(for group: Failures.Group) -> String {
    switch group.code {
    case "rate_limit_exceeded", "429": "Send these again, later or in smaller parts."
    case "context_length_exceeded": "Shorten the prompt, or choose a model with more room."
    case "content_filter", "content_policy_violation":
      "Change the wording; the filter will not change its mind."
    case "truncated", "length", "max_output_tokens": "Allow more tokens for the answer."
    case "refusal": "Say in the prompt why it is asked, or leave these rows out."
    case "undecodable": "Look at an answer: the schema and what the model writes differ."
    case "batch_expired": "The window closed first: send these again."
    case "model_not_found": "Check the name of the model and that the account may use it."
    case "insufficient_quota": "Add credit to the account, then send these again."
    default:
      group.isWorthRetrying
        ? "The same requests may well succeed when they are sent again."
        : "The same requests would fail again: change them first."
    }
  }
}
