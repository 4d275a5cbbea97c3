//! The process-wide state of llama.cpp: initialised once, its log lines turned into `tracing` events.

use crate::error::LoadError;
use llama_cpp_2::llama_backend::LlamaBackend;
use std::collections::VecDeque;
use std::ffi::{CStr, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Lines kept to explain a failure.
const KEPT: usize = 4;

#[derive(Default)]
struct Lines {
    /// A line that was not ended yet.
    open: String,
    /// The last warnings and errors.
    complaints: VecDeque<String>,
}

static LINES: Mutex<Option<Lines>> = Mutex::new(None);

/// The backend, initialised by the first caller and never freed.
pub(crate) fn backend() -> Result<&'static LlamaBackend, LoadError> {
    static BACKEND: OnceLock<Option<LlamaBackend>> = OnceLock::new();
    BACKEND
        .get_or_init(|| {
            // SAFETY: `receive` has the signature that llama.cpp asks for, lives as long as the process, never
            // unwinds and does not use its data pointer. (Setting it covers ggml, too.)
            unsafe { llama_cpp_sys_2::llama_log_set(Some(receive), std::ptr::null_mut()) };
            LlamaBackend::init().ok()
        })
        .as_ref()
        .ok_or(LoadError::Backend)
}

/// Takes the last complaints of llama.cpp, for an error message.
pub(crate) fn complaints() -> String {
    let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let lines: Vec<String> = lines.get_or_insert_default().complaints.drain(..).collect();
    if lines.is_empty() { "llama.cpp gave no reason".to_owned() } else { lines.join("; ") }
}

unsafe extern "C" fn receive(level: llama_cpp_sys_2::ggml_log_level, text: *const c_char, _: *mut c_void) {
    if text.is_null() {
        return;
    }
    // SAFETY: llama.cpp passes a NUL-terminated string that lives for the duration of the call.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    // A subscriber may panic; that must not unwind into C++. Losing a log line is all that happens.
    let _ = catch_unwind(AssertUnwindSafe(|| record(level, &text)));
}

fn record(level: llama_cpp_sys_2::ggml_log_level, text: &str) {
    let mut finished = Vec::new();
    {
        let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = lines.get_or_insert_default();
        lines.open.push_str(text);
        while let Some(end) = lines.open.find('\n') {
            let rest = lines.open.split_off(end + 1);
            let line = std::mem::replace(&mut lines.open, rest);
            let line = line.trim().to_owned();
            if line.is_empty() {
                continue;
            }
            if matches!(level, llama_cpp_sys_2::GGML_LOG_LEVEL_WARN | llama_cpp_sys_2::GGML_LOG_LEVEL_ERROR) {
                lines.complaints.push_back(line.clone());
                if lines.complaints.len() > KEPT {
                    lines.complaints.pop_front();
                }
            }
            finished.push(line);
        }
    }
    for line in finished {
        tracing::debug!(target: "llama.cpp", "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_complaints_kept() {
        let error = llama_cpp_sys_2::GGML_LOG_LEVEL_ERROR;
        let continued = llama_cpp_sys_2::GGML_LOG_LEVEL_CONT;
        let _ = complaints();
        for number in 0..9 {
            record(error, &format!("bad {number}\n"));
        }
        record(continued, "loading ");
        record(continued, "...\n");
        assert_eq!(complaints(), "bad 5; bad 6; bad 7; bad 8");
        assert_eq!(complaints(), "llama.cpp gave no reason");
    }
}
