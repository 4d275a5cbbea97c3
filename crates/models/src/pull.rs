//! Fetching what is not here yet, once, from the first source that gives it.

use std::fs;

use crate::bundled::BundledModel;
use crate::digest::sha256_of;
use crate::fetch::{Fetched, fetch};
use crate::hub::Hub;
use crate::models::Place;
use crate::record::{Record, modified_ns};
use crate::spec::{has_gguf_ending, is_split_part};
use crate::store::{storage_failure, stored_name};
use crate::{
    Failures, FileChoice, HubSpec, ModelError, ModelFile, ModelSpec, Models, Origin, PullEvent, PullObserver,
    Source,
};

/// What to fetch, from where, and what to call it here.
struct Plan {
    name: String,
    file: String,
    sources: Vec<Source>,
}

impl Models {
    /// Makes sure that a model is on this machine, and fetches it if it is not.
    ///
    /// However it ends, by an error or by the end of the process, there is either a complete and checked file under the
    /// final name, or none; a transfer that broke is continued by the next pull. A model that is here is not
    /// fetched again, and two processes that pull the same model fetch it once.
    ///
    /// # Errors
    /// [`ModelError::NoSource`] with every source's reason, [`ModelError::Folder`] if the store cannot be written,
    /// [`ModelError::SeveralFiles`] if the id does not say which file; otherwise as [`Models::resolve`].
    pub fn pull(&self, text: &str, observer: &mut dyn PullObserver) -> Result<ModelFile, ModelError> {
        if let Some(model) = BundledModel::find(text.trim()) {
            return model.unpack(self.folder());
        }
        let file = match self.locate(text) {
            Ok(Place::Store(file)) => Some(file),
            Ok(Place::Elsewhere(_)) | Err(ModelError::NotHere { .. }) => None,
            Err(error) => return Err(error),
        };
        // Without a lock first, so that a store that cannot be written is good for what is in it.
        match file.as_deref().map_or_else(|| self.resolve(text).map(Some), |file| self.open(file)) {
            // Somebody's file under a name whose content is known is compared with it first.
            Ok(Some(model)) if model.origin == Origin::Local && self.is_in_catalogue(file.as_deref()) => {}
            Ok(Some(model)) => return Ok(already_here(model, observer)),
            Ok(None) | Err(ModelError::NotHere { .. }) => {}
            Err(ModelError::Changed { path, found, .. }) => {
                tracing::warn!(path = %path.display(), found, "a model file is not what was pulled; fetching it again");
            }
            Err(error) => return Err(error),
        }
        let plan = self.plan(text, file, observer)?;
        let _lock = self.store.lock(&plan.file, || observer.observe(PullEvent::Waiting))?;
        // Another process may have brought it meanwhile.
        match self.open(&plan.file) {
            Ok(Some(model)) if model.origin != Origin::Local => return Ok(already_here(model, observer)),
            Ok(_) | Err(ModelError::Changed { .. } | ModelError::NotGguf { .. }) => {}
            Err(error) => return Err(error),
        }
        self.execute(&plan, observer)
    }

    fn is_in_catalogue(&self, file: Option<&str>) -> bool {
        file.is_some_and(|file| self.catalogue.models.iter().any(|entry| entry.file == file))
    }

    fn plan(
        &self,
        text: &str,
        file: Option<String>,
        observer: &mut dyn PullObserver,
    ) -> Result<Plan, ModelError> {
        match ModelSpec::parse(text)? {
            ModelSpec::Hub(spec) => self.plan_hub(&spec, observer),
            ModelSpec::Path(path) => Err(ModelError::NoSuchFile { path }),
            ModelSpec::Name(name) => match self.catalogue.find(&name) {
                Some(entry) => Ok(Plan {
                    name: entry.name.clone(),
                    file: entry.file.clone(),
                    sources: entry.sources.clone(),
                }),
                None => self.plan_again(text, file),
            },
        }
    }

    /// A damaged file that was once pulled from a hub id is called by its file name here.
    fn plan_again(&self, text: &str, file: Option<String>) -> Result<Plan, ModelError> {
        let file = file.ok_or_else(|| self.not_here(text))?;
        match self.store.record(&file) {
            Some(Record { name, origin: Origin::Hub { repository, revision, file: path }, .. }) => {
                let source = Source::Hub { repository, revision, file: path, bytes: None, sha256: None };
                Ok(Plan { name, file, sources: vec![source] })
            }
            _ => Err(self.not_here(text)),
        }
    }

    fn plan_hub(&self, spec: &HubSpec, observer: &mut dyn PullObserver) -> Result<Plan, ModelError> {
        let repository = spec.repository.clone();
        let path = match &spec.choice {
            FileChoice::Exactly(file) => file.clone(),
            choice => self.choose(&repository, spec.revision.as_deref(), choice, observer)?,
        };
        if is_split_part(&path) {
            return Err(ModelError::Split { file: path });
        }
        let revision = spec.revision.clone().unwrap_or_else(|| "main".to_owned());
        Ok(Plan {
            name: format!("{repository}/{path}"),
            file: stored_name(&repository, spec.revision.as_deref(), &path),
            sources: vec![Source::Hub { repository, revision, file: path, bytes: None, sha256: None }],
        })
    }

