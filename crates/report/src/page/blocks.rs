//! From sections to markup.

use super::{Block, Document, NoteKind, Page, list_of_entries};
use crate::draw::{self, Legend};
use crate::escape::{slug, text as escaped};
use crate::figure::Figure;
use crate::palette::Theme;
use crate::tree;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::collections::BTreeSet;
use std::fmt::Write;

pub(super) fn html(page: &Page) -> String {
    let mut names = Names::default();
    let mut contents = Vec::new();
    let mut body =
        format!("<header><h1>{}</h1>{}</header>", escaped(&page.title), paragraphs(&page.summary, "lead"));
    for section in &page.sections {
        let id = names.fresh(&section.title);
        let _ = write!(body, "\n<section id=\"{id}\"><h2>{}</h2>", escaped(&section.title));
        contents.push((id, section.title.clone()));
        for block in &section.blocks {
            body.push_str(&self::block(block, &mut names));
        }
        body.push_str("</section>");
    }
    if !page.provenance.is_empty() || page.command.is_some() {
        let id = names.fresh("provenance");
        let _ = write!(body, "\n<section id=\"{id}\"><h2>Where this comes from</h2>");
        contents.push((id, "Where this comes from".to_owned()));
        if let Some(command) = &page.command {
            let _ = write!(body, "<pre tabindex=\"0\"><code>{}</code></pre>", escaped(command));
        }
        body.push_str(&list_of_entries(&page.provenance));
        body.push_str("</section>");
    }
    Document { title: &page.title, contents: &contents, body: &body }.html()
}

/// Anchors, each used once.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl Names {
    fn fresh(&mut self, wish: &str) -> String {
        let wish = slug(wish);
        let mut name = wish.clone();
        let mut count = 1;
        // These are the anchors of the shell.
        while ["content", "theme"].contains(&name.as_str()) || !self.0.insert(name.clone()) {
            count += 1;
            name = format!("{wish}-{count}");
        }
        name
    }
}

fn block(block: &Block, names: &mut Names) -> String {
    match block {
        Block::Prose(text) => paragraphs(text, ""),
        Block::Figure(figure) => self::figure(figure, &names.fresh(&figure.id)),
        Block::Table(table) => table.html(&names.fresh(&table.title)),
        Block::Trees(trees) => tree::viewer(trees),
        Block::Note(note) => {
            let (class, name) = match note.kind {
                NoteKind::Remark => ("remark", "Note"),
                NoteKind::Caution => ("caution", "Caution"),
            };
            format!("<aside class=\"note {class}\"><p><b>{name}.</b> {}</p></aside>", inline(&note.text))
        }
    }
}

fn figure(figure: &Figure, id: &str) -> String {
    let drawings = draw::inline(figure);
    let count: usize = drawings.iter().map(|drawing| draw::marks(&drawing.wide)).sum();
    let (shared, each, narrow_only) = match draw::legend(figure) {
        Legend::Shared(list) => (list, Vec::new(), false),
        Legend::Narrow(list) => (list, Vec::new(), true),
        Legend::Each(lists) => (String::new(), lists, false),
    };
    let mut html = format!(
        "<figure class=\"chart-figure{}\" id=\"{id}\" data-marks=\"{count}\"><figcaption><b>{}</b></figcaption>",
        if narrow_only { " named" } else { "" },
        escaped(&figure.title)
    );
    html.push_str(&shared);
    let _ = write!(html, "<div class=\"panels n{}\">", drawings.len().min(4));
    for (index, (panel, drawing)) in figure.panels.iter().zip(&drawings).enumerate() {
        html.push_str("<div class=\"panel\">");
        if let Some(title) = &panel.title {
            let _ = write!(html, "<h4>{}</h4>", escaped(title));
        }
        html.push_str(each.get(index).map_or("", String::as_str));
        match &drawing.narrow {
            Some(narrow) => {
                let _ = write!(
                    html,
                    "<div class=\"wide\">{}</div><div class=\"narrow\">{narrow}</div>",
                    drawing.wide
                );
            }
            None => html.push_str(&drawing.wide),
        }
        html.push_str("</div>");
    }
    html.push_str("</div><p class=\"caption\">");
    if !figure.caption.is_empty() {
        let _ = write!(html, "{} ", inline(&figure.caption));
    }
    if let Some(source) = &figure.source {
        let _ = write!(html, "<span class=\"source\">Twin of {}.</span> ", escaped(source));
    }
    let file = format!("{}.svg", slug(&figure.id));
    let data = STANDARD.encode(figure.svg(Theme::Adaptive));
    let _ = write!(
        html,
        "<a class=\"download\" download=\"{file}\" href=\"data:image/svg+xml;base64,{data}\">Download SVG</a></p></figure>"
    );
    html
}

/// Paragraphs of plain text.
fn paragraphs(text: &str, class: &str) -> String {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    paragraphs.fold(String::new(), |mut all, paragraph| {
        let _ = write!(all, "<p{class}>{}</p>", inline(paragraph));
        all
    })
}

/// Escaped text in which pairs of backticks set code.
fn inline(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let last = parts.len() - 1;
    let mut html = String::new();
    for (index, part) in parts.iter().enumerate() {
        let part = escaped(part);
        let _ = match (index % 2 == 1, index == last) {
            (true, false) => write!(html, "<code>{part}</code>"),
            (true, true) => write!(html, "`{part}"),
            (false, _) => write!(html, "{part}"),
        };
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_set_code_in_pairs() {
        assert_eq!(inline("a `b<` c"), "a <code>b&lt;</code> c");
        assert_eq!(inline("a ` b"), "a ` b");
    }

    #[test]
    fn anchors_are_unique() {
        let mut names = Names::default();
        let names = ["Content", "a b", "A-B"].map(|wish| names.fresh(wish));
        assert_eq!(names, ["content-2", "a-b", "a-b-2"]);
    }
}
