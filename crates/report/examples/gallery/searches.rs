//! Searches of several kinds. Every text and number is invented.

use deliberate_report::{Cost, Entry, Standing, TreeNode, TreeStatus, TreeView};

fn entry(name: &str, value: &str) -> Entry {
    Entry { name: name.into(), value: value.into() }
}

struct Growing {
    nodes: Vec<TreeNode>,
}

impl Growing {
    fn add(&mut self, parent: Option<u32>, text: &str, score: f64, status: TreeStatus) -> u32 {
        let id = self.nodes.len() as u32 + 1;
        let cost = Cost { tokens: text.len() as u64 / 3, flops: Some(text.len() as f64 * 6e9) };
        self.nodes.push(TreeNode { score: Some(score), cost, ..TreeNode::new(id, parent, text, status) });
        id
    }

    fn answer(&mut self, parent: Option<u32>, text: &str, score: f64, answer: &str, right: bool) -> u32 {
        let id = self.add(parent, text, score, TreeStatus::Complete);
        let node = self.nodes.last_mut().expect("just added");
        (node.answer, node.right, node.vote) = (Some(answer.into()), Some(right), Some(score));
        id
    }
}

fn pruned(rank: u32) -> TreeStatus {
    TreeStatus::Pruned(format!("rank {rank} of 8 at its depth, 2 kept"))
}

pub(crate) fn beam() -> TreeView {
    let mut tree = Growing { nodes: Vec::new() };
    let shares = tree.add(
        None,
        "Call the number of marbles Ana has x, so Ben has x + 6 and Cem has 2x.",
        0.81,
        TreeStatus::Kept,
    );
    let table = tree.add(
        None,
        "Let me make a table of everybody's marbles, beginning with Ana.",
        0.62,
        TreeStatus::Kept,
    );
    for (rank, text, score) in [
        (3, "All three have the same number, which is 54 / 3 = 18.", 0.08),
        (4, "First we note that marbles are round.", 0.31),
        (5, "Ben has 6 times as many marbles as Ana.", 0.12),
    ] {
        tree.add(None, text, score, pruned(rank));
    }
    let sum =
        tree.add(Some(shares), "Together they have x + (x + 6) + 2x = 4x + 6 = 54.", 0.93, TreeStatus::Kept);
    tree.add(Some(shares), "Together they have x + 6 + 2x = 3x + 6 = 54, so x = 16.", 0.22, pruned(5));
    tree.add(Some(table), "| Ana | Ben | Cem |\n| 10 | 16 | 20 | which makes 46, too few.", 0.55, pruned(3));
    let guess = tree.add(
        Some(table),
        "| Ana | Ben | Cem |\n| 12 | 18 | 24 | which makes 54.",
        0.71,
        TreeStatus::Kept,
    );
    tree.add(
        Some(table),
        "| Ana | Ben | Cem |\n| 1 | 7 | 2 |\n| 2 | 8 | 4 |\n| 3 | 9 | 6 | …",
        0.4,
        TreeStatus::Truncated,
    );
    let chosen = tree.answer(
        Some(sum),
        "So 4x = 48 and x = 12. Ben has 12 + 6 = 18.\nThe answer is 18.",
        0.96,
        "18",
        true,
    );
    tree.answer(Some(sum), "So 4x = 48 and x = 12. The answer is 12.", 0.35, "12", false);
    tree.answer(Some(guess), "Ben has 18 marbles. The answer is 18.", 0.88, "18", true);
    tree.answer(Some(guess), "Cem has 24 marbles. The answer is 24.", 0.19, "24", false);
    TreeView {
        question: "Invented data. Ben has 6 marbles more than Ana, and Cem has twice as many as Ana. Together they have 54. How many has Ben?".into(),
        expected: Some("18".into()),
        answer: Some("18".into()),
        right: Some(true),
        bin: Some(2),
        strategy: Some("beam search, M = 4".into()),
        chosen: Some(chosen),
        nodes: tree.nodes,
        standings: [("18", 2, 1.84, true), ("12", 1, 0.35, false), ("24", 1, 0.19, false)]
            .map(|(answer, count, weight, right)| Standing { answer: answer.into(), count, weight, right: Some(right) })
            .to_vec(),
        bill: vec![entry("Generations", "8"), entry("Tokens", "402"), entry("FLOPs", "7.2T"), entry("Seconds", "1.9")],
    }
}

pub(crate) fn revisions() -> TreeView {
    let mut tree = Growing { nodes: Vec::new() };
    for chain in 0..2 {
        let mut parent = None;
        for step in 0..5_u32 {
            let right = (step + chain) % 5 == 3;
            let (answer, score) = if right { ("49", 0.42) } else { ("56", 0.3 + 0.06 * f64::from(step)) };
            let id = tree.answer(
                parent,
                &format!("Attempt {}: 7 × 8 − 7 = {answer}. The answer is {answer}.", step + 1),
                score,
                answer,
                right,
            );
            tree.nodes.last_mut().expect("just added").revised = step > 0;
            parent = Some(id);
        }
    }
    TreeView {
        question: "Invented data. What is 7 × 8 − 7?".into(),
        expected: Some("49".into()),
        answer: Some("56".into()),
        right: Some(false),
        bin: Some(4),
        strategy: Some("2 chains of 5 revisions".into()),
        chosen: Some(5),
        nodes: tree.nodes,
        standings: vec![
            Standing { answer: "56".into(), count: 8, weight: 3.4, right: Some(false) },
            Standing { answer: "49".into(), count: 2, weight: 0.84, right: Some(true) },
        ],
        bill: vec![entry("Generations", "10"), entry("Tokens", "150")],
    }
}

/// A tree with so many nodes.
pub(crate) fn large(count: u32) -> TreeView {
    let mut tree = Growing { nodes: Vec::new() };
    let mut level: Vec<Option<u32>> = vec![None];
    let (mut depth, mut chosen) = (0, None);
    while (tree.nodes.len() as u32) < count && !level.is_empty() {
        let mut next = Vec::new();
        for (place, &parent) in level.iter().enumerate() {
            let children = if depth == 0 { 17 } else { 4 };
            for child in 0..children {
                if tree.nodes.len() as u32 >= count {
                    break;
                }
                let noise = f64::from((tree.nodes.len() as u32 * 7919) % 1000) / 1000.0;
                let kept = child == place % children || depth == 0;
                let status = if kept { TreeStatus::Kept } else { pruned(3 + child as u32) };
                let score = if kept { 0.5 + noise / 2.0 } else { noise * 0.6 };
                if depth == 30 && kept {
                    chosen = Some(tree.answer(parent, "So the answer is 5.", score, "5", true));
                } else {
                    let text =
                        format!("Step {} of line {place}: an invented thought, number {child}.", depth + 1);
                    let id = tree.add(parent, &text, score, status);
                    if kept {
                        next.push(Some(id));
                    }
                }
            }
        }
        depth += 1;
        level = next;
    }
    TreeView {
        question: format!("Invented data. A search of {count} nodes."),
        answer: chosen.map(|_| "5".into()),
        right: Some(true),
        bin: Some(5),
        chosen,
        nodes: tree.nodes,
        ..TreeView::default()
    }
}

pub(crate) fn hostile() -> TreeView {
    let text =
        "</script><img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>";
    let mut node = TreeNode::new(1, Some(99), text, TreeStatus::Pruned(text.into()));
    node.answer = Some(text.into());
    TreeView {
        question: text.into(),
        right: Some(false),
        nodes: vec![node],
        bill: vec![entry(text, text)],
        ..TreeView::default()
    }
}
