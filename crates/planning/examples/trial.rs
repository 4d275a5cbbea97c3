//! trial
use deliberate_planning::grid::*;
use deliberate_planning::pushing::*;
use deliberate_planning::*;
use std::sync::Arc;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let n: u64 = a[1].parse().unwrap();
    if a[2] == "push" {
        let (factor, horizon): (f32, u32) = (a[3].parse().unwrap(), a[4].parse().unwrap());
        for thinking in a[6].split(';') {
            for budget in a[5].split(',') {
                let t = std::time::Instant::now();
                let mut won = 0;
                let mut steps = 0;
                let mut moves = 0;
                let mut surprise = 0.0;
                let mut off = 0;
                for seed in 0..n {
                    let seed = 1000 + seed;
                    let model: Box<dyn Model<Table>> = if factor == 0.0 {
                        Box::new(Hypotheses::new(48, seed ^ 77))
                    } else {
                        Box::new(Physics::hidden(seed).mistaken(factor))
                    };
                    let mut mind = Mind {
                        task: Arc::new(Table),
                        model,
                        policy: Arc::new(Random { hold: 0.8 }),
                        judge: Judge { worth: Arc::new(Nearness), discount: 0.99 },
                        effort: Effort {
                            thinking: thinking.parse().unwrap(),
                            budget: budget.parse().unwrap(),
                            horizon,
                            futures: 1,
                            deadline: None,
                        },
                        price: None,
                        seed,
                    };
                    let e = episode(&mut PushWorld::new(seed), &mut mind).unwrap();
                    won += u32::from(e.won());
                    steps += e.steps();
                    moves += e.moves.len();
                    surprise += e.moves.iter().map(|m| m.surprise).sum::<f64>() / e.moves.len() as f64;
                    off += u32::from(!e.won() && e.last.left > 0);
                }
                println!(
                    "{thinking:30} b={budget:>5} won {won}/{n} off {off} moves {:.1} steps/move {:.0} surprise {:.3} {:?}",
                    moves as f64 / n as f64,
                    steps as f64 / moves as f64,
                    surprise / n as f64,
                    t.elapsed()
                );
            }
        }
    } else {
        let map = match a[2].as_str() {
            "4" => Map::lake_4(),
            "8" => Map::lake_8(),
            _ => Map::maze(),
        };
        let slip = if a[2] == "maze" { 0.2 } else { 2.0 / 3.0 };
        let mslip: f64 = a[3].parse().unwrap();
        let (horizon, futures): (u32, u32) = (
            a[4].split(',').next().unwrap().parse().unwrap(),
            a[4].split(',').nth(1).unwrap().parse().unwrap(),
        );
        println!("optimum {}", Exact::solve(&map, slip).value(&map.start()));
        for worth in ["near", "learnt"] {
            for thinking in a[6].split(';') {
                for budget in a[5].split(',') {
                    let t = std::time::Instant::now();
                    let (mut won, mut steps, mut moves) = (0, 0, 0);
                    for seed in 0..n {
                        let seed = 1000 + seed;
                        let model = Ice::fixed(map.clone(), mslip);
                        let value: Arc<dyn Worth<Map>> = if worth == "near" {
                            Arc::new(Nearness)
                        } else {
                            Arc::new(LearntValue::imagine(&map, &model, 8, seed))
                        };
                        let mut mind = Mind {
                            task: Arc::new(map.clone()),
                            model: Box::new(model),
                            policy: Arc::new(Random { hold: 0.0 }),
                            judge: Judge { worth: value, discount: 1.0 },
                            effort: Effort {
                                thinking: thinking.parse().unwrap(),
                                budget: budget.parse().unwrap(),
                                horizon,
                                futures,
                                deadline: None,
                            },
                            price: None,
                            seed,
                        };
                        let e = episode(&mut GridWorld::new(map.clone(), slip, seed), &mut mind).unwrap();
                        won += u32::from(e.won());
                        steps += e.steps();
                        moves += e.moves.len();
                    }
                    println!(
                        "{worth} {thinking:30} b={budget:>5} won {won}/{n} moves {:.1} steps/move {:.0} {:?}",
                        moves as f64 / n as f64,
                        steps as f64 / moves as f64,
                        t.elapsed()
                    );
                }
            }
        }
    }
}
