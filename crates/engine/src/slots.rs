//! Slots on loan: who holds what, who is using it, and what gives way to a newcomer.
//!
//! Pure data above the [`RadixTree`]. A [`Lease`] pins a slot for as long as it lives; a slot without one is *idle*
//! and keeps its content as a cache until another sequence needs the place. Nothing is computed here: what the
//! runtime must do is written down as [`Operation`]s, in order.

use crate::radix::RadixTree;
use crate::{Slot, Variant};
use deliberate_lm::Token;
use std::sync::Arc;

/// Something that the runtime must do to its slots before the next forward pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Make slot `to` hold the first `tokens` tokens of slot `from`.
    Copy {
        /// The slot to copy from.
        from: Slot,
        /// The slot whose content is replaced.
        to: Slot,
        /// How many tokens.
        tokens: usize,
    },
    /// Make a slot forget everything at or past a position.
    Truncate {
        /// The slot.
        slot: Slot,
        /// Tokens that stay.
        tokens: usize,
    },
}

/// The right to evaluate tokens in a slot; dropping it leaves the content behind as cache.
#[derive(Debug)]
pub struct Lease {
    slot: Slot,
    _pin: Arc<()>,
}

impl Lease {
    /// The slot on loan.
    pub fn slot(&self) -> Slot {
        self.slot
    }
}

/// A sequence that wants a slot.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// What it is evaluated with.
    pub variant: Variant,
    /// Everything that it will have evaluated before it can go on.
    pub tokens: &'a [Token],
    /// Tokens that may come from the cache, at most; the rest is needed for its logits.
    pub reusable: usize,
    /// Further tokens of the shared pool that must be free.
    pub headroom: usize,
}

/// All slots of a model.
#[derive(Debug)]
pub struct Slots {
    tree: RadixTree,
    pins: Vec<Arc<()>>,
    /// When a slot's content was last of use.
    used: Vec<u64>,
    now: u64,
    /// Tokens in all slots together, and how many there may be.
    held: usize,
    pool: usize,
    operations: Vec<Operation>,
}

impl Slots {
    /// Empty slots that share a pool of so many tokens.
    pub fn new(slots: u32, variants: Variant, pool: usize) -> Self {
        Self {
            tree: RadixTree::new(slots, variants),
            pins: (0..slots).map(|_| Arc::new(())).collect(),
            used: vec![0; slots as usize],
            now: 0,
            held: 0,
            pool,
            operations: Vec::new(),
        }
    }

    /// Starts a new instant, by which least recent use is told.
    pub fn tick(&mut self) {
        self.now += 1;
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.pins.len() as u32
    }

    /// Tokens that a slot holds.
    pub fn len(&self, slot: Slot) -> usize {
        self.tree.len(slot)
    }

    /// Whether nothing is held at all.
    pub fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// The content of a slot.
    pub fn tokens(&self, slot: Slot) -> Vec<Token> {
        self.tree.tokens(slot)
    }

    /// Whether a slot is on loan.
    pub fn is_leased(&self, slot: Slot) -> bool {
        Arc::strong_count(&self.pins[slot as usize]) > 1
    }

    /// Whether any slot is not on loan.
    pub fn any_idle(&self) -> bool {
        self.idle().next().is_some()
    }

    /// Tokens of the pool that are not taken.
    pub fn room(&self) -> usize {
        self.pool.saturating_sub(self.held)
    }

    /// Tokens of the longest prefix of a sequence that some slot holds.
    pub fn cached(&self, variant: Variant, tokens: &[Token]) -> usize {
        self.tree.find(variant, tokens).common
    }

    /// What the runtime has to do since the last call.
    pub fn take_operations(&mut self) -> Vec<Operation> {
        std::mem::take(&mut self.operations)
    }

    /// Notes that tokens were evaluated in a slot.
    pub fn extend(&mut self, slot: Slot, variant: Variant, tokens: &[Token]) {
        self.tree.extend(slot, variant, tokens);
        self.held += tokens.len();
        self.touch(slot);
    }

    /// Forgets a slot's tokens at or past a position, here and in the runtime.
    pub fn truncate(&mut self, slot: Slot, tokens: usize) {
        let before = self.tree.len(slot);
        if tokens < before {
            self.held -= before - tokens;
            self.tree.truncate(slot, tokens);
            self.operations.push(Operation::Truncate { slot, tokens });
        }
    }

    /// Empties a slot, whatever the runtime may have left in it.
    pub fn clear(&mut self, slot: Slot) {
        self.held -= self.tree.len(slot);
        self.tree.truncate(slot, 0);
        self.operations.push(Operation::Truncate { slot, tokens: 0 });
    }

