//! Markup of the viewer; the nodes travel as JSON, and the script sets them as text only.

use super::TreeView;
use crate::escape::json;
use crate::page::Document;

/// A page with nothing but search trees: one for each question.
pub fn tree_page(title: &str, trees: &[TreeView]) -> String {
    let body = format!("<header><h1>{}</h1></header>{}", crate::escape::text(title), viewer(trees));
    Document { title, contents: &[], body: &body }.html()
}

/// The viewer of several questions. Without script it says so.
pub(crate) fn viewer(trees: &[TreeView]) -> String {
    let data = serde_json::to_string(trees).unwrap_or_else(|_| "[]".to_owned());
    format!(
        "<div class=\"trees\"><noscript>The search trees are shown by a script, which is switched off.</noscript>\
         <script type=\"application/json\">{}</script></div>",
        json(&data)
    )
}

#[cfg(test)]
mod tests {
    use super::super::{TreeNode, TreeStatus};
    use super::*;

    #[test]
    fn a_step_cannot_leave_its_data() {
        let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>";
        let node = TreeNode::new(1, None, hostile, TreeStatus::Pruned(hostile.to_owned()));
        let tree = TreeView { question: hostile.to_owned(), nodes: vec![node], ..TreeView::default() };
        let html = viewer(std::slice::from_ref(&tree));
        assert_eq!(html.matches("</script>").count(), 1);
        assert!(!html.contains("<img"));
        let page = tree_page(hostile, &[tree]);
        assert!(!page.contains("<img") && page.contains("&lt;img"));
    }

    #[test]
    fn numbers_without_a_value_are_null() {
        let node = TreeNode { score: Some(f64::NAN), ..TreeNode::new(1, None, "", TreeStatus::Kept) };
        let html = viewer(&[TreeView { nodes: vec![node], ..TreeView::default() }]);
        assert!(html.contains("\"score\":null"));
    }
}
