//! Opens the models that work together and composes the roles around them.

use crate::backend::Backend;
use crate::error::Error;
use crate::models::ModelSettings;
use crate::obeyed::asked;
use crate::open::{Files, Served, Wanted, open};
use crate::resolved::Search;
use crate::team;
use deliberate_lm::LanguageModel;
use deliberate_models::{ModelFile, Models};
use deliberate_remote::{Address, Key};
use deliberate_search::strategies::Needs;
use deliberate_search::{Settings, question_seed};
use deliberate_text::{Domain, DomainSettings, Layout, Prompt, PromptKind, TextReviser, Trace, VerifierSpec};
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

/// Models that are ready, by their roles. Those that were opened together compute in turn and share one memory budget.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Who draws.
    pub proposer: Served,
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
        let Needs { verifier, reviser, .. } = search.strategy.needs();
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
#[derive(Debug, Clone, Copy)]
pub struct Cast<'a> {
    /// Which models.
    pub settings: &'a ModelSettings,
    /// All searches that they are opened for.
    pub searches: &'a [&'a Search],
    /// Questions that are worked on at the same time.
    pub questions: usize,
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
    fn files(&self, models: &Models) -> Result<[Option<Wanted>; 4], Error> {
        let asked = self.searches.iter().map(|search| Asked::by(search)).fold(Asked::default(), Asked::or);
        let ModelSettings { model, verifier_model, revision_verifier_model, reviser_model, .. } =
            self.settings;
        let ModelSettings { server, verifier_server, reviser_server, .. } = self.settings;
        let role = |servers: &Option<Vec<String>>, model: Option<&String>| match servers {
            Some(servers) => {
                let own = |text| server.as_ref().is_none_or(|own| own.contains(text));
                let addresses = servers.iter().map(|text| {
                    let address = address(text, model)?;
                    // The key is that of the proposer's servers, and of nobody else.
                    Ok(if own(text) { address } else { address.with_key(None) })
                });
                Ok(Some(Wanted::Servers(addresses.collect::<Result<_, Error>>()?)))
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
    ///
    /// # Errors
    /// [`Error`] for a model or a server that is not there or cannot be used.
    pub async fn open(cast: &Cast<'_>) -> Result<Self, Error> {
        Ok(Self::open_all(std::slice::from_ref(cast)).await?.remove(0))
    }

    /// Opens several casts at once, because they share one memory and compute in turn. A file that is named twice is loaded
    /// once. What memory there is and what the models may take is said by the first cast. Reading files blocks the thread.
    ///
    /// # Errors
    /// As [`Loaded::open`].
    pub async fn open_all(casts: &[Cast<'_>]) -> Result<Vec<Self>, Error> {
        let models = Models::from_env()?;
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
        let served = open(&files, first.settings, at_once).await?;
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

    /// Refuses what these models cannot do for a search, and says what is odd: about the files, the servers, and a policy that
    /// was fitted on others.
    ///
    /// # Errors
    /// [`Error::UnknownSize`] for a budget that nobody can count, [`Error::PolicyVerifier`] for scores that the policy does
    /// not know.
    pub fn check(&self, search: &Search) -> Result<Vec<String>, Error> {
        let sizes = self.proposer.model.facts().architecture;
        if search.budget.flops.is_some() && sizes.is_none() {
            return Err(Error::UnknownSize { model: self.proposer.name.clone() });
        }
        let mut warnings = self.warnings();
        if let Some(policy) = &search.policy {
            let search_json = serde_json::to_value(search).expect("a search is data");
            let now = asked(&search_json, &self.provenance(search));
            warnings.extend(policy.check(&self.proposer.name, &search.verifier.to_string(), &now)?);
        }
        Ok(warnings)
    }

    /// What is odd about the models, each once.
    pub fn warnings(&self) -> Vec<String> {
        let all = [&self.proposer, &self.verifier, &self.revision_verifier, &self.reviser];
        let mut warnings: Vec<String> = Vec::new();
        for warning in all.iter().flat_map(|served| &served.warnings) {
            if !warnings.contains(warning) {
                warnings.push(warning.clone());
            }
        }
        warnings
    }

    /// The tokens of the proposer as text, special ones as their markers.
    pub fn spelled(&self, tokens: &[u32]) -> String {
        let piece = |&token: &u32| self.proposer.model.piece(token).unwrap_or_default();
        let bytes: Vec<u8> = tokens.iter().flat_map(piece).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What the results depend on besides the search settings.
    pub fn provenance(&self, search: &Search) -> Value {
        let mut all = json!({"proposer": self.proposer.provenance});
        let Needs { verifier, reviser, .. } = search.strategy.needs();
        let (spec, model) = self.scoring(search);
        if verifier && spec.needs_model() {
            all["verifier"] = model.provenance.clone();
        }
        if reviser {
            all["reviser"] = self.reviser.provenance.clone();
        }
        all
    }

    /// Refuses what an endpoint for conversations cannot do.
    fn answers_whole(&self, search: &Search, steps: bool, layout: Layout) -> Result<(), Error> {
        let model = || self.proposer.name.clone();
        if steps {
            return Err(Error::WholeAnswers { model: model(), strategy: search.strategy.name().to_owned() });
        }
        match layout {
            Layout::Chat => Ok(()),
            Layout::Plain => Err(Error::Conversations { model: model(), prompt: search.prompt.clone() }),
        }
    }

    /// The roles that a search needs, around these models.
    ///
    /// # Errors
    /// [`Error`] for a prompt that cannot be used, and for roles that these models cannot take.
    pub async fn domain(&self, search: &Search) -> Result<Domain<Backend>, Error> {
        let settings = DomainSettings {
            prompt: search.prompt.clone(),
            sampling: search.sampling,
            step_tokens: search.max_tokens,
            answer_tokens: search.max_tokens,
            steps: search.steps.clone(),
            stop: search.stop.clone(),
        };
        let proposer = &self.proposer.model;
        writes(proposer)?;
        let domain = Domain::new(proposer.clone(), &settings)?;
        let Needs { steps, verifier, reviser } = search.strategy.needs();
        if !proposer.facts().abilities.continues {
            self.answers_whole(search, steps, domain.prompt().layout())?;
        }
        let domain = if verifier {
            let (spec, model) = self.scoring(search);
            domain.with_verifier(spec.build(model.model.clone(), proposer.facts()).await?)
        } else {
            domain
        };
        if !reviser {
            return Ok(domain);
        }
        let model = &self.reviser.model;
        writes(model)?;
        if !model.facts().shares_tokens(proposer.facts()) {
            return Err(Error::OtherTokens {
                reviser: model.facts().name.clone(),
                proposer: proposer.facts().name.clone(),
            });
        }
        let prompt = Prompt::load_for(domain.prompt().reviser(), PromptKind::Revise)?;
        let draw = settings.draw_settings(domain.prompt());
        let reviser = TextReviser::new(model.clone(), prompt, None, draw).await?;
        Ok(domain.with_reviser(reviser))
    }
}

/// Refuses a reward model where one that writes is wanted.
fn writes(model: &Backend) -> Result<(), Error> {
    match model {
        Backend::Reward(_) => Err(Error::WritesNothing { model: model.facts().name.clone() }),
        _ => Ok(()),
    }
}

/// Whether two mean the same model.
fn same(left: &Wanted, right: &Wanted) -> bool {
    match (left, right) {
        (Wanted::File(left), Wanted::File(right)) => {
            (&left.file.path, &left.adapter) == (&right.file.path, &right.adapter)
        }
        (Wanted::Servers(left), Wanted::Servers(right)) => left == right,
        _ => false,
    }
}

/// The environment's key for servers.
const KEY: &str = "DELIBERATE_API_KEY";

/// A model of a server, with the key that the environment has for it (`DELIBERATE_API_KEY`).
///
/// # Errors
/// [`Error::Address`] for what is none.
pub fn address(server: &str, model: Option<&String>) -> Result<Address, Error> {
    let key = std::env::var(KEY).ok().filter(|key| !key.trim().is_empty()).map(|key| Key::new(&key));
    Ok(Address::parse(server)?.with_model(model.cloned()).with_key(key))
}

/// A model that is named with or without an adapter.
fn wanted(models: &Models, name: &str) -> Result<Wanted, Error> {
    let (file, adapter) = files(models, name)?;
    Ok(Wanted::File(Box::new(Files { file, adapter })))
}

/// The file of a model, and that of the adapter which its name carries (`MODEL+ADAPTER`). A team's name stands for its proposer.
///
/// # Errors
/// [`Error::Model`] and [`Error::Adapter`] for what is not here or is no model.
pub fn files(models: &Models, name: &str) -> Result<(ModelFile, Option<ModelFile>), Error> {
    let (base, adapter) = models.split(name);
    let proposer = team::proposer(base);
    let file = models.resolve(proposer.as_deref().unwrap_or(base))?;
    let of = |adapter: &str| {
        let (adapter, base) = (adapter.to_owned(), base.to_owned());
        models.resolve(&adapter).map_err(|source| Error::Adapter { adapter, base, source: Box::new(source) })
    };
    Ok((file, adapter.map(of).transpose()?))
}
