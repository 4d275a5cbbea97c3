//! A denoiser, a schedule and a sampler together: walks through noise levels, many at once, and what they cost.

use crate::noise::Noise;
use crate::{Denoiser, Latent, Sampler, Schedule};
use std::ops::Range;
use std::sync::Arc;

/// How samples come to be. The first step draws noise at the first level; each further one goes down a level.
#[derive(Clone)]
pub struct Process {
    /// Who predicts.
    pub denoiser: Arc<dyn Denoiser>,
    /// The levels.
    pub schedule: Schedule,
    /// How to get from one to the next.
    pub sampler: Sampler,
}

/// A walk to make.
#[derive(Debug, Clone)]
pub struct Walk {
    /// Where it starts.
    pub from: Latent,
    /// What its noise is drawn from.
    pub seed: u64,
    /// Steps, at most; it ends at the last level in any case.
    pub steps: u32,
    /// Follow the ODE and draw no noise on the way, whatever the sampler; the first noise is drawn.
    pub greedy: bool,
    /// The unit noise to begin with, in place of one from the seed.
    pub noise: Option<Arc<[f64]>>,
}

impl Walk {
    /// A sample from nothing to the end.
    pub fn whole(seed: u64) -> Self {
        Self { from: Latent::root(), seed, steps: u32::MAX, greedy: false, noise: None }
    }
}

/// A walk under way.
struct Walker {
    latent: Latent,
    noise: Noise,
    left: u32,
    greedy: bool,
    first: Option<Arc<[f64]>>,
}

/// One step of a walker, between its evaluations.
struct Move {
    walker: usize,
    sigma: f64,
    x: Vec<f64>,
    clean: Vec<f64>,
    arrived: Vec<f64>,
    fresh: f64,
}

impl Process {
    /// The number of steps of a finished sample.
    pub fn last_step(&self) -> u32 {
        self.schedule.steps() as u32 + 1
    }

    /// Whether a latent is a sample.
    pub fn finished(&self, latent: &Latent) -> bool {
        latent.step >= self.last_step()
    }

    /// The noise level of a latent that was drawn.
    pub fn sigma(&self, step: u32) -> f64 {
        self.schedule.levels()[step as usize - 1]
    }

    /// Whether a latent of this step holds the denoiser's prediction.
    pub fn predicts(&self, step: u32) -> bool {
        (1..self.last_step()).contains(&step)
            && self.sampler.churn(self.sigma(step), self.schedule.steps()) == 0.0
    }

    /// Function evaluations of one step from a latent of step `from`.
    fn price(&self, from: u32) -> u32 {
        if from >= self.last_step() {
            return 0;
        }
        let at_start = from > 0 && !self.predicts(from);
        let corrected = from > 0 && self.sampler.corrects() && self.sigma(from + 1) > 0.0;
        u32::from(at_start) + u32::from(corrected) + u32::from(self.predicts(from + 1))
    }

    /// Function evaluations to go from one step to another.
    pub fn evaluations(&self, steps: Range<u64>) -> u64 {
        let end = steps.end.min(self.last_step().into());
        (steps.start..end).map(|step| u64::from(self.price(step as u32))).sum()
    }

    /// Function evaluations of one whole sample.
    pub fn whole(&self) -> u64 {
        self.evaluations(0..self.last_step().into())
    }

    /// Makes all walks side by side; the denoiser sees them as one batch.
    pub fn walk(&self, walks: Vec<Walk>) -> Vec<Latent> {
        let mut walkers: Vec<Walker> = walks
            .into_iter()
            .map(|walk| Walker {
                left: walk.steps.min(self.last_step().saturating_sub(walk.from.step)),
                latent: walk.from,
                noise: Noise::new(walk.seed),
                greedy: walk.greedy,
                first: walk.noise,
            })
            .collect();
        while walkers.iter().any(|walker| walker.left > 0) {
            self.step(&mut walkers);
        }
        walkers.into_iter().map(|walker| walker.latent).collect()
    }

    /// `count` whole samples: `[count, dimension]` by rows.
    pub fn samples(&self, count: usize, seed: u64) -> Vec<f64> {
        let walks = (0..count as u64).map(|index| Walk::whole(deliberate_search::mix(seed, index)));
        self.walk(walks.collect()).iter().flat_map(|latent| latent.x.to_vec()).collect()
    }

