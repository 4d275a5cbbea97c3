//! What needs no source: resolving, listing, verifying, removing.

use std::fs;
use std::time::{Duration, SystemTime};

use deliberate_models::{ModelError, Origin, Verification};

use super::fake_hub::{FakeHub, Fault};
use super::support::{Seen, model_bytes, models, settings};

const ID: &str = "owner/repo/m.gguf";

#[test]
fn what_is_not_here_says_how_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    let models = models(&folder, "http://unused");
    for text in ["smollm2", ID, "owner/repo"] {
        let error = models.resolve(text).unwrap_err();
        assert!(matches!(error, ModelError::NotHere { .. }));
        assert!(error.to_string().contains(&format!("`deliberate models pull {text}`")), "{error}");
    }
    let unknown = models.resolve("gpt-5").unwrap_err();
    assert!(unknown.to_string().contains("known names: SmolLM2-135M-Instruct"), "{unknown}");
    assert!(unknown.to_string().contains("lab-prm"), "what is part of the program has names, too: {unknown}");
    assert!(matches!(models.pull("gpt-5", &mut ()), Err(ModelError::Unknown { .. })));
    assert!(matches!(models.pull("./none.gguf", &mut ()), Err(ModelError::NoSuchFile { .. })));
    assert!(!models.folder().exists(), "looking leaves nothing behind");
}

#[test]
fn a_local_file_is_a_model_if_it_looks_like_one() {
    let folder = tempfile::tempdir().unwrap();
    let models = models(&folder, "http://unused");
    let (good, bad) = (folder.path().join("mine.gguf"), folder.path().join("page.gguf"));
    fs::write(&good, b"GGUF...").unwrap();
    fs::write(&bad, b"<html>").unwrap();
    let model = models.resolve(good.to_str().unwrap()).unwrap();
    assert_eq!((model.name.as_str(), &model.origin), ("mine", &Origin::Local));
    assert_eq!(models.pull(good.to_str().unwrap(), &mut ()).unwrap(), model);
    assert!(matches!(models.verify(good.to_str().unwrap(), &mut ()), Ok(Verification::Unrecorded { .. })));
    assert!(matches!(models.remove(good.to_str().unwrap()), Err(ModelError::NotOurs { .. })));
    assert!(matches!(models.resolve(bad.to_str().unwrap()), Err(ModelError::NotGguf { .. })));
}

#[test]
fn a_name_is_cut_where_an_adapter_follows_that_is_here() {
    let folder = tempfile::tempdir().unwrap();
    let models = models(&folder, "http://unused");
    let file = |name: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"GGUF...").unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (adapter, plus) = (file("prm.gguf"), file("c++/a+b.gguf"));
    let check = |text: &str, base: &str, adapter: Option<&str>| {
        assert_eq!(models.split(text), (base, adapter), "{text}");
    };
    check("smollm2", "smollm2", None);
    check(&plus, &plus, None);
    check(&format!("smollm2+{adapter}"), "smollm2", Some(&adapter));
    check(&format!("smollm2+{plus}"), "smollm2", Some(&plus));
    check(&format!("{plus}+{plus}"), &plus, Some(&plus));
    check("smollm2+nowhere.gguf", "smollm2", Some("nowhere.gguf"));
    check("one+two+three", "one", Some("two+three"));
}

#[test]
fn a_file_put_into_the_store_by_hand_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let models = models(&folder, "http://unused");
    fs::create_dir_all(models.folder()).unwrap();
    fs::write(models.folder().join("mine.gguf"), b"GGUF...").unwrap();
    for text in ["mine", "mine.gguf", "MINE"] {
        assert_eq!(models.resolve(text).unwrap().origin, Origin::Local);
    }
    assert_eq!(models.list().unwrap()[0].sha256, None);
}

#[test]
fn a_changed_file_is_found_out_and_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    let content = model_bytes(1);
    let hub = FakeHub::with(&content, []);
    let models = models(&folder, &hub.endpoint);
    let path = models.pull(ID, &mut ()).unwrap().path;

    let mut damaged = content.clone();
    damaged[500_000] ^= 1;
    for (bytes, what) in [(&content[..1000], "cut"), (&damaged[..], "one bit")] {
        fs::write(&path, bytes).unwrap();
        let later = SystemTime::now() + Duration::from_secs(5);
        fs::File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
        assert!(matches!(models.resolve(ID), Err(ModelError::Changed { .. })), "{what}");
        assert!(matches!(models.verify(ID, &mut ()), Err(ModelError::Changed { .. })), "{what}");
        models.pull(ID, &mut ()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), content, "{what}");
    }
}

