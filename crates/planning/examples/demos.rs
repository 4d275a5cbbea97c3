//! trial of demos
use deliberate_planning::pushing::*;
use deliberate_planning::*;
use std::sync::Arc;
fn main() {
    let n: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    let mind = |seed: u64, thinking: &str, budget, policy: Arc<dyn Policy<Table>>| Mind {
        task: Arc::new(Table),
        model: Box::new(Physics::hidden(seed)),
        policy,
        judge: Judge { worth: Arc::new(Nearness), discount: 0.99 },
        effort: Effort {
            thinking: thinking.parse().unwrap(),
            budget,
            horizon: 8,
            futures: 1,
            deadline: None,
        },
        price: None,
        seed,
    };
    let mut demos = Vec::new();
    let mut seed = 5000;
    while demos.len() < 10 {
        seed += 1;
        let e =
            episode(&mut PushWorld::new(seed), &mut mind(seed, "cem", 512, Arc::new(Random { hold: 0.8 })))
                .unwrap();
        println!("demo {seed} {} moves", e.moves.len());
        if e.won() {
            demos.push(e);
        }
    }
    let demos = Demonstrations::of(&demos);
    for k in [1usize, 3, 10] {
        let d = demos.first(k);
        for name in ["replay", "clone", "knn"] {
            for (thinking, budget) in
                [("reflex", 0), ("best-of-n", 16), ("best-of-n", 32), ("best-of-n", 128), ("cem", 128)]
            {
                if name == "replay" && thinking != "reflex" {
                    continue;
                }
                let (mut won, mut off) = (0, 0);
                for seed in 1000..1000 + n {
                    let hold = Random { hold: 0.8 };
                    let policy: Arc<dyn Policy<Table>> = match name {
                        "replay" => Arc::new(Replay::new(&d, &Table::begin(seed))),
                        "clone" => {
                            if thinking == "reflex" {
                                Arc::new(Cloned::fit(&d))
                            } else {
                                Arc::new(Curious { policy: Cloned::fit(&d), random: 0.3, otherwise: hold })
                            }
                        }
                        _ => {
                            if thinking == "reflex" {
                                Arc::new(Retrieval::new(&d, 3))
                            } else {
                                Arc::new(Curious {
                                    policy: Retrieval::new(&d, 3),
                                    random: 0.3,
                                    otherwise: hold,
                                })
                            }
                        }
                    };
                    let e = episode(&mut PushWorld::new(seed), &mut mind(seed, thinking, budget, policy))
                        .unwrap();
                    won += u32::from(e.won());
                    off += u32::from(!e.won() && e.last.left > 0);
                }
                println!("{k} {name} {thinking} {budget}: won {won}/{n} off {off}");
            }
        }
    }
}
