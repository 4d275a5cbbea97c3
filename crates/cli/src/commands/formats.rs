//! `deliberate formats`: every file that is read or written, on one page.

use crate::output;
use std::process::ExitCode;

const PAGE: &str = include_str!("../../../../docs/formats.md");

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    output::data(PAGE)?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::PAGE;
    use deliberate::Options;
    use deliberate_policy::Pool;
    use deliberate_run::Dataset;
    use deliberate_study::Grid;
    use deliberate_text::{LabelFormat, Prompt};
    use deliberate_train::recipes::read_labels;
    use std::collections::BTreeMap;
    use std::io::Write;

    /// The example of a format.
    fn example(kind: &str) -> &'static str {
        let (_, rest) = PAGE.split_once(&format!(" {kind}\n")).expect("the page has an example");
        rest.split_once("```").expect("it ends").0
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn every_example_on_the_page_is_read_as_it_says() {
        let dataset = Dataset::read(file(example("dataset")).path(), None, false).unwrap();
        let answers: Vec<_> = dataset.questions.iter().filter_map(|q| q.answer.as_deref()).collect();
        assert_eq!(answers, ["3", "42", "\\frac{1}{2}", "4"]);
        assert_eq!(Pool::read(file(example("pool")).path()).unwrap().questions[0].samples.len(), 2);
        let settings = file(example("settings"));
        assert!(Options::read(Some(settings.path())).unwrap().search.budget.is_some());
        let served: BTreeMap<String, Options> = toml::from_str(example("served")).unwrap();
        assert!(served["careful"].models.server.is_some());
        Prompt::parse("page", example("prompt")).unwrap();
        assert_eq!(Prompt::parse("page", example("reward-prompt")).unwrap().tag(), Some("<extra_0>"));
        LabelFormat::parse("page", example("label")).unwrap();
        Grid::parse(example("grid")).unwrap();
        let labels = read_labels(file(example("labels")).path()).unwrap();
        assert_eq!(labels[0].completions.len(), 3);
        let mixture = file(example("mixture"));
        let text = format!("mixture:path={}", mixture.path().display());
        let denoiser = text.parse::<deliberate_diffusion::command::DenoiserSpec>().unwrap().build().unwrap();
        assert_eq!(denoiser.dimension(), 2);
    }
}