#[test]
fn damage_under_the_same_time_is_found_by_verifying() {
    let folder = tempfile::tempdir().unwrap();
    let mut content = model_bytes(2);
    let hub = FakeHub::with(&content, []);
    let models = models(&folder, &hub.endpoint);
    let path = models.pull(ID, &mut ()).unwrap().path;
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    content[7] ^= 1;
    fs::write(&path, &content).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    assert!(models.resolve(ID).is_ok(), "opening compares size and time alone");
    assert!(matches!(models.verify(ID, &mut ()), Err(ModelError::Changed { .. })));
}

#[test]
fn a_copied_store_is_good() {
    let folder = tempfile::tempdir().unwrap();
    let hub = FakeHub::with(&model_bytes(3), []);
    let models = models(&folder, &hub.endpoint);
    let path = models.pull(ID, &mut ()).unwrap().path;
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)).unwrap();
    models.resolve(ID).unwrap();
    let mut seen = Seen::default();
    models.pull(ID, &mut seen).unwrap();
    assert_eq!(seen.0, ["here"]);
}

#[test]
fn removing_frees_the_file_and_what_is_unfinished() {
    let folder = tempfile::tempdir().unwrap();
    let content = model_bytes(4);
    let hub = FakeHub::with(&content, [Fault::Cut(300_000)]);
    let mut settings = settings(&folder, &hub.endpoint);
    settings.hub.attempts = 1;
    let models = deliberate_models::Models::new(settings);
    assert!(matches!(models.remove(ID), Err(ModelError::NotHere { .. })));
    models.pull(ID, &mut ()).unwrap_err();
    assert_eq!(models.remove(ID).unwrap().bytes, 300_000);
    models.pull(ID, &mut ()).unwrap();
    assert_eq!(models.remove("owner/repo").unwrap().bytes, content.len() as u64);
    assert!(models.list().unwrap().is_empty());
    assert!(matches!(models.resolve(ID), Err(ModelError::NotHere { .. })));
}

#[test]
fn a_folder_that_cannot_be_written_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    // A file where the folder should be stops every user, the administrator too.
    fs::write(folder.path().join("models"), b"").unwrap();
    let hub = FakeHub::with(&model_bytes(5), []);
    let error = models(&folder, &hub.endpoint).pull(ID, &mut ()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&*folder.path().join("models").to_string_lossy()), "{text}");
    assert!(matches!(error, ModelError::Folder { .. } | ModelError::Read { .. }), "{text}");
}

#[test]
fn what_is_no_file_is_said_to_be_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let models = models(&folder, "http://unused");
    let inside = folder.path().join("tuned");
    fs::create_dir(&inside).unwrap();
    let said = |path: &std::path::Path| models.resolve(path.to_str().unwrap()).unwrap_err().to_string();
    assert!(said(&inside).contains("is a folder, not a model file (give the path of a .gguf file)"));
    fs::write(inside.join("config.json"), b"{}").unwrap();
    assert!(said(&inside).contains("holds a model of transformers: convert it"));
    fs::write(inside.join("model.gguf"), b"GGUF...").unwrap();
    assert!(said(&inside).contains("give one of the files in it: model.gguf"));
    #[cfg(unix)]
    assert!(said(std::path::Path::new("/dev/null")).contains("is a device or a pipe"));
}

#[test]
fn a_foreign_file_is_named_as_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let models = models(&folder, "http://unused");
    let path = folder.path().join("mine.gguf");
    let check = |bytes: &[u8], words: &str| {
        fs::write(&path, bytes).unwrap();
        let error = models.resolve(path.to_str().unwrap()).unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert!(source.contains(words), "{source}");
    };
    check(b"", "empty");
    check(b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull");
    check(b"<!doctype html>", "web page");
    check(b"tjgg\x03\0\0\0", "`ggjt`");
    check(b"\x02\0\0\0\0\0\0\0{}", "safetensors");
}

#[test]
fn the_programs_own_models_are_verified_and_known_by_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let models = models(&folder, "http://unused");
    let Verification::Intact { model, sha256 } = models.verify("lab-prm", &mut ()).unwrap() else {
        panic!("it is compared with the manifest");
    };
    assert_eq!((model.name.as_str(), model.origin, sha256.len()), ("lab-prm", Origin::Bundled, 64));
    let copy = folder.path().join("anything.gguf");
    fs::copy(&model.path, &copy).unwrap();
    let found = models.resolve(copy.to_str().unwrap()).unwrap();
    assert_eq!((found.name.as_str(), found.origin, found.path), ("lab-prm", Origin::Bundled, copy));
}
