//! Ways to spend as rows of one table: those re-selected from the pool and those that were run.

use super::{BINS, Beside, Choice, Fixed, Measured, Way};
use crate::evidence::{Evidence, Found, WEIGHTED};
use deliberate_policy::{
    Arm, Cell, Curve, Fit, Interval, Outcomes, Reselection, Sheet, Spent, Subsets, paired_difference,
    reselect, sampling_strategy, selection_name, share_interval,
};
use deliberate_search::{Rule, Selection};

/// A way to spend: every question's outcome at each of its settings.
pub(super) struct Spending {
    pub(super) name: String,
    /// Generations that each setting allows.
    pub(super) budgets: Vec<f64>,
    /// `[settings][questions]`.
    pub(super) curve: Curve,
    /// Whether two halves of the questions chose it for each other.
    pub(super) halves: bool,
}

/// The evidence with what was re-selected from it.
pub(super) struct Arms<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) again: &'a Reselection,
    /// Oracle bins.
    pub(super) bins: &'a [usize],
    pub(super) seed: u64,
}

/// How subsets of the samples are drawn.
pub(super) fn subsets(seed: u64) -> Subsets {
    Subsets { seed, ..Subsets::default() }
}

/// Mean over the questions of a bin.
pub(super) fn mean_of(values: &[f64], bins: &[usize], bin: usize) -> f64 {
    let members: Vec<f64> = values.iter().zip(bins).filter(|(_, b)| **b == bin).map(|(v, _)| *v).collect();
    members.iter().sum::<f64>() / members.len().max(1) as f64
}

