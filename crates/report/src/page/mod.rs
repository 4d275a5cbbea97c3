//! A report as plain data: sections of prose, figures, tables, search trees and notes.

mod blocks;
mod document;

pub(crate) use document::{Document, list_of_entries};

use crate::figure::Figure;
use crate::table::Table;
use crate::tree::TreeView;
use serde::{Deserialize, Serialize};

/// One report; becomes one file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// What it is about.
    pub title: String,
    /// What was found, in a few sentences. A blank line begins a paragraph.
    #[serde(default)]
    pub summary: String,
    /// Where it comes from: models, data, settings, dates.
    #[serde(default)]
    pub provenance: Vec<Entry>,
    /// The command that made it.
    #[serde(default)]
    pub command: Option<String>,
    /// From the top.
    pub sections: Vec<Section>,
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is.
    pub name: String,
    /// Its value, with the unit.
    pub value: String,
}

/// A part of a page, with a place in the list of contents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// In order.
    pub blocks: Vec<Block>,
}

/// What a section holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// Paragraphs of plain text; a blank line begins the next, backticks set code.
    Prose(String),
    /// A figure.
    Figure(Figure),
    /// A table.
    Table(Table),
    /// The searches of several questions, one shown at a time.
    Trees(Vec<TreeView>),
    /// A remark in a box.
    Note(Note),
}

/// A remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// How much it matters.
    pub kind: NoteKind,
    /// What it says; backticks set code.
    pub text: String,
}

/// How much a remark matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoteKind {
    /// Good to know.
    Remark,
    /// Limits what may be concluded.
    Caution,
}

impl Page {
    /// A page without sections.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Says what was found.
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = summary.into();
        self
    }

    /// Adds to where it comes from.
    pub fn fact(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.provenance.push(Entry { name: name.into(), value: value.into() });
        self
    }

    /// Names the command that made it.
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }

    /// Adds a section.
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// Every figure, in order.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.sections.iter().flat_map(|section| &section.blocks).filter_map(|block| match block {
            Block::Figure(figure) => Some(figure),
            _ => None,
        })
    }

    /// The page as one file that needs no other and no network.
    pub fn html(&self) -> String {
        blocks::html(self)
    }
}

impl Section {
    /// A section without content.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), blocks: Vec::new() }
    }

    /// Adds paragraphs.
    pub fn prose(self, text: impl Into<String>) -> Self {
        self.block(Block::Prose(text.into()))
    }

    /// Adds a figure.
    pub fn figure(self, figure: Figure) -> Self {
        self.block(Block::Figure(figure))
    }

    /// Adds a table.
    pub fn table(self, table: Table) -> Self {
        self.block(Block::Table(table))
    }

    /// Adds search trees.
    pub fn trees(self, trees: impl IntoIterator<Item = TreeView>) -> Self {
        self.block(Block::Trees(trees.into_iter().collect()))
    }

    /// Adds a remark.
    pub fn remark(self, text: impl Into<String>) -> Self {
        self.block(Block::Note(Note { kind: NoteKind::Remark, text: text.into() }))
    }

    /// Adds what limits the conclusions.
    pub fn caution(self, text: impl Into<String>) -> Self {
        self.block(Block::Note(Note { kind: NoteKind::Caution, text: text.into() }))
    }

    /// Adds anything.
    pub fn block(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }
}

#[cfg(test)]
mod tests;
