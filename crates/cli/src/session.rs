//! Opens the models of a command and composes the roles around them.

use crate::backend::Backend;
use crate::config::{EngineSettings, Search};
use crate::exit::bad_input;
use crate::obey::asked;
use crate::open::{Files, Served, Wanted, open};
use anyhow::{Context, anyhow};
use deliberate_lm::LanguageModel;
use deliberate_models::Models;
use deliberate_remote::{Address, Key};
use deliberate_search::strategies::Needs;
use deliberate_search::{Settings, question_seed};
use deliberate_text::{Domain, DomainSettings, Prompt, PromptKind, TextReviser, Trace, VerifierSpec};
use serde_json::{Value, json};
use std::num::NonZeroU32;

/// Whole solutions in one call: what an interruption loses. The engine shares the prompt between calls.
const PART: NonZeroU32 = NonZeroU32::MIN;
/// The same where a server draws.
const SERVED_PART: NonZeroU32 = NonZeroU32::new(4).unwrap();

/// How one question is searched with these settings. Its dice are its own: they follow from the run's seed and from
/// `question`, which is its id in a dataset, and its words where it has none.
pub(crate) fn search_settings(search: &Search, loaded: &Loaded, question: &str) -> Settings<Trace> {
    // A server shares the prompt within a call, so its parts are larger.
    let part = if loaded.proposer.model.engine().is_some() { PART } else { SERVED_PART };
    Settings { part: Some(part), ..Settings::new(search.budget, question_seed(search.seed, question)) }
}

/// The models of a command: they compute in turn and share one memory budget. A file named twice is loaded once.
pub(crate) struct Loaded {
    pub(crate) proposer: Served,
    /// Who scores, where the verifier calls a model.
    verifier: Served,
    /// Who scores where the strategy revises.
    revision_verifier: Served,
    /// Who revises, where the strategy asks for it.
    reviser: Served,
}

/// Which models besides the proposer a search asks.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    verifier: bool,
    revision_verifier: bool,
    reviser: bool,
}

impl Asked {
    fn by(search: &Search) -> Self {
        let Needs { verifier, reviser } = search.strategy.needs();
        let revision = search.revision_verifier.as_ref().filter(|_| reviser);
        Self {
            verifier: verifier && revision.is_none() && search.verifier.needs_model(),
            revision_verifier: verifier && revision.is_some_and(VerifierSpec::needs_model),
            reviser,
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            verifier: self.verifier || other.verifier,
            revision_verifier: self.revision_verifier || other.revision_verifier,
            reviser: self.reviser || other.reviser,
        }
    }
}

/// Models that work together, as some settings name them, and what they are asked.
pub(crate) struct Cast<'a> {
    pub(crate) settings: &'a EngineSettings,
    pub(crate) searches: &'a [&'a Search],
    /// Questions that are worked on at the same time.
    pub(crate) questions: usize,
}

impl Cast<'_> {
    /// Sequences that are drawn at the same time, where a budget bounds them.
    fn at_once(&self) -> Option<u32> {
        let generations = self.searches.iter().map(|search| search.budget.generations);
        let most = generations.collect::<Option<Vec<u32>>>()?.into_iter().max()?;
        Some(most.saturating_mul(u32::try_from(self.questions).unwrap_or(u32::MAX)))
    }

    /// The models' files by their roles: the proposer, who is the default model where none is named and does what no other
    /// model is named for, the verifier, that of revisions, the reviser.
    fn files(&self, models: &Models) -> anyhow::Result<[Option<Wanted>; 4]> {
        let asked = self.searches.iter().map(|search| Asked::by(search)).fold(Asked::default(), Asked::or);
        let EngineSettings { model, verifier_model, revision_verifier_model, reviser_model, .. } =
            self.settings;
        let EngineSettings { server, verifier_server, reviser_server, .. } = self.settings;
        let role = |server: &Option<String>, model: Option<&String>| match server {
            Some(server) => {
                let address = address(server, model)?;
                // The key is that of the proposer's server, and of nobody else.
                let own = self.settings.server.as_ref() == Some(server) || self.settings.server.is_none();
                Ok(Some(Wanted::Server(if own { address } else { address.with_key(None) })))
            }
            None => model.map(|name| wanted(models, name)).transpose(),
        };
        let proposer = model.as_ref().or_else(|| server.is_none().then_some(&models.catalogue().default));
        let revision_verifier = revision_verifier_model.as_ref().or(verifier_model.as_ref());
        Ok([
            role(server, proposer)?,
            if asked.verifier { role(verifier_server, verifier_model.as_ref()) } else { Ok(None) }?,
            if asked.revision_verifier { role(verifier_server, revision_verifier) } else { Ok(None) }?,
            if asked.reviser { role(reviser_server, reviser_model.as_ref()) } else { Ok(None) }?,
        ])
    }
}

impl Loaded {
    /// Opens the models that the settings name, as far as these searches ask them.
    pub(crate) fn open(cast: &Cast<'_>) -> anyhow::Result<Self> {
        Ok(Self::open_all(std::slice::from_ref(cast))?.remove(0))
    }

