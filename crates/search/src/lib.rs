//! Test-time search over any kind of state: propose, verify, decide.