    /// One step of every walker that has one left.
    fn step(&self, walkers: &mut [Walker]) {
        let mut moves = Vec::new();
        for (index, walker) in walkers.iter_mut().enumerate().filter(|(_, walker)| walker.left > 0) {
            if walker.latent.step == 0 {
                self.begin(walker);
            } else {
                moves.push(self.start(index, walker));
            }
            walker.left -= 1;
        }
        let blind: Vec<usize> = (0..moves.len()).filter(|&i| moves[i].clean.is_empty()).collect();
        let clean = self.predict(blind.iter().map(|&i| (&*moves[i].x, moves[i].sigma)));
        for (&index, clean) in blind.iter().zip(clean) {
            moves[index].clean = clean;
        }
        for step in &mut moves {
            self.move_on(step, &walkers[step.walker]);
        }
        self.correct(&mut moves, walkers);
        for mut step in moves {
            let walker = &mut walkers[step.walker];
            if step.fresh > 0.0 {
                for x in &mut step.arrived {
                    *x += step.fresh * walker.noise.normal();
                }
            }
            walker.latent.earlier = walker.latent.clean.take();
            walker.latent.x = step.arrived.into();
            walker.latent.step += 1;
        }
        self.look(walkers);
    }

    /// Draws a walker's first noise.
    fn begin(&self, walker: &mut Walker) {
        let given = walker.first.take();
        let noise = given.unwrap_or_else(|| walker.noise.normals(self.denoiser.dimension()).into());
        let sigma = self.sigma(1);
        walker.latent.x = noise.iter().map(|z| sigma * z).collect();
        walker.latent.noise = noise;
        walker.latent.step = 1;
    }

    /// Where a step starts: renoised, if the sampler does that.
    fn start(&self, index: usize, walker: &mut Walker) -> Move {
        let sigma = self.sigma(walker.latent.step);
        let churn = if walker.greedy { 0.0 } else { self.sampler.churn(sigma, self.schedule.steps()) };
        let mut x = walker.latent.x.to_vec();
        let mut clean = walker.latent.clean.as_ref().map_or_else(Vec::new, |clean| clean.to_vec());
        let raised = sigma * (1.0 + churn);
        if let (true, Sampler::Stochastic { inflation, .. }) = (churn > 0.0, self.sampler) {
            let deviation = inflation * (raised * raised - sigma * sigma).sqrt();
            for x in &mut x {
                *x += deviation * walker.noise.normal();
            }
            clean.clear();
        }
        Move { walker: index, sigma: raised, x, clean, arrived: Vec::new(), fresh: 0.0 }
    }

    fn move_on(&self, step: &mut Move, walker: &Walker) {
        let at = walker.latent.step;
        let back =
            walker.latent.earlier.as_deref().filter(|_| at > 1).map(|clean| (self.sigma(at - 1), clean));
        let sampler = match self.sampler {
            Sampler::Ddim { .. } if walker.greedy => Sampler::EULER,
            sampler => sampler,
        };
        let levels = [step.sigma, self.sigma(at + 1)];
        (step.arrived, step.fresh) = sampler.first_order(&step.x, &step.clean, back, levels);
    }

    /// Heun's correction: the mean of the slopes at both ends.
    fn correct(&self, moves: &mut [Move], walkers: &[Walker]) {
        let target = |step: &Move| self.sigma(walkers[step.walker].latent.step + 1);
        if !self.sampler.corrects() {
            return;
        }
        let above: Vec<usize> = (0..moves.len()).filter(|&i| target(&moves[i]) > 0.0).collect();
        let ends = self.predict(above.iter().map(|&i| (&*moves[i].arrived, target(&moves[i]))));
        for (&index, end) in above.iter().zip(ends) {
            let step = &mut moves[index];
            let (from, to) = (step.sigma, target(step));
            for (i, end) in end.iter().enumerate() {
                let slopes = (step.x[i] - step.clean[i]) / from + (step.arrived[i] - end) / to;
                step.arrived[i] = step.x[i] + 0.5 * (to - from) * slopes;
            }
        }
    }

    /// Predictions at the levels just reached, where the next step starts from one.
    fn look(&self, walkers: &mut [Walker]) {
        let due = |walker: &Walker| walker.latent.clean.is_none() && self.predicts(walker.latent.step);
        let looking: Vec<usize> = (0..walkers.len()).filter(|&i| due(&walkers[i])).collect();
        let clean = self
            .predict(looking.iter().map(|&i| (&*walkers[i].latent.x, self.sigma(walkers[i].latent.step))));
        for (&index, clean) in looking.iter().zip(clean) {
            walkers[index].latent.clean = Some(clean.into());
        }
        for walker in walkers.iter_mut().filter(|walker| self.finished(&walker.latent)) {
            walker.latent.clean = Some(walker.latent.x.clone());
        }
    }

