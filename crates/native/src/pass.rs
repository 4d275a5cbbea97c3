//! The forward pass of some spans, all layers, on one thread or with the help of a team.

use crate::attention::{Context, attend};
use crate::lanes::{Lanes, WIDTH, flat_mut, lanes};
use crate::linear::Linear;
use crate::matrix::{Help, Target};
use crate::network::Network;
use crate::panels::Rows;
use crate::sizes::{Sizes, stride};
use crate::store::Store;
use deliberate_engine::Variant;
use deliberate_lm::Token;
use rayon::prelude::*;

/// Rows taken through the network at once: few enough for the activations to stay in the second-level cache, many
/// enough for the weights to be worth fetching. No result depends on it.
pub(crate) const ROWS: usize = 96;

/// A span and the store of its slot.
#[derive(Debug)]
pub(crate) struct Piece<'a> {
    pub(crate) store: &'a mut Store,
    pub(crate) variant: Variant,
    pub(crate) start: usize,
    pub(crate) tokens: &'a [Token],
    /// Rising indices into `tokens`.
    pub(crate) read: &'a [usize],
}

/// One token on its way.
#[derive(Debug, Clone, Copy)]
struct Row {
    piece: usize,
    position: usize,
    token: Token,
    read: bool,
}

/// What a thread works with.
#[derive(Debug)]
pub(crate) struct Scratch {
    rows: Vec<Row>,
    /// The residual stream.
    stream: Vec<Lanes>,
    normed: Vec<Lanes>,
    query_key_value: Vec<Lanes>,
    attended: Vec<Lanes>,
    gated: Vec<Lanes>,
    scores: Vec<Lanes>,
    help: Help,
}

impl Scratch {
    /// For a thread that works alone, or with `team` for one that has the help of its pool.
    pub(crate) fn new(network: &Network, team: bool) -> Self {
        let sizes = &network.sizes;
        let rows = |lanes: usize| vec![Lanes::ZERO; ROWS * lanes];
        Self {
            rows: Vec::new(),
            stream: rows(network.hidden_stride()),
            normed: rows(network.hidden_stride()),
            query_key_value: rows(fused_stride(network)),
            attended: rows(stride(sizes.query_lanes())),
            gated: rows(gated_stride(sizes)),
            scores: vec![Lanes::ZERO; sizes.heads * lanes(sizes.context)],
            help: Help::new(team),
        }
    }

