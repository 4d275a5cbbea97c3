//! One memory budget for several models: plain accounting, no allocation.

use std::sync::{Arc, Mutex, PoisonError};

/// Why a model got no memory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// The weights and the fewest slots do not fit what is left.
    #[error(
        "model `{model}` needs {needed} bytes ({weights} for weights, {slots} slots of {slot_bytes}) but {left} of \
         {budget} are left (raise the memory, lower the context or the slots, or load fewer models)"
    )]
    TooSmall {
        /// The model's name.
        model: String,
        /// Bytes that it needs at least.
        needed: u64,
        /// Of which for weights.
        weights: u64,
        /// The fewest slots that it can do with.
        slots: u32,
        /// Bytes of one slot.
        slot_bytes: u64,
        /// Bytes not granted to anyone.
        left: u64,
        /// Bytes of the whole budget.
        budget: u64,
    },
}

/// What a model asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryRequest {
    /// Its name.
    pub model: String,
    /// Bytes of weights and working buffers.
    pub weight_bytes: u64,
    /// Key-value bytes of a token.
    pub kv_bytes_per_token: u64,
    /// Tokens of a slot.
    pub slot_tokens: u64,
    /// Slots that it would like.
    pub slots: u32,
    /// Slots that it can do with.
    pub least_slots: u32,
}

/// Bytes that models share; clones are the same budget.
#[derive(Debug, Clone)]
pub struct MemoryBudget {
    bytes: u64,
    left: Arc<Mutex<u64>>,
}

/// A model's part of the budget, given back when dropped.
#[derive(Debug)]
pub struct MemoryGrant {
    slots: u32,
    bytes: u64,
    left: Arc<Mutex<u64>>,
}

impl MemoryBudget {
    /// A budget of so many bytes, all of them free.
    pub fn new(bytes: u64) -> Self {
        Self { bytes, left: Arc::new(Mutex::new(bytes)) }
    }

    /// Bytes not granted to anyone.
    pub fn left(&self) -> u64 {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Grants a model its weights and as many of the slots that it would like as fit.
    ///
    /// # Errors
    /// [`MemoryError::TooSmall`] if not even the fewest slots fit.
    pub fn grant(&self, request: &MemoryRequest) -> Result<MemoryGrant, MemoryError> {
        let slot_bytes = request.kv_bytes_per_token.saturating_mul(request.slot_tokens);
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let for_slots = left.checked_sub(request.weight_bytes);
        let fitting = for_slots.map(|bytes| bytes.checked_div(slot_bytes).unwrap_or(u64::MAX));
        let slots = fitting.map_or(0, |fitting| fitting.min(u64::from(request.slots)) as u32);
        if for_slots.is_none() || slots < request.least_slots.max(1) {
            let slots = request.least_slots.max(1);
            return Err(MemoryError::TooSmall {
                model: request.model.clone(),
                needed: request.weight_bytes.saturating_add(slot_bytes.saturating_mul(slots.into())),
                weights: request.weight_bytes,
                slots,
                slot_bytes,
                left: *left,
                budget: self.bytes,
            });
        }
        let bytes = request.weight_bytes + slot_bytes * u64::from(slots);
        *left -= bytes;
        Ok(MemoryGrant { slots, bytes, left: Arc::clone(&self.left) })
    }
}

impl MemoryGrant {
    /// Slots granted.
    pub fn slots(&self) -> u32 {
        self.slots
    }

    /// Bytes granted.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for MemoryGrant {
    fn drop(&mut self) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) += self.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(model: &str, slots: u32) -> MemoryRequest {
        MemoryRequest {
            model: model.into(),
            weight_bytes: 100,
            kv_bytes_per_token: 2,
            slot_tokens: 10,
            slots,
            least_slots: 2,
        }
    }

    #[test]
    fn slots_are_granted_as_far_as_they_fit_and_come_back() {
        let budget = MemoryBudget::new(400);
        let first = budget.grant(&request("proposer", 8)).unwrap();
        assert_eq!((first.slots(), first.bytes(), budget.left()), (8, 260, 140));
        let second = budget.grant(&request("verifier", 8)).unwrap();
        assert_eq!((second.slots(), budget.left()), (2, 0));
        drop(first);
        assert_eq!(budget.left(), 260);
    }

    #[test]
    fn a_model_that_does_not_fit_is_named_with_a_way_out() {
        let budget = MemoryBudget::new(130);
        let message = budget.grant(&request("verifier", 8)).unwrap_err().to_string();
        assert_eq!(
            message,
            "model `verifier` needs 140 bytes (100 for weights, 2 slots of 20) but 130 of 130 are left (raise \
             the memory, lower the context or the slots, or load fewer models)"
        );
        assert!(MemoryBudget::new(50).grant(&request("proposer", 1)).is_err());
    }
}