    /// Opens all models of a command at once, because they share one memory and compute in turn. A file that is named
    /// twice is loaded once. What memory there is and what the models may take is said by the first cast.
    pub(crate) fn open_all(casts: &[Cast<'_>]) -> anyhow::Result<Vec<Self>> {
        let models = Models::from_env().map_err(bad_input)?;
        let mut files: Vec<Wanted> = Vec::new();
        let mut place = |wanted: Wanted| {
            files.iter().position(|known| same(known, &wanted)).unwrap_or_else(|| {
                files.push(wanted);
                files.len() - 1
            })
        };
        let mut places = Vec::new();
        for cast in casts {
            let [proposer, others @ ..] = cast.files(&models)?;
            let proposer = place(proposer.expect("a proposer is always named"));
            places.push((proposer, others.map(|other| other.map_or(proposer, &mut place))));
        }
        let at_once: Option<Vec<u32>> = casts.iter().map(Cast::at_once).collect();
        let at_once = at_once.and_then(|all| all.into_iter().max());
        let Some(first) = casts.first() else { return Ok(Vec::new()) };
        let served = open(&files, first.settings, at_once)?;
        let loaded = |(proposer, others): (usize, [usize; 3])| {
            let [verifier, revision_verifier, reviser] = others.map(|place| served[place].clone());
            Self { proposer: served[proposer].clone(), verifier, revision_verifier, reviser }
        };
        Ok(places.into_iter().map(loaded).collect())
    }

    /// Who scores in a search, and the model that it does so with.
    fn scoring<'a>(&'a self, search: &'a Search) -> (&'a VerifierSpec, &'a Served) {
        match &search.revision_verifier {
            Some(spec) if search.strategy.needs().reviser => (spec, &self.revision_verifier),
            _ => (&search.verifier, &self.verifier),
        }
    }

    /// Whether a policy knows these models.
    pub(crate) fn check(&self, search: &Search) -> anyhow::Result<()> {
        let sizes = self.proposer.model.facts().architecture;
        if search.budget.flops.is_some() && sizes.is_none() {
            return Err(bad_input(anyhow!(
                "nobody knows what `{}` costs in operations: its server does not tell its size (give a budget in tokens)",
                self.proposer.name
            )));
        }
        let Some(policy) = &search.policy else { return Ok(()) };
        let now = asked(&serde_json::to_value(search)?, &self.provenance(search));
        policy.check(&self.proposer.name, &search.verifier.to_string(), &now)
    }

    /// The tokens of the proposer as text, special ones as their markers.
    pub(crate) fn spelled(&self, tokens: &[u32]) -> String {
        let piece = |&token: &u32| self.proposer.model.piece(token).unwrap_or_default();
        let bytes: Vec<u8> = tokens.iter().flat_map(piece).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What the results depend on besides the search settings.
    pub(crate) fn provenance(&self, search: &Search) -> Value {
        let mut all = json!({"proposer": self.proposer.provenance});
        let Needs { verifier, reviser } = search.strategy.needs();
        let (spec, model) = self.scoring(search);
        if verifier && spec.needs_model() {
            all["verifier"] = model.provenance.clone();
        }
        if reviser {
            all["reviser"] = self.reviser.provenance.clone();
        }
        all
    }

    /// The roles that a search needs, around these models.
    pub(crate) async fn domain(&self, search: &Search) -> anyhow::Result<Domain<Backend>> {
        let settings = DomainSettings {
            prompt: search.prompt.clone(),
            sampling: search.sampling,
            step_tokens: search.max_tokens,
            answer_tokens: search.max_tokens,
            steps: search.steps.clone(),
        };
        let engine = &self.proposer.model;
        let domain = Domain::new(engine.clone(), &settings).map_err(bad_input)?;
        let Needs { verifier, reviser } = search.strategy.needs();
        let domain = if verifier {
            let (spec, model) = self.scoring(search);
            let verifier = spec.build(model.model.clone(), engine.facts()).await.map_err(bad_input)?;
            domain.with_verifier(verifier)
        } else {
            domain
        };
        if !reviser {
            return Ok(domain);
        }
        let model = &self.reviser.model;
        if !model.facts().shares_tokens(engine.facts()) {
            return Err(bad_input(anyhow::anyhow!(
                "the reviser `{}` writes other tokens than the proposer `{}` (choose models of one vocabulary)",
                model.facts().name,
                engine.facts().name
            )));
        }
        let prompt = Prompt::load_for(domain.prompt().reviser(), PromptKind::Revise).map_err(bad_input)?;
        let draw = settings.draw_settings(domain.prompt());
        let reviser = TextReviser::new(model.clone(), prompt, None, draw).await.map_err(bad_input)?;
        Ok(domain.with_reviser(reviser))
    }
}

/// Whether two mean the same model.
fn same(left: &Wanted, right: &Wanted) -> bool {
    match (left, right) {
        (Wanted::File(left), Wanted::File(right)) => {
            (&left.file.path, &left.adapter) == (&right.file.path, &right.adapter)
        }
        (Wanted::Server(left), Wanted::Server(right)) => left == right,
        _ => false,
    }
}

/// The environment's key for servers.
const KEY: &str = "DELIBERATE_API_KEY";

/// A model of a server, with the key that the environment has for it.
pub(crate) fn address(server: &str, model: Option<&String>) -> anyhow::Result<Address> {
    let key = std::env::var(KEY).ok().filter(|key| !key.trim().is_empty()).map(|key| Key::new(&key));
    let address = Address::parse(server).map_err(bad_input)?;
    Ok(address.with_model(model.cloned()).with_key(key))
}

/// The files of a model that is named with or without an adapter.
fn wanted(models: &Models, name: &str) -> anyhow::Result<Wanted> {
    let (base, adapter) = models.split(name);
    let file = models.resolve(base).map_err(bad_input)?;
    let of = |adapter: &str| {
        models.resolve(adapter).with_context(|| {
            format!("there is no adapter `{adapter}` for `{base}` (`deliberate tune --lora` writes one as `adapter.gguf`)")
        })
    };
    Ok(Wanted::File(Files { file, adapter: adapter.map(of).transpose().map_err(bad_input)? }))
}
