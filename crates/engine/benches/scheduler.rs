//! Planning and booking of a batch, without a model. Items are tokens in the batch.
#![allow(missing_docs, reason = "a bench has no interface")]

use deliberate_engine::Capacity;
use deliberate_engine::scheduler::{Batch, Purpose, Scheduler, SequenceId};
use deliberate_lm::Architecture;
use divan::Bencher;
use divan::counter::ItemsCount;

fn main() {
    divan::main();
}

fn settle(scheduler: &mut Scheduler, batch: &Batch) {
    scheduler.evaluated(batch);
    for row in &batch.rows {
        if let Purpose::Draw(request, samples) = row.purpose.clone() {
            for sample in samples {
                scheduler.push(SequenceId { request, sample }, 5 + sample);
            }
        }
    }
}

/// All slots busy drawing, samples of a few requests.
fn decoding(slots: u32) -> Scheduler {
    let capacity = Capacity {
        slots,
        slot_tokens: 10_000_000,
        total_tokens: usize::MAX,
        batch_tokens: 512,
        kv_bytes_per_token: 1,
    };
    let shape = Architecture { parameters: 1_000_000, layers: 4, attention_width: 64 };
    let mut scheduler = Scheduler::new(capacity, 1, shape);
    for request in 0..4 {
        scheduler.generate(0, (0..400).map(|token| token + request).collect(), slots / 4);
    }
    while scheduler.active() < slots as usize || scheduler.pending() > 0 {
        let batch = scheduler.next().expect("there is work");
        settle(&mut scheduler, &batch);
    }
    scheduler
}

#[divan::bench(args = [16, 64, 256])]
fn one_decode_batch(bencher: Bencher, slots: u32) {
    let mut scheduler = decoding(slots);
    bencher.counter(ItemsCount::new(slots)).bench_local(|| {
        let batch = scheduler.next().expect("there is work");
        settle(&mut scheduler, &batch);
    });
}

#[divan::bench(args = [16, 64, 256])]
fn one_decode_batch_with_a_thousand_waiting(bencher: Bencher, slots: u32) {
    let mut scheduler = decoding(slots);
    for request in 0..1000 {
        scheduler.generate(0, (0..100).map(|token| token * request).collect(), 4);
    }
    bencher.counter(ItemsCount::new(slots)).bench_local(|| {
        let batch = scheduler.next().expect("there is work");
        settle(&mut scheduler, &batch);
    });
}