    /// Finds a slot for a sequence and puts as much of it there as the cache has: in place if an idle slot holds
    /// nothing else, or else by a copy, or else in an empty slot. `None` if every slot is on loan or the pool is
    /// full. `near` is the range of slots that are busy already.
    pub fn acquire(&mut self, claim: Claim<'_>, near: Option<(Slot, Slot)>) -> Option<Lease> {
        let Claim { variant, tokens, reusable, headroom } = claim;
        let found = self.tree.find(variant, tokens);
        let cached = found.common.min(reusable);
        let growth = tokens.len() - cached + headroom;
        let longest =
            found.within.iter().filter(|&&(slot, _)| !self.is_leased(slot)).max_by_key(|entry| entry.1);
        if let Some(&(slot, len)) = longest
            && len.min(reusable) == cached
        {
            return self.take_over(slot, cached, growth);
        }
        if cached == 0 {
            let slot = self.victim(near, None)?;
            return self.take_over(slot, 0, growth);
        }
        // Of equal sources, an idle one: it is the one that could serve in place.
        let source = found.sources.into_iter().min_by_key(|&slot| (self.is_leased(slot), slot))?;
        self.touch(source);
        let in_use = self.is_leased(source);
        if let Some(slot) = self.victim(near, Some(source)) {
            let kept = self.lease(source);
            if let Some(lease) = self.take_over(slot, 0, growth + cached) {
                drop(kept);
                self.copy(source, slot, cached);
                return Some(lease);
            }
        }
        // No room for two: what the source holds beyond the prefix is the price.
        if in_use { None } else { self.take_over(source, cached, growth) }
    }

    /// Leases an idle slot with the first `tokens` of its content, if the pool has room for `growth` more.
    fn take_over(&mut self, slot: Slot, tokens: usize, growth: usize) -> Option<Lease> {
        let lease = self.lease(slot);
        self.truncate(slot, tokens);
        self.touch(slot);
        self.free(growth).then_some(lease)
    }

    /// Moves a sequence in use to another slot, whose content is lost; the old one is left empty and idle.
    pub fn relocate(&mut self, lease: &mut Lease, to: Slot) {
        let from = lease.slot;
        *lease = self.lease(to);
        self.shift(from, to);
    }

    /// Moves what an idle slot holds out of the way: nothing to do if another slot holds it too, or else into the
    /// idle slot that it hurts least to lose. `false`, and nothing done, if no other slot is idle.
    pub fn evacuate(&mut self, slot: Slot) -> bool {
        if self.tree.is_redundant(slot) {
            return true;
        }
        let spare = self.idle().filter(|&other| other != slot).min_by_key(|&other| self.worth(other));
        if let Some(spare) = spare {
            self.shift(slot, spare);
        }
        spare.is_some()
    }

    /// Frees tokens of the pool by cutting the tails of idle slots, least recently used first. Whether there is as
    /// much room as asked for.
    pub fn free(&mut self, tokens: usize) -> bool {
        while self.room() < tokens {
            let held = self.idle().filter(|&slot| !self.tree.is_empty(slot));
            let Some(slot) = held.min_by_key(|&slot| (self.used[slot as usize], slot)) else { return false };
            let missing = tokens - self.room();
            self.truncate(slot, self.tree.len(slot).saturating_sub(missing));
        }
        true
    }

    fn idle(&self) -> impl Iterator<Item = Slot> + '_ {
        (0..self.count()).filter(|&slot| !self.is_leased(slot))
    }

    fn lease(&self, slot: Slot) -> Lease {
        Lease { slot, _pin: Arc::clone(&self.pins[slot as usize]) }
    }

    fn touch(&mut self, slot: Slot) {
        self.used[slot as usize] = self.now;
    }

    fn copy(&mut self, from: Slot, to: Slot, tokens: usize) {
        self.held = self.held + tokens - self.tree.len(to);
        self.tree.copy(from, to, tokens);
        self.used[to as usize] = self.used[from as usize];
        self.operations.push(Operation::Copy { from, to, tokens });
    }

    /// Copies all of a slot and empties it, within the pool: the target goes first.
    fn shift(&mut self, from: Slot, to: Slot) {
        self.copy(from, to, self.tree.len(from));
        self.truncate(from, 0);
    }

    /// How much it hurts to lose what an idle slot holds: nothing, a duplicate, or something, the older the less.
    fn worth(&self, slot: Slot) -> (u8, u64, Slot) {
        let class = if self.tree.is_empty(slot) { 0 } else { 1 + u8::from(!self.tree.is_redundant(slot)) };
        (class, self.used[slot as usize], slot)
    }

    /// The idle slot to give up, an empty one close to the busy range if there is one.
    fn victim(&self, near: Option<(Slot, Slot)>, except: Option<Slot>) -> Option<Slot> {
        let distance = |slot: Slot| {
            near.map_or(slot, |(low, high)| low.saturating_sub(slot).max(slot.saturating_sub(high)))
        };
        let candidates = || self.idle().filter(|&slot| Some(slot) != except);
        candidates()
            .filter(|&slot| self.tree.is_empty(slot))
            .min_by_key(|&slot| (distance(slot), slot))
            .or_else(|| candidates().min_by_key(|&slot| self.worth(slot)))
    }
}