    /// Predictions for samples and their levels, in one batch.
    pub(crate) fn predict<'a>(&self, points: impl Iterator<Item = (&'a [f64], f64)>) -> Vec<Vec<f64>> {
        let (mut noisy, mut sigmas) = (Vec::new(), Vec::new());
        for (x, sigma) in points {
            noisy.extend_from_slice(x);
            sigmas.push(sigma);
        }
        if sigmas.is_empty() {
            return Vec::new();
        }
        let clean = self.denoiser.denoise(&noisy, &sigmas);
        clean.chunks_exact(self.denoiser.dimension()).map(<[f64]>::to_vec).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counted, GaussianMixture, ScheduleSpec, Shape};

    const SAMPLERS: [&str; 6] =
        ["euler", "ddim:eta=1", "heun", "dpm", "stochastic:churn=5,min=0.05,max=3", "stochastic:churn=0"];

    fn process(denoiser: impl Denoiser + 'static, sampler: &str, steps: u32) -> Process {
        let schedule = ScheduleSpec::shaped(Shape::Rho(7.0), steps).build().unwrap();
        Process { denoiser: Arc::new(denoiser), schedule, sampler: sampler.parse().unwrap() }
    }

    #[test]
    fn walks_cost_what_is_said() {
        for sampler in SAMPLERS {
            for greedy in [false, true] {
                let counted = Arc::new(Counted::new(GaussianMixture::gaussian(2, 0.5).unwrap()));
                let process = process(counted.clone(), sampler, 6);
                let part = process.walk(vec![Walk { steps: 3, greedy, ..Walk::whole(1) }]);
                assert_eq!(counted.predictions(), process.evaluations(0..3), "{sampler}");
                let rest = Walk { from: part[0].clone(), greedy, ..Walk::whole(2) };
                let end = process.walk(vec![rest]);
                assert!(process.finished(&end[0]));
                assert_eq!(counted.predictions(), process.whole(), "{sampler}");
            }
        }
        let whole = |sampler| process(GaussianMixture::gaussian(1, 1.0).unwrap(), sampler, 6).whole();
        assert_eq!(
            (whole("euler"), whole("dpm"), whole("heun"), whole("stochastic:churn=0")),
            (6, 6, 11, 11)
        );
    }

    #[test]
    fn an_euler_step_on_gaussian_data_multiplies_as_derived() {
        // From a to b: 1 + (b − a) a / (c² + a²), see the crate's documentation of exact oracles.
        let process = process(GaussianMixture::gaussian(1, 0.5).unwrap(), "euler", 5);
        let end = process.walk(vec![Walk::whole(4)]);
        let levels = process.schedule.levels();
        let factor: f64 =
            levels.windows(2).map(|s| 1.0 + (s[1] - s[0]) * s[0] / (0.25 + s[0] * s[0])).product();
        assert!((end[0].x[0] - factor * levels[0] * end[0].noise[0]).abs() < 1e-12);
    }

    /// Deviation of the error of the probability-flow ODE on Gaussian data, whose solution scales by
    /// sqrt(c² + to²) / sqrt(c² + from²).
    fn error(sampler: &str, steps: u32) -> f64 {
        let schedule =
            ScheduleSpec::shaped(Shape::Log, steps).between(10.0, 0.01).above_zero().build().unwrap();
        let denoiser = Arc::new(GaussianMixture::gaussian(1, 0.5).unwrap());
        let process = Process { denoiser, schedule, sampler: sampler.parse().unwrap() };
        let end = &process.walk(vec![Walk::whole(1)])[0];
        let exact = 10.0 * end.noise[0] * ((0.25 + 1e-4) / (0.25 + 100.0f64)).sqrt();
        ((end.x[0] - exact) / exact).abs()
    }

    #[test]
    fn errors_fall_with_the_order_of_the_method() {
        for (sampler, order) in [("euler", 1.0), ("heun", 2.0), ("dpm", 2.0), ("stochastic:churn=0", 2.0)] {
            let observed = (error(sampler, 40) / error(sampler, 80)).log2();
            assert!((observed - order).abs() < 0.25, "{sampler}: order {observed}");
        }
    }

    #[test]
    fn every_sampler_draws_from_the_data() {
        let mixture = GaussianMixture::ring(3, 2.0, 0.3).unwrap();
        let along = mixture.projected(&[1.0, 0.0]);
        for sampler in SAMPLERS {
            let samples = process(mixture.clone(), sampler, 60).samples(4000, 7);
            for point in [-1.2, 0.0, 1.8] {
                let share = samples.chunks_exact(2).filter(|x| x[0] < point).count() as f64 / 4000.0;
                assert!((share - along.below(point)).abs() < 0.035, "{sampler} at {point}: {share}");
            }
        }
    }

    #[test]
    fn walks_do_not_depend_on_their_company() {
        for sampler in SAMPLERS {
            let process = process(GaussianMixture::ring(3, 2.0, 0.3).unwrap(), sampler, 6);
            let together =
                process.walk(vec![Walk::whole(1), Walk { steps: 2, ..Walk::whole(2) }, Walk::whole(3)]);
            assert_eq!(process.walk(vec![Walk::whole(3)])[0], together[2], "{sampler}");
        }
    }
}
