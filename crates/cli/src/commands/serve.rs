//! `deliberate serve`: `OpenAI`'s protocol in front of searches.

mod aloud;
mod keep;
mod offer;
mod outcome;
mod reload;
mod watch;

use crate::args::{Global, ServeArgs};
use crate::config::flags;
use crate::exit::bad_input;
use crate::interrupt::Interrupt;
use crate::output::note;
use anyhow::{Context, anyhow};
use deliberate::{Cast, Deliberate, Loaded, ModelSettings, Options, Search, SearchOptions, Usual};
use deliberate_gateway::{Gateway, Keys, Limits, Solver, VirtualModel, serve};
use deliberate_lm::{Chat, LanguageModel, Message, Role};
use offer::{AS_IS, Offer, Offers, way};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// What clients call the way that the flags describe.
const ONLY: &str = "deliberate";
/// The environment's keys that clients show.
const KEYS: &str = "DELIBERATE_GATEWAY_KEYS";

pub(crate) fn run(args: &ServeArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let keys = std::env::var(KEYS).unwrap_or_default();
    let keys = Keys::parse(&keys).with_context(|| format!("cannot understand {KEYS}")).map_err(bad_input)?;
    if !args.listen.ip().is_loopback() && keys.is_open() {
        return Err(bad_input(anyhow!(
            "{} is open to other machines, and without keys anyone there could ask (list some in {KEYS}, or listen on \
             127.0.0.1)",
            args.listen
        )));
    }
    let limits = Limits {
        at_once: args.at_once.get(),
        waiting: args.waiting,
        deadline: Duration::from_secs(args.seconds.get().into()),
        ending: Duration::from_secs(args.grace.into()),
        ..Limits::default()
    };
    if let Some(folder) = &args.record {
        let cannot = || format!("cannot keep records in `{}`", folder.display());
        std::fs::create_dir_all(folder).with_context(cannot).map_err(bad_input)?;
    }
    super::runtime()?.block_on(async {
        let offers = opened(args, global).await?;
        let stopping = format!("stopping when all are answered, or in {} s", args.grace);
        let interrupt = Interrupt::saying(stopping);
        let cannot = || format!("cannot listen on {}", args.listen);
        let listener = TcpListener::bind(args.listen).await.with_context(cannot).map_err(bad_input)?;
        let address = listener.local_addr()?;
        tell(&offers);
        let mut gateway = Gateway::new(offers, limits, keys);
        if let Some(folder) = &args.record {
            gateway = gateway.recording(folder.clone());
        }
        let gateway = Arc::new(gateway);
        if args.models.is_some() {
            reload::on_hangup(Arc::clone(&gateway), args, global);
        }
        note(format_args!("listening on http://{address}/v1 (a page to ask on is at http://{address})"));
        serve(listener, gateway, interrupt.signal.clone()).await;
        Ok(ExitCode::SUCCESS)
    })
}

/// All ways to answer, with their models open. Reading models blocks the thread.
async fn opened(args: &ServeArgs, global: &Global) -> anyhow::Result<Offers> {
    let offered: Vec<Offered> = ways(args, global)?
        .into_iter()
        .map(|(name, options)| {
            let search =
                Search::resolve(options.search.clone()).with_context(|| format!("model `{name}`"))?;
            Ok(Offered {
                name,
                options: options.search,
                search,
                settings: ModelSettings::resolve(options.models),
            })
        })
        .collect::<anyhow::Result<_>>()
        .map_err(bad_input)?;
    for Offered { settings, .. } in &offered {
        super::models::fetch_default(settings, global)?;
    }
    let searches: Vec<[&Search; 1]> = offered.iter().map(|offered| [&offered.search]).collect();
    let casts = offered.iter().zip(&searches).map(|(Offered { settings, .. }, searches)| Cast {
        settings,
        searches,
        questions: args.at_once.get(),
    });
    let casts: Vec<Cast<'_>> = casts.collect();
    let loaded = Loaded::open_all(&casts).await?;
    let (mut models, mut all) = (Vec::new(), Vec::new());
    for (Offered { name, options, search, .. }, loaded) in offered.iter().zip(loaded) {
        let deliberate = Deliberate::new(search.clone(), loaded, None).await?;
        super::warn(deliberate.warnings());
        if search.prompt == AS_IS && !converses(&deliberate).await {
            note(format_args!(
                "warning: `{name}` continues texts (/v1/completions) and refuses conversations, for its model's file holds no \
                 template of chats (--prompt lab, or another prompt of plain text, puts questions to it)"
            ));
        }
        let about = format!("{} of {}", way(search), deliberate.models().proposer.name);
        models.push(VirtualModel { name: name.clone(), about });
        all.push(Offer { options: options.clone(), deliberate });
    }
    Ok(Offers { models, all })
}

/// Whether conversations can be put to the proposer as they are.
async fn converses(deliberate: &Deliberate) -> bool {
    let hello = Chat::from(vec![Message::new(Role::User, "Hello.")]);
    deliberate.models().proposer.model.render(&hello).await.is_ok()
}

/// Says what is offered.
fn tell(offers: &Offers) {
    for VirtualModel { name, about } in offers.models() {
        note(format_args!("model `{name}`: {about}"));
    }
}

/// A way to answer, before its models are open.
struct Offered {
    name: String,
    options: SearchOptions,
    search: Search,
    settings: ModelSettings,
}

/// The ways to answer by name, each as its own settings over the flags.
fn ways(args: &ServeArgs, global: &Global) -> anyhow::Result<Vec<(String, Options)>> {
    let mut own: BTreeMap<String, Options> = BTreeMap::new();
    match &args.models {
        None => drop(own.insert(ONLY.to_owned(), Options::default())),
        Some(path) => {
            let cannot = || format!("cannot understand the models of `{}`", path.display());
            let text = std::fs::read_to_string(path).with_context(cannot).map_err(bad_input)?;
            own = toml::from_str(&text).with_context(cannot).map_err(bad_input)?;
            if own.is_empty() {
                return Err(bad_input(anyhow!("`{}` names no model", path.display())));
            }
        }
    }
    let file = Options::read(global.config.as_deref())?;
    let flags = flags(args.search.clone(), args.engine.clone());
    let settle = |(name, options): (String, Options)| {
        let mut options = options.over(flags.clone()).over(file.clone());
        // Conversations bring their own instructions, unless somebody says otherwise.
        options.search.prompt.get_or_insert_with(|| AS_IS.to_owned());
        Ok((name, options.completed(Usual::Base)?))
    };
    own.into_iter().map(settle).collect()
}
