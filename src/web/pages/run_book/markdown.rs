//! Renders Markdown as safe HTML: HTML in the file is shown as text, links may only lead where links of pages may,
//! pictures become links, and there are no styles.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, PreEscaped};
use percent_encoding::percent_decode_str;
use pulldown_cmark::{Alignment, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};

/// Headings down to this level are listed.
const DEEPEST: u8 = 3;

/// The allowed schemes of links; links with others are dropped.
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

/// A run book, ready to show.
#[derive(Debug)]
pub(in crate::web) struct Rendered {
    pub(in crate::web) body: Markup,
    pub(in crate::web) contents: Vec<Entry>,
}

/// A heading in the table of contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Entry {
    pub(in crate::web) level: u8,
    pub(in crate::web) anchor: String,
    pub(in crate::web) text: String,
}

/// Renders `markdown` without its title, which the page shows itself. `is_book` says which names are run books of the
/// team: links to their files become links to their pages.
pub(in crate::web) fn render(markdown: &str, is_book: impl Fn(&str) -> bool) -> Rendered {
    let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    let events: Vec<Event<'_>> = Parser::new_ext(markdown, options).collect();
    let (mut writer, mut at) = (Writer::new(is_book), 0);
    while let Some(event) = events.get(at) {
        at += match event {
            Event::Start(Tag::Heading { level, .. }) => writer.heading(*level, &events[at..]),
            event => {
                writer.event(event);
                1
            }
        };
    }
    let mut body = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut body, writer.out.into_iter());
    Rendered { body: PreEscaped(body), contents: writer.contents }
}

struct Writer<'m, B> {
    is_book: B,
    out: Vec<Event<'m>>,
    contents: Vec<Entry>,
    anchors: BTreeSet<String>,
    /// The next number for a heading of each name, so that no number is tried twice.
    next: BTreeMap<String, usize>,
    has_title: bool,
    tables: usize,
    /// The alignment of the current table's columns.
    alignments: Vec<Alignment>,
    column: usize,
    is_head: bool,
    /// Whether each open link is written; a link that is not allowed is not.
    links: Vec<bool>,
}

impl<'m, B: Fn(&str) -> bool> Writer<'m, B> {
    fn new(is_book: B) -> Self {
        Writer {
            is_book,
            out: Vec::new(),
            contents: Vec::new(),
            anchors: ["main", "now", "contents"].map(str::to_owned).into(),
            next: BTreeMap::new(),
            has_title: false,
            tables: 0,
            alignments: Vec::new(),
            column: 0,
            is_head: false,
            links: Vec::new(),
        }
    }

    /// Writes a heading with its content, which starts `events`. Returns the number of its events.
    fn heading(&mut self, level: HeadingLevel, events: &[Event<'m>]) -> usize {
        let end = events.iter().position(|event| matches!(event, Event::End(TagEnd::Heading(_))));
        let end = end.unwrap_or(events.len().saturating_sub(1));
        let inner = &events[1..end];
        if level == HeadingLevel::H1 && !self.has_title {
            self.has_title = true;
            return end + 1;
        }
        let text = plain(inner);
        let anchor = self.anchor(&text);
        // The page's own heading is the only one of the first level.
        let level = (level as u8).max(2);
        self.raw(format!("<h{level} id=\"{anchor}\">"));
        for event in inner {
            self.event(event);
        }
        self.raw(format!("</h{level}>\n"));
        if level <= DEEPEST {
            self.contents.push(Entry { level, anchor, text });
        }
        end + 1
    }

    fn event(&mut self, event: &Event<'m>) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => self.out.push(Event::Text(text.clone())),
            Event::Start(Tag::HtmlBlock) => self.raw("<p>".to_owned()),
            Event::End(TagEnd::HtmlBlock) => self.raw("</p>\n".to_owned()),
            Event::TaskListMarker(done) => {
                let checked = if *done { " checked" } else { "" };
                self.raw(format!("<input type=\"checkbox\" aria-label=\"Done\"{checked}> "));
            }
            // `<a@example.com>` names the address alone.
            Event::Start(Tag::Link { link_type: LinkType::Email, dest_url, .. }) => {
                self.link(&format!("mailto:{dest_url}"));
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => self.link(dest_url),
            Event::End(TagEnd::Link | TagEnd::Image) => {
                if self.links.pop() == Some(true) {
                    self.raw("</a>".to_owned());
                }
            }
            Event::Start(Tag::Table(alignments)) => {
                self.alignments.clone_from(alignments);
                self.tables += 1;
                self.raw(format!(
                    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table {}\"><table>",
                    self.tables
                ));
            }
            Event::End(TagEnd::Table) => self.raw("</tbody></table></div>\n".to_owned()),
            Event::Start(tag @ (Tag::TableHead | Tag::TableRow)) => {
                (self.column, self.is_head) = (0, *tag == Tag::TableHead);
                self.raw(if self.is_head { "<thead><tr>" } else { "<tr>" }.to_owned());
            }
            Event::End(TagEnd::TableHead) => self.raw("</tr></thead><tbody>".to_owned()),
            Event::End(TagEnd::TableRow) => self.raw("</tr>".to_owned()),
            Event::Start(Tag::TableCell) => {
                let class = match self.alignments.get(self.column) {
                    Some(Alignment::Right) => " class=\"right\"",
                    Some(Alignment::Center) => " class=\"center\"",
                    _ => "",
                };
                self.column += 1;
                self.raw(format!("<{}{class}>", self.cell()));
            }
            Event::End(TagEnd::TableCell) => self.raw(format!("</{}>", self.cell())),
            Event::Start(Tag::CodeBlock(_)) => self.raw("<pre tabindex=\"0\"><code>".to_owned()),
            Event::End(TagEnd::CodeBlock) => self.raw("</code></pre>\n".to_owned()),
            event => self.out.push(event.clone()),
        }
    }

    fn cell(&self) -> &'static str {
        if self.is_head { "th" } else { "td" }
    }

