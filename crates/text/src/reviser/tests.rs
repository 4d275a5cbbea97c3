//! Facts about revising, on a simulated model.