    /// Evaluates spans; `logits` takes a row of [`Network::logit_lanes`] for each token read, in their order.
    pub(crate) fn run(&mut self, network: &Network, pieces: &mut [Piece<'_>], mut logits: &mut [Lanes]) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.clear();
        for (index, piece) in pieces.iter().enumerate() {
            let mut read = piece.read.iter().copied().peekable();
            rows.extend(piece.tokens.iter().enumerate().map(|(offset, &token)| Row {
                piece: index,
                position: piece.start + offset,
                token,
                read: read.next_if_eq(&offset).is_some(),
            }));
        }
        for rows in rows.chunks(ROWS) {
            self.help.adapted.set(rows.iter().map(|row| pieces[row.piece].variant));
            self.embed(network, rows);
            for layer in 0..network.blocks.len() {
                self.attention(network, layer, rows, pieces);
                self.feed_forward(network, layer, rows.len());
            }
            let read = rows.iter().filter(|row| row.read).count();
            let (these, others) = logits.split_at_mut(read * network.logit_lanes());
            self.read_out(network, rows, these);
            logits = others;
        }
        self.rows = rows;
    }

    fn embed(&mut self, network: &Network, rows: &[Row]) {
        let width = network.hidden_stride();
        for (stream, row) in self.stream.chunks_exact_mut(width).zip(rows) {
            network.embed(row.token as usize, stream);
        }
    }

    fn attention(&mut self, network: &Network, layer: usize, rows: &[Row], pieces: &mut [Piece<'_>]) {
        let sizes = &network.sizes;
        let block = &network.blocks[layer];
        let width = network.hidden_stride();
        let fused = fused_stride(network);
        let attended = stride(sizes.query_lanes());
        let used = rows.len();
        self.norm(network, &block.attention_norm, used);
        let normed = Rows { data: &self.normed[..used * width], stride: width };
        multiply_into(&block.query_key_value, normed, &mut self.help, (&mut self.query_key_value, fused));
        if !block.bias.is_empty() {
            for row in self.query_key_value.chunks_exact_mut(fused).take(used) {
                row.iter_mut().zip(&block.bias).for_each(|(value, bias)| *value = value.plus(*bias));
            }
        }
        let kv = sizes.kv_lanes();
        for (row, fused) in rows.iter().zip(self.query_key_value.chunks_exact_mut(fused)) {
            let (query, rest) = fused.split_at_mut(sizes.query_lanes());
            let (key, rest) = rest.split_at_mut(kv);
            let stored = sizes.head_lanes * WIDTH;
            let scale = 1.0 / (sizes.head as f32).sqrt();
            network.rotary.turn(flat_mut(query), stored, row.position, scale);
            network.rotary.turn(flat_mut(key), stored, row.position, 1.0);
            pieces[row.piece].store.put(sizes, (layer, row.position), key, &rest[..kv]);
        }
        let pieces = &*pieces;
        let blocks = |row: &Row| pieces[row.piece].store.blocks(row.position + 1);
        let attend =
            |index: usize, row: &Row, query: &[Lanes], scores: &mut [Lanes], result: &mut [Lanes]| {
                let next = rows.get(index + 1).filter(|next| next.piece != row.piece);
                let next = next.map_or(&[][..], blocks);
                let context = Context { layer, blocks: blocks(row), tokens: row.position + 1, next };
                attend(sizes, &query[..sizes.query_lanes()], context, scores, result);
            };
        let queries = self.query_key_value.chunks_exact(fused);
        let results = self.attended.chunks_exact_mut(attended);
        let all = rows.iter().zip(queries).zip(results).enumerate();
        if self.help.team && used > 1 {
            let all: Vec<_> = all.collect();
            let room = self.scores.len();
            all.into_par_iter().for_each_init(
                || vec![Lanes::ZERO; room],
                |scores, (index, ((row, query), result))| attend(index, row, query, scores, result),
            );
        } else {
            for (index, ((row, query), result)) in all {
                attend(index, row, query, &mut self.scores, result);
            }
        }
        let attended = Rows { data: &self.attended[..used * attended], stride: attended };
        multiply_onto(&block.attention_output, attended, &mut self.help, (&mut self.stream, width));
    }

    fn feed_forward(&mut self, network: &Network, layer: usize, used: usize) {
        let block = &network.blocks[layer];
        let width = network.hidden_stride();
        let gated = gated_stride(&network.sizes);
        self.norm(network, &block.feed_forward_norm, used);
        let normed = Rows { data: &self.normed[..used * width], stride: width };
        let to = (&mut *self.gated, gated);
        block.gate_up.multiply(normed, &mut self.help, to, &|out, panel, [gate, up]| {
            out[panel] = gate.silu().times(up);
        });
        let gated = Rows { data: &self.gated[..used * gated], stride: gated };
        multiply_onto(&block.down, gated, &mut self.help, (&mut self.stream, width));
    }

    /// Logits of the rows that are read.
    fn read_out(&mut self, network: &Network, rows: &[Row], logits: &mut [Lanes]) {
        let width = network.hidden_stride();
        let mut read = 0;
        for (index, _) in rows.iter().enumerate().filter(|(_, row)| row.read) {
            self.stream.copy_within(index * width..(index + 1) * width, read * width);
            read += 1;
        }
        self.norm(network, &network.final_norm, read);
        let out = network.logit_lanes();
        let normed = Rows { data: &self.normed[..read * width], stride: width };
        network.output.multiply(normed, &mut self.help, (logits, out), &|out, (_, panel), sums| {
            out[2 * panel..][..2].copy_from_slice(&sums);
        });
    }

    /// Divides the first rows of the stream by their root mean square.
    fn norm(&mut self, network: &Network, weights: &[Lanes], rows: usize) {
        let width = network.hidden_stride();
        let hidden = network.sizes.hidden as f32;
        let normed = self.normed.chunks_exact_mut(width);
        for (row, normed) in self.stream.chunks_exact(width).zip(normed).take(rows) {
            let squares = row.iter().fold(Lanes::ZERO, |sum, &lane| lane.times_plus(lane, sum)).sum();
            let share = Lanes::splat(1.0 / (squares / hidden + network.epsilon).sqrt());
            for ((normed, lane), weight) in normed.iter_mut().zip(row).zip(weights) {
                *normed = lane.times(share).times(*weight);
            }
        }
    }
}

fn fused_stride(network: &Network) -> usize {
    stride(network.blocks[0].query_key_value.output_lanes())
}

fn gated_stride(sizes: &Sizes) -> usize {
    stride(lanes(sizes.feed_forward))
}

fn multiply_into(matrix: &Linear, rows: Rows<'_>, help: &mut Help, to: Target<'_>) {
    matrix.multiply(rows, help, to, &|out, panel, sums| out[2 * panel..][..2].copy_from_slice(&sums));
}

fn multiply_onto(matrix: &Linear, rows: Rows<'_>, help: &mut Help, to: Target<'_>) {
    matrix.multiply(rows, help, to, &|out, panel, [left, right]| {
        let out = &mut out[2 * panel..][..2];
        out[0] = out[0].plus(left);
        out[1] = out[1].plus(right);
    });
}
