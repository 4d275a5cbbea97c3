//! What a pool leaves out, said before anything is computed from it.

use super::{Pool, Sample};

/// Questions below which intervals and bins say little.
const FEW_QUESTIONS: usize = 20;

impl Pool {
    /// What whoever reads the results should know, one line each; empty if nothing is amiss.
    pub fn remarks(&self) -> Vec<String> {
        let remarks = [self.depths(), self.few(), self.unanswered(), self.one_sided(), self.uncounted()];
        remarks.into_iter().flatten().collect()
    }

    fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.questions.iter().flat_map(|question| &question.samples)
    }

    fn depths(&self) -> Option<String> {
        let depths = || self.questions.iter().map(|question| (question.samples.len(), &question.id));
        let ((least, shortest), (most, _)) = (depths().min()?, depths().max()?);
        if most == 1 {
            return Some(
                "every question has one sample, so there is nothing to choose from: draw more".to_owned(),
            );
        }
        (least < most).then(|| {
            let short = depths().filter(|&(depth, _)| depth == least).count();
            format!(
                "questions have {least} to {most} samples, and everything is computed up to N = {least}: {short} of {} \
                 have no more, `{shortest}` among them (leave them out, or draw more for them)",
                self.questions.len()
            )
        })
    }

    fn few(&self) -> Option<String> {
        let count = self.questions.len();
        (count < FEW_QUESTIONS).then(|| {
            let questions = if count == 1 { "1 question".to_owned() } else { format!("{count} questions") };
            format!("{questions}: bins of difficulty are fewer than usual, and no difference can be told from chance")
        })
    }

    fn unanswered(&self) -> Option<String> {
        let without = self.samples().filter(|sample| sample.class.is_none()).count();
        let all = self.samples().count();
        (2 * without > all).then(|| format!("{without} of {all} samples have no answer"))
    }

    fn one_sided(&self) -> Option<String> {
        let (right, all) = (self.samples().filter(|sample| sample.correct).count(), self.samples().count());
        match right {
            0 => Some(format!("none of {all} samples is right, so no way can be better than another")),
            _ if right == all => {
                Some(format!("all {all} samples are right, so no way can be better than another"))
            }
            _ => None,
        }
    }

    fn uncounted(&self) -> Option<String> {
        let without = self.samples().filter(|sample| sample.tokens.is_none()).count();
        (without > 0).then(|| {
            format!(
                "{without} of {} samples do not say their tokens, which count as 0",
                self.samples().count()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remarks(depths: &[usize], sample: &str) -> String {
        let line = |(at, depth): (usize, &usize)| {
            let samples = vec![sample; *depth].join(",");
            format!("{{\"id\":\"q{at}\",\"answer\":\"4\",\"samples\":[{samples}]}}\n")
        };
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), depths.iter().enumerate().map(line).collect::<String>()).unwrap();
        Pool::read(file.path()).unwrap().remarks().join("\n")
    }

    #[test]
    fn what_a_pool_leaves_out_is_said() {
        let sample = r#"{"answer":"4","correct":true,"tokens":9,"scores":{"v":[0.5]}}"#;
        let uneven = remarks(&[3, 2, 4], sample);
        assert!(
            uneven.contains("2 to 4 samples") && uneven.contains("up to N = 2") && uneven.contains("`q1`")
        );
        assert!(uneven.contains("all 9 samples are right") && uneven.contains("3 questions: "), "{uneven}");
        assert!(remarks(&[1; 30], sample).contains("every question has one sample"));
        let bare = r#"{"answer":"5","correct":false,"scores":{"v":[0.5]}}"#;
        let bare = remarks(&[2; 30], bare);
        assert!(
            bare.contains("none of 60 samples is right") && bare.contains("do not say their tokens"),
            "{bare}"
        );
    }
}
