//! The same for programs.

use deliberate_search::{NodeId, Outcome};
use deliberate_text::{Trace, added_steps};
use serde_json::{Value, json};

/// The answer of one question, its support and its bill.
pub(crate) fn solved(question: &str, outcome: &Outcome<Trace>, settings: &Value) -> Value {
    let text = |id: NodeId| outcome.states.get(id.0 as usize);
    let votes: Vec<Value> = outcome
        .choice
        .votes
        .iter()
        .map(|vote| {
            json!({"answer": text(vote.node).and_then(Trace::answer), "solutions": vote.count, "weight": vote.weight})
        })
        .collect();
    json!({
        "question": question,
        "answer": outcome.answer().and_then(Trace::answer),
        "solution": outcome.answer().map(Trace::text),
        "support": votes,
        "ended": outcome.ended,
        "planned-generations": outcome.planned,
        "saved-generations": outcome.saved(),
        "ledger": outcome.ledger,
        "settings": settings,
    })
}

/// The whole tree, each node with the text of its own steps.
pub(crate) fn tree_file(question: &str, outcome: &Outcome<Trace>, settings: &Value) -> Value {
    let nodes: Vec<Value> = outcome
        .tree
        .iter()
        .map(|(id, node)| {
            let state = outcome.state(id);
            let mut value = serde_json::to_value(node).expect("a node is plain data with finite numbers");
            value["id"] = json!(id);
            value["text"] = json!(added_steps(&outcome.tree, &outcome.states, id).collect::<Vec<_>>());
            value["answer"] = json!(state.answer());
            value
        })
        .collect();
    json!({"solved": solved(question, outcome, settings), "chosen": outcome.choice.node, "nodes": nodes})
}