impl Arms<'_> {
    /// One selection at one number of samples, per question.
    pub(super) fn pooled(&self, selection: Selection, column: usize) -> Vec<Cell> {
        let k = self.again.ks[column];
        let accuracy = self.again.cell(selection, k).expect("every selection was evaluated");
        let flops = |at: usize| self.evidence.sample_flops.get(at).map_or(0.0, |flops| flops * f64::from(k));
        let runs = Cell::runs_of_subsets(self.evidence.sheet.depth(), k);
        let cell = |(at, &accuracy): (usize, &f64)| Cell {
            accuracy,
            runs,
            generations: k.into(),
            tokens: self.again.tokens[column][at],
            flops: flops(at),
        };
        accuracy.iter().enumerate().map(cell).collect()
    }

    /// Every selection over the pool at every power of two, up to the dearest search if there are any, then the searches.
    pub(super) fn table(&self) -> Outcomes {
        let searches = &self.evidence.searches;
        let mut table = Outcomes { questions: searches.questions.clone(), ..Outcomes::default() };
        let most = searches.arms.iter().map(|arm| arm.budget).max();
        for &selection in &self.again.selections {
            for (column, &k) in self.again.ks.iter().enumerate() {
                if most.is_none_or(|most| k <= most) {
                    table.arms.push(Arm { name: sampling_strategy(selection), budget: k });
                    table.cells.push(self.pooled(selection, column));
                }
            }
        }
        table.arms.extend(searches.arms.iter().cloned());
        table.cells.extend(searches.cells.iter().cloned());
        table
    }

    /// Every search that was run, and majority, against best-of-N weighted of as many samples, over the whole pool.
    pub(super) fn beside_weighted(&self) -> Vec<Beside> {
        let searches = &self.evidence.searches;
        let run = searches.arms.iter().zip(&searches.cells).map(|(arm, cells)| {
            (arm.name.clone(), arm.budget, cells.iter().map(|cell| cell.accuracy).collect::<Vec<_>>())
        });
        let majority = Selection { rule: Rule::Majority, ..WEIGHTED };
        let voted = self.again.ks.iter().filter_map(|&k| {
            Some(("majority".to_owned(), k, self.again.cell(majority, k)?.to_vec())).filter(|_| k > 1)
        });
        let beside = voted.chain(run).filter_map(|(way, budget, ours)| {
            let theirs = self.again.cell(WEIGHTED, budget)?;
            let difference = paired_difference(&ours, theirs, self.seed)?;
            Some(Beside { way, budget, accuracy: share_interval(&ours, self.seed)?, difference })
        });
        beside.collect()
    }

    /// The table's arms, those of one name together.
    pub(super) fn ways(&self, table: &Outcomes) -> Vec<Way> {
        let mut ways: Vec<Way> = Vec::new();
        // The searches are the table's last arms.
        let pooled = table.arms.len() - self.evidence.searches.arms.len();
        for (at, (arm, cells)) in table.arms.iter().zip(&table.cells).enumerate() {
            let found = at.checked_sub(pooled).and_then(|at| self.evidence.found.get(at));
            let found = found.map(|questions| Found::mean(questions));
            let point = Measured { found, ..self.measured(arm.budget.into(), cells) };
            match ways.iter_mut().find(|way| way.name == arm.name) {
                Some(way) => way.points.push(point),
                None => ways.push(Way { name: arm.name.clone(), points: vec![point] }),
            }
        }
        for way in &mut ways {
            way.points.sort_by(|a, b| a.budget.total_cmp(&b.budget));
        }
        ways
    }

    /// One selection at every power of two.
    pub(super) fn selected(&self, selection: Selection) -> Spending {
        Spending {
            name: selection_name(selection),
            budgets: self.again.ks.iter().map(|&k| k.into()).collect(),
            curve: (0..self.again.ks.len()).map(|column| self.pooled(selection, column)).collect(),
            halves: false,
        }
    }

    /// Best-of-N weighted under every verifier; nothing if there is but one.
    pub(super) fn verifiers(&self) -> Vec<Way> {
        let Evidence { sheet, others, .. } = self.evidence;
        if others.is_empty() {
            return Vec::new();
        }
        let under = |sheet: &Sheet| {
            let again = reselect(sheet, &[WEIGHTED], &self.again.ks, subsets(self.seed));
            let curve = Arms { again: &again, ..*self }.selected(WEIGHTED);
            self.way(&Spending { name: sheet.verifier.clone(), ..curve })
        };
        std::iter::once(sheet).chain(others).map(under).collect()
    }

    /// A fit at every budget, its choices held out.
    pub(super) fn fitted(difficulty: &str, fit: &Fit) -> Spending {
        Spending {
            name: format!("compute-optimal, {difficulty} difficulty"),
            budgets: fit.points.iter().map(|point| point.budget.into()).collect(),
            curve: fit.points.iter().map(|point| point.chosen.clone()).collect(),
            halves: true,
        }
    }

    /// A frontier of a sequential policy.
    pub(super) fn spent(&self, name: &str, frontier: &[Spent]) -> Spending {
        Spending {
            name: name.to_owned(),
            budgets: frontier.iter().map(|spent| spent.budget).collect(),
            curve: frontier.iter().map(|spent| spent.cells(&self.evidence.sample_flops)).collect(),
            halves: false,
        }
    }

    /// A way to spend with its means and intervals.
    pub(super) fn way(&self, spending: &Spending) -> Way {
        let points = spending.budgets.iter().zip(&spending.curve);
        Way {
            name: spending.name.clone(),
            points: points.map(|(&budget, cells)| self.measured(budget, cells)).collect(),
        }
    }

    /// A fit as a curve and a table of choices.
    pub(super) fn fixed(&self, difficulty: &'static str, fit: &Fit) -> Fixed {
        let choices = fit.choices.iter().map(|choice| Choice {
            budget: choice.budget,
            bin: choice.bin,
            arm: choice.arm.clone(),
            spends: choice.arm_budget,
        });
        Fixed {
            difficulty,
            way: self.way(&Self::fitted(difficulty, fit)),
            gain: fit.points.iter().map(|point| point.gain).collect(),
            choices: choices.collect(),
        }
    }

    fn measured(&self, budget: f64, cells: &[Cell]) -> Measured {
        let accuracy: Vec<f64> = cells.iter().map(|cell| cell.accuracy).collect();
        let generations: Vec<f64> = cells.iter().map(|cell| cell.generations).collect();
        let mean = |of: fn(&Cell) -> f64| cells.iter().map(of).sum::<f64>() / cells.len().max(1) as f64;
        let interval = |values: &[f64]| {
            share_interval(values, self.seed).unwrap_or(Interval { value: 0.0, low: 0.0, high: 0.0 })
        };
        let of_bin = |bin: usize| -> Vec<f64> {
            let members = accuracy.iter().zip(self.bins).filter(|(_, b)| **b == bin);
            members.map(|(accuracy, _)| *accuracy).collect()
        };
        Measured {
            budget,
            accuracy: interval(&accuracy),
            by_bin: (0..BINS).map(|bin| interval(&of_bin(bin))).collect(),
            generations: mean(|cell| cell.generations),
            generations_by_bin: (0..BINS).map(|bin| mean_of(&generations, self.bins, bin)).collect(),
            tokens: mean(|cell| cell.tokens),
            flops: mean(|cell| cell.flops),
            found: None,
        }
    }
}
