//! Arguments of `deliberate serve`.

use super::{EngineArgs, SearchArgs};
use clap::Args;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "\
Examples:
  deliberate serve --budget 8
  deliberate serve --server http://localhost:8000 --strategy majority --budget 16
  deliberate serve --models models.toml --listen 127.0.0.1:9000
  curl http://127.0.0.1:8787/v1/chat/completions -H 'content-type: application/json' \\
    -d '{\"model\": \"deliberate\", \"messages\": [{\"role\": \"user\", \"content\": \"What is 17 * 23?\"}]}'

A file of models names several ways to answer; what one leaves out, the flags say:

  [quick.search]
  strategy = \"majority\"
  budget = 4

  [careful.search]
  strategy = \"beam:branching=4\"
  budget = 16
  verifier = \"judge\"

A conversation goes to the model as it is, unless a prompt is named (--prompt worked): then the last message
is put as that prompt puts questions. A request may want less than its model offers:

  {\"model\": \"careful\", \"messages\": […], \"deliberate\": {\"budget\": 4, \"seconds\": 20}}";

#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    /// Ways to answer by name (TOML); by default one, `deliberate`, as the flags say. SIGHUP has the file read again.
    #[arg(long, value_name = "FILE")]
    pub(crate) models: Option<PathBuf>,
    /// Where to listen. Beyond this machine only with keys: clients show one of those that the environment's
    /// `DELIBERATE_GATEWAY_KEYS` lists, with commas between them; what a key may spend stands behind it
    /// (`KEY 600generations/hour 2000000tokens/day, OTHER-KEY`).
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    pub(crate) listen: SocketAddr,
    /// Questions that are worked on at the same time.
    #[arg(long, value_name = "N", default_value = "8")]
    pub(crate) at_once: NonZeroUsize,
    /// Questions that wait for their turn; more are told to come back.
    #[arg(long, value_name = "N", default_value = "64")]
    pub(crate) waiting: usize,
    /// Seconds for one question, from its turn on; then the best so far is the answer.
    #[arg(long, value_name = "SECONDS", default_value = "300")]
    pub(crate) seconds: std::num::NonZeroU32,
    /// Seconds that what is being answered may take when it is told to stop (SIGTERM, Ctrl-C).
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    pub(crate) grace: u32,
    /// Keep a record of every request here, a folder for each: what was asked, the answer, its bill, the search tree.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) record: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
}
