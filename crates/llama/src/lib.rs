//! The llama.cpp runtime of the engine.
