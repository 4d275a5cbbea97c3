//! The oracle as a verifier, on solutions of the bundled proposer.

use deliberate_family::{OracleVerifier, Scale, asked, domain, serve};
use deliberate_lab::{Split, generate_set};
use deliberate_search::{Verification, Verifier};
use deliberate_train::gather::{SamplePlan, Silent, draw_samples};
use futures::executor::block_on;
use std::path::Path;

#[test]
fn the_oracle_never_takes_back_that_the_answer_is_lost_and_ends_on_whether_it_is_right() {
    let plan = Scale::Full.plan();
    let questions = generate_set(&plan.lab().unwrap().questions, Split::Validation, 9, 20).unwrap();
    let engine =
        serve(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/lab-proposer.gguf")).unwrap();
    let domain = domain(&engine, 0.8).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let asked: Vec<_> = questions.iter().map(asked).collect();
    let wanted = SamplePlan { samples: 4, seed: 9, concurrency: 8 };
    let file = folder.path().join("samples.jsonl");
    let sampled = block_on(draw_samples(&domain, &asked, &wanted, &file, &mut Silent)).unwrap();
    let mut ends = [0, 0];
    for (question, sampled) in questions.iter().zip(&sampled) {
        let oracle = OracleVerifier::new(question).unwrap();
        for solution in sampled.iter().filter(|solution| solution.answered) {
            let score = |known: &[f64]| {
                let batch = [Verification { state: &solution.trace, known }];
                block_on(oracle.verify(&batch)).unwrap().scores.remove(0).unwrap()
            };
            let scores = score(&[]);
            assert_eq!(scores.len(), solution.trace.step_count());
            // The answer alone decides at last: after a false account it can come out right all the same.
            let (_, steps) = scores.split_last().unwrap();
            assert!(steps.is_sorted_by(|one, next| one >= next), "{scores:?}");
            assert_eq!(scores.last() == Some(&1.0), solution.right, "{}", solution.trace.text());
            // Those known from an ancestor are not given again.
            assert_eq!(score(&scores[..1]), scores[1..]);
            ends[usize::from(solution.right)] += 1;
        }
    }
    assert!(ends.iter().all(|count| *count > 5), "{ends:?}");
}
