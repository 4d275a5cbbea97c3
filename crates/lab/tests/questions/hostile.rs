//! Whatever a model or a file says, the oracle answers.

use crate::any_question;
use deliberate_lab::{
    Countdown, Facts, Graph, Node, Offer, Operand, Operation, Purse, Purses, Question, Rule, StepOracle,
    correct,
};
use proptest::prelude::*;

fn any_line() -> impl Strategy<Value = String> {
    let looks_right = "[a-z]{0,2}[=:]? ?[0-9]{0,25}[-+*/]?[0-9]{0,25}[=]?[0-9]{0,25}(, left [0-9 ]{0,30}|,(left|over)=[0-9]{0,20})?";
    prop_oneof![any::<String>(), looks_right, "The answer is .{0,20}", "[=:+*, ]{0,9}", "é=ß*€=1*1=1"]
}

fn any_operand() -> impl Strategy<Value = Operand> {
    prop_oneof![(0..9_usize).prop_map(Operand::Node), any::<u32>().prop_map(Operand::Constant)]
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let operation = (0..4_usize).prop_map(|which| Operation::ALL[which]);
    let rule = prop_oneof![
        any::<u32>().prop_map(Rule::Given),
        (any_operand(), operation, any_operand())
            .prop_map(|(left, operation, right)| { Rule::Compute(left, operation, right) })
    ];
    let node = ("[a-c]?", rule).prop_map(|(name, rule)| Node { name, rule });
    let graph = (any::<Option<u32>>(), prop::collection::vec(node, 0..5), 0..6_usize)
        .prop_map(|(modulus, nodes, asked)| Facts::Graph(Graph { modulus, nodes, asked }));
    let countdown = (prop::collection::vec(any::<u32>(), 0..5), any::<u32>(), 0..5_u32)
        .prop_map(|(numbers, target, unused)| Facts::Countdown(Countdown { numbers, target, unused }));
    let offer = ("[a-c]?", any::<u32>()).prop_map(|(name, price)| Offer { name, price });
    let purse = (any::<u32>(), prop::collection::vec(offer, 0..9))
        .prop_map(|(total, offers)| Purse { total, offers });
    let purses = prop::collection::vec(purse, 0..4).prop_map(|purses| Facts::Purses(Purses(purses)));
    prop_oneof![graph, countdown, purses]
}

proptest! {
    #[test]
    fn no_line_makes_the_oracle_panic(question in any_question(), lines in prop::collection::vec(any_line(), 0..8)) {
        let mut oracle = StepOracle::new(&question).unwrap();
        for line in lines {
            let before = oracle.reachable();
            let judgement = oracle.judge(&line);
            prop_assert!(before || !judgement.reachable, "what is lost stays lost");
            correct(&question, &line);
        }
    }

    #[test]
    fn no_facts_make_the_oracle_panic(question in any_question(), facts in any_facts(), line in any_line()) {
        let question = Question { facts, ..question };
        question.key();
        if let Ok(mut oracle) = StepOracle::new(&question) {
            oracle.judge(&line);
        }
    }
}