    /// The one file of a repository that fits.
    fn choose(
        &self,
        repository: &str,
        revision: Option<&str>,
        choice: &FileChoice,
        observer: &mut dyn PullObserver,
    ) -> Result<String, ModelError> {
        let origin = Origin::Hub {
            repository: repository.to_owned(),
            revision: revision.unwrap_or("main").to_owned(),
            file: "*.gguf".to_owned(),
        };
        observer.observe(PullEvent::Trying { source: &origin });
        let listed = Hub::new(&self.settings.hub).list(repository, revision).map_err(|reason| {
            ModelError::NoSource { name: repository.to_owned(), failures: Failures(vec![(origin, reason)]) }
        })?;
        let file_name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_lowercase();
        // The projector of a vision model is a GGUF file, too, but no model.
        let is_model = |path: &String| has_gguf_ending(path) && !file_name(path).starts_with("mmproj");
        let files: Vec<String> = listed.into_iter().filter(is_model).collect();
        let mut fitting: Vec<String> = files.iter().filter(|path| choice.accepts(path)).cloned().collect();
        let repository = repository.to_owned();
        match fitting.len() {
            1 => Ok(fitting.remove(0)),
            0 => {
                let pattern =
                    if let FileChoice::Matching(pattern) = choice { Some(pattern.clone()) } else { None };
                Err(ModelError::NoFile { repository, pattern, files })
            }
            _ => Err(ModelError::SeveralFiles { repository, files: fitting }),
        }
    }

    fn execute(&self, plan: &Plan, observer: &mut dyn PullObserver) -> Result<ModelFile, ModelError> {
        self.adopt(plan, observer)?;
        if let Ok(Some(model)) = self.open(&plan.file)
            && model.origin != Origin::Local
        {
            return Ok(already_here(model, observer));
        }
        let mut failures = Failures::default();
        for source in &plan.sources {
            let origin = source.origin();
            observer.observe(PullEvent::Trying { source: &origin });
            match fetch(source, &plan.file, &self.store, &self.settings, observer) {
                Ok(fetched) => return self.keep(plan, fetched, observer),
                Err(reason) => {
                    let reason = storage_failure(self.folder(), reason)?;
                    observer.observe(PullEvent::SourceFailed { source: &origin, reason: &reason });
                    failures.0.push((origin, reason));
                }
            }
        }
        Err(ModelError::NoSource { name: plan.name.clone(), failures })
    }

    /// A file that somebody put under the name of a model is taken if it is that model, and never overwritten.
    fn adopt(&self, plan: &Plan, observer: &mut dyn PullObserver) -> Result<(), ModelError> {
        let path = self.store.path(&plan.file);
        let Ok(metadata) = fs::metadata(&path) else { return Ok(()) };
        if self.store.record(&plan.file).is_some() {
            return Ok(());
        }
        let total = metadata.len();
        let sha256 = sha256_of(&path, |bytes| observer.observe(PullEvent::Hashing { bytes, total }));
        let sha256 = sha256.map_err(ModelError::read(&path))?;
        match plan.sources.iter().find(|source| source.sha256() == Some(&sha256)) {
            Some(source) => {
                let (name, modified_ns) = (plan.name.clone(), modified_ns(&metadata));
                let record = Record { name, bytes: total, sha256, modified_ns, origin: source.origin() };
                self.store.write_record(&plan.file, &record)
            }
            None => Err(ModelError::Changed {
                name: plan.name.clone(),
                path,
                expected: "the file of that name".to_owned(),
                found: format!("somebody's file with sha256 {sha256}"),
            }),
        }
    }

    fn keep(
        &self,
        plan: &Plan,
        fetched: Fetched,
        observer: &mut dyn PullObserver,
    ) -> Result<ModelFile, ModelError> {
        let Fetched { partial, bytes, sha256, origin } = fetched;
        let metadata = fs::metadata(&partial).map_err(ModelError::folder(self.folder()))?;
        let modified_ns = modified_ns(&metadata);
        let record = Record { name: plan.name.clone(), bytes, sha256, modified_ns, origin };
        let path = self.store.commit(&partial, &plan.file, &record)?;
        self.store.clear_partial(&plan.file);
        observer.observe(PullEvent::Done { path: &path });
        Ok(ModelFile { path, name: record.name, origin: record.origin })
    }
}

fn already_here(model: ModelFile, observer: &mut dyn PullObserver) -> ModelFile {
    observer.observe(PullEvent::AlreadyHere { path: &model.path });
    model
}
