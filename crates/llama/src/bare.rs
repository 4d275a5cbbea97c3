//! A bare decode loop, the yardstick for the engine.