    fn link(&mut self, to: &str) {
        let href = href(to, &self.is_book);
        self.links.push(href.is_some());
        if let Some(href) = href {
            let href = maud::html! { a href=(href) rel="noreferrer" {} }.into_string();
            self.raw(href.trim_end_matches("</a>").to_owned());
        }
    }

    fn raw(&mut self, html: String) {
        self.out.push(Event::Html(CowStr::from(html)));
    }

    /// A name for a heading that is unique on the page.
    fn anchor(&mut self, text: &str) -> String {
        let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        let name = words.map(str::to_lowercase).collect::<Vec<_>>().join("-");
        let name = if name.is_empty() { "section".to_owned() } else { name };
        let mut free = name.clone();
        while !self.anchors.insert(free.clone()) {
            let number = self.next.entry(name.clone()).or_insert(2);
            free = format!("{name}-{number}");
            *number += 1;
        }
        free
    }
}

/// The text of a heading.
fn plain(events: &[Event<'_>]) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            Event::Text(part) | Event::Code(part) | Event::Html(part) | Event::InlineHtml(part) => {
                text.push_str(part);
            }
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    crate::text::clean(&text)
}

/// The target of a link on a run book's page; `None` if it is not allowed.
fn href(to: &str, is_book: impl Fn(&str) -> bool) -> Option<String> {
    let to = to.trim();
    // Browsers read past these within a scheme.
    if to.chars().any(char::is_control) || to.starts_with("//") || to.starts_with('\\') {
        return None;
    }
    let scheme =
        to.split(['/', '?', '#']).next().and_then(|head| head.split_once(':')).map(|(scheme, _)| scheme);
    if let Some(scheme) = scheme {
        return SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)).then(|| to.to_owned());
    }
    let (file, rest) = to.split_at(to.find(['?', '#']).unwrap_or(to.len()));
    let name = percent_decode_str(file.strip_prefix("./").unwrap_or(file)).decode_utf8_lossy();
    match name.strip_suffix(".md").filter(|name| is_book(name)) {
        Some(name) => Some(format!("{name}{rest}")),
        None => Some(to.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(markdown: &str) -> String {
        render(markdown, |name| name == "other").body.into_string()
    }

    #[test]
    fn html_in_the_file_shows_as_text() {
        let html = body(
            "a <script>alert(1)</script> <b onclick=\"x\">b</b>\n\n<iframe src=\"//evil\"></iframe>\n\n<!-- c -->",
        );
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
        assert!(
            html.contains("&lt;iframe") && html.contains("&lt;b onclick") && html.contains("&lt;!-- c"),
            "{html}"
        );
        assert!(!html.contains("<script") && !html.contains("<iframe") && !html.contains("<b "), "{html}");
    }

    #[test]
    fn an_address_in_angle_brackets_opens_a_mail() {
        let html = body("Write to <a.b+c@example.com>, or see <https://example.com/x>.");
        assert!(
            html.contains("<a href=\"mailto:a.b+c@example.com\" rel=\"noreferrer\">a.b+c@example.com</a>"),
            "{html}"
        );
        assert!(html.contains("<a href=\"https://example.com/x\""), "{html}");
    }

    #[test]
    fn links_lead_only_to_pages_and_people() {
        for (to, expected) in [
            ("https://example.com/a?b#c", Some("https://example.com/a?b#c")),
            ("HTTP://example.com", Some("HTTP://example.com")),
            ("mailto:a@example.com", Some("mailto:a@example.com")),
            ("#section", Some("#section")),
            ("other.md#part", Some("other#part")),
            ("./other.md", Some("other")),
            ("none.md", Some("none.md")),
            ("a:b/c", None),
            ("./a:b", Some("./a:b")),
            ("javascript:alert(1)", None),
            (" JaVaScRiPt:alert(1)", None),
            ("java\tscript:alert(1)", None),
            ("data:text/html,x", None),
            ("vbscript:x", None),
            ("//evil.example", None),
            ("\\\\evil.example", None),
        ] {
            assert_eq!(href(to, |name| name == "other").as_deref(), expected, "{to}");
        }
        let html =
            body("[x](javascript:alert(1)) [y](<https://e.x/\"onclick=\"z>) ![picture](https://e.x/p.png)");
        assert!(
            html.contains("<p>x <a href=\"https://e.x/&quot;onclick=&quot;z\" rel=\"noreferrer\">y</a>"),
            "{html}"
        );
        assert!(html.contains("<a href=\"https://e.x/p.png\" rel=\"noreferrer\">picture</a>"), "{html}");
    }

    #[test]
    fn tables_and_tasks_come_without_styles() {
        let html = body("| a | b |\n|---|--:|\n| 1 | *2* |\n\n- [ ] open\n- [x] done\n");
        assert!(html.contains("<thead><tr><th>a</th><th class=\"right\">b</th></tr></thead>"), "{html}");
        assert!(
            html.contains("<tr><td>1</td><td class=\"right\"><em>2</em></td></tr></tbody></table>"),
            "{html}"
        );
        assert!(
            html.contains("aria-label=\"Done\"> open") && html.contains("aria-label=\"Done\" checked> done"),
            "{html}"
        );
        assert!(!html.contains("style="), "{html}");
    }

    #[test]
    fn headings_are_listed_with_anchors_of_their_own_and_the_title_is_the_pages() {
        let rendered = render(
            "# Title\n\n## Steps & <b>\n\n## Steps b\n\n### Deep\n\n#### Deeper\n\n# Late\n\n## 日本\n\n## !\n",
            |_| false,
        );
        let shown: Vec<_> = rendered
            .contents
            .iter()
            .map(|entry| (entry.level, entry.anchor.as_str(), entry.text.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                (2, "steps-b", "Steps & <b>"),
                (2, "steps-b-2", "Steps b"),
                (3, "deep", "Deep"),
                (2, "late", "Late"),
                (2, "日本", "日本"),
                (2, "section", "!"),
            ]
        );
        let html = rendered.body.into_string();
        assert!(
            !html.contains("Title") && html.contains("<h2 id=\"steps-b\">Steps &amp; &lt;b&gt;</h2>"),
            "{html}"
        );
    }

    #[test]
    fn many_headings_of_one_text_each_have_an_anchor_and_none_is_sought_for_long() {
        // Trying all numbers from 2 for each heading would take hours.
        let many = 100_000;
        let rendered = render(&"## a-2\n## a\n".repeat(many), |_| false);
        let anchors: BTreeSet<&str> = rendered.contents.iter().map(|entry| entry.anchor.as_str()).collect();
        assert_eq!(anchors.len(), 2 * many);
        let first: Vec<_> = rendered.contents.iter().take(4).map(|entry| entry.anchor.as_str()).collect();
        assert_eq!(first, ["a-2", "a", "a-2-2", "a-3"]);
    }

    #[test]
    fn code_keeps_its_letters() {
        assert_eq!(
            body("```sql\nSELECT 1 < 2;\n```"),
            "<pre tabindex=\"0\"><code>SELECT 1 &lt; 2;\n</code></pre>\n"
        );
    }
}
