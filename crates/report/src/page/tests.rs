use super::*;
use crate::tree::{TreeNode, TreeStatus};
use crate::{Cell, Table};

const HOSTILE: &str = "</script></style><img src=x onerror=\"alert(1)\">'`<!--";

fn hostile() -> Page {
    let node = TreeNode::new(1, None, HOSTILE, TreeStatus::Complete);
    let tree = TreeView { question: HOSTILE.into(), nodes: vec![node], ..TreeView::default() };
    Page::new(HOSTILE).summary(HOSTILE).command(HOSTILE).fact(HOSTILE, HOSTILE).section(
        Section::new(HOSTILE)
            .prose(HOSTILE)
            .remark(HOSTILE)
            .caution(HOSTILE)
            .table(Table::new(HOSTILE, [HOSTILE]).caption(HOSTILE).row([Cell::text(HOSTILE)]))
            .trees([tree]),
    )
}

#[test]
fn nothing_from_outside_becomes_markup() {
    let html = hostile().html();
    assert!(!html.contains("<img") && !html.contains("<!--"));
    // One for the data of the trees, one for the page.
    assert_eq!(html.matches("<script").count(), 2);
    assert_eq!(html.matches("</script>").count(), 2);
    assert_eq!(html.matches("</style>").count(), 1);
}

#[test]
fn sections_are_listed() {
    let html = Page::new("p").section(Section::new("First part")).section(Section::new("First part")).html();
    for expected in [
        "<a href=\"#first-part\">First part</a>",
        "<a href=\"#first-part-2\">",
        "<section id=\"first-part-2\">",
    ] {
        assert!(html.contains(expected), "{expected}");
    }
}

#[test]
fn pages_are_plain_data() {
    let page = hostile();
    let json = serde_json::to_string(&page).expect("plain data");
    assert_eq!(serde_json::from_str::<Page>(&json).expect("the same data"), page);
}
